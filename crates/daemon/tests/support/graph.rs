//! PipeWire and WirePlumber without a sound card: outputs that exist only in the graph.

use super::bus::Bus;
use super::{Tied, until};
use std::fs::{File, create_dir_all, write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct Graph {
    // Ended in this order.
    wireplumber: Option<Tied>,
    pipewire: Option<Tied>,
    bus: Bus,
}

/// An output with this name and form factor.
fn sink(name: &str, form: &str) -> String {
    format!(
        "{{ factory.name = support.null-audio-sink node.name = {name} node.description = {name} \
         media.class = Audio/Sink audio.position = [ FL FR ] device.form-factor = {form} \
         monitor.channel-volumes = true object.linger = true }}"
    )
}

impl Graph {
    /// With outputs of these names and form factors; the first is preferred.
    pub fn start(sinks: &[(&str, &str)]) -> Self {
        let bus = Bus::start(&[("org.hookswitch.Hookswitch", "/bin/false")]);
        let config = bus.folder().join("config");
        let objects: String = sinks
            .iter()
            .enumerate()
            .map(|(at, (name, form))| {
                let priority = 2000 - at * 100;
                let sink = sink(name, form);
                let arguments = sink.strip_suffix('}').unwrap();
                format!(
                    "  {{ factory = adapter args = {arguments} priority.session = {priority} }} }}\n"
                )
            })
            .collect();
        let clock = "default.clock.rate = 48000 default.clock.quantum = 256 \
                     default.clock.min-quantum = 64 default.clock.max-quantum = 1024";
        let text = format!("context.properties = {{ {clock} }}\ncontext.objects = [\n{objects}]\n");
        put(&config.join("pipewire/pipewire.conf.d/50-outputs.conf"), &text);
        put(
            &config.join("wireplumber/main.lua.d/80-no-devices.lua"),
            "alsa_monitor.enabled = false\nv4l2_monitor.enabled = false\n\
             libcamera_monitor.enabled = false\ndefault_access.enable_flatpak_portal = false\n",
        );
        put(
            &config.join("wireplumber/bluetooth.lua.d/80-no-devices.lua"),
            "bluez_monitor.enabled = false\n",
        );
        // The same for a WirePlumber that is configured the newer way.
        put(
            &config.join("wireplumber/wireplumber.conf.d/80-no-devices.conf"),
            "wireplumber.profiles = { main = { hardware.audio = disabled hardware.bluetooth = disabled \
             hardware.video-capture = disabled support.logind = disabled \
             support.portal-permissionstore = disabled support.reserve-device = disabled } }\n",
        );
        let mut graph = Self { wireplumber: None, pipewire: None, bus };
        graph.run();
        graph
    }

    /// Start what does not run.
    pub fn run(&mut self) {
        self.pipewire = Some(self.program("pipewire"));
        until("PipeWire's socket", || self.socket().exists());
        self.wireplumber = Some(self.program("wireplumber"));
    }

    /// End it all, as a crash would.
    pub fn kill(&mut self) {
        (self.wireplumber, self.pipewire) = (None, None);
        let _ = std::fs::remove_file(self.socket());
    }

    pub fn socket(&self) -> PathBuf {
        self.bus.folder().join("pipewire-0")
    }

    /// The address of its session bus.
    pub fn bus(&self) -> &str {
        &self.bus.address
    }

    /// Another output appears.
    pub fn plug_in(&self, name: &str, form: &str) {
        let made = self
            .command("pw-cli")
            .args(["create-node", "adapter", &sink(name, form)])
            .status()
            .expect("pw-cli is installed");
        assert!(made.success());
    }

    fn program(&self, name: &str) -> Tied {
        Tied(self.command(name).spawn().unwrap_or_else(|_| panic!("{name} is installed")))
    }

    fn command(&self, name: &str) -> Command {
        let folder = self.bus.folder();
        let log = File::create(folder.join(format!("{name}.log"))).unwrap();
        let mut command = Command::new(name);
        command
            .env("XDG_RUNTIME_DIR", folder)
            .env("XDG_CONFIG_HOME", folder.join("config"))
            .env("XDG_STATE_HOME", folder.join("state"))
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus.address)
            .env_remove("PIPEWIRE_REMOTE")
            .env_remove("PIPEWIRE_RUNTIME_DIR")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        command
    }
}

fn put(path: &Path, text: &str) {
    create_dir_all(path.parent().unwrap()).unwrap();
    write(path, text).unwrap();
}
