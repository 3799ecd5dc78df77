use crate::Size;
use rustix::process::geteuid;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// How sway is told: an output of that size and nothing on it.
fn configuration(Size { width, height }: Size) -> String {
    format!(
        "output HEADLESS-1 resolution {width}x{height} scale 1 bg #204060 solid_color\n\
         xwayland disable\n\
         default_border none\n\
         seat * hide_cursor 1\n"
    )
}

/// A sway that draws into memory. It ends with this process, however this process ends.
pub struct Compositor {
    process: Child,
    socket: PathBuf,
}

impl Compositor {
    /// Start it, with everything it makes in this folder, which is its runtime directory.
    ///
    /// # Panics
    /// sway is not installed.
    pub fn start(folder: &Path, size: Size) -> Self {
        let file = folder.join("sway.conf");
        fs::write(&file, configuration(size)).expect("sway's configuration");
        let log = fs::File::create(folder.join("sway.log")).expect("a file for what sway says");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if geteuid().is_root() {
            // It refuses to run as root. In a namespace of its own it is somebody else, and outside still who it was.
            command.args(["unshare", "--user", "--map-user=65534", "--map-group=65534"]);
        }
        command.arg("sway").arg("--config").arg(&file);
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "SWAYSOCK"] {
            command.env_remove(name);
        }
        let process = command
            .env("XDG_RUNTIME_DIR", folder)
            .env("WLR_BACKENDS", "headless")
            .env("WLR_LIBINPUT_NO_DEVICES", "1")
            .env("WLR_RENDERER", "pixman")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("setpriv is there; it is in the package util-linux");
        Self { process, socket: folder.join("wayland-1") }
    }

    /// Where programs find it, once they do.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Whether it takes connections. Its socket is there before it is listened to.
    ///
    /// # Panics
    /// It ended.
    pub fn listens(&mut self) -> bool {
        if let Ok(Some(status)) = self.process.try_wait() {
            let log = self.socket.with_file_name("sway.log");
            let log = fs::read_to_string(log).unwrap_or_default();
            panic!("sway ended ({status}); it is in the package of that name. It said:\n{log}");
        }
        std::os::unix::net::UnixStream::connect(&self.socket).is_ok()
    }

    /// What programs on it have in their environment.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("WAYLAND_DISPLAY", self.socket.clone().into()),
            ("GDK_BACKEND", "wayland".into()),
            ("XDG_SESSION_TYPE", "wayland".into()),
            ("LIBGL_ALWAYS_SOFTWARE", "1".into()),
            ("GSK_RENDERER", "cairo".into()),
        ]
    }
}

impl Drop for Compositor {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
