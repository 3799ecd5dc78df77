//! The same between two baresips: SIP and Opus over loopback, by ALSA's plug-in into the PulseAudio door of the same
//! sessions. (With its plug-in for PipeWire itself, of 0.3.65, baresip only runs dry.)

use crate::heard::{Heard, listen, speaks};
use hookswitch_sound::device::{EARPIECE, HANDSET_MIC, PHONE};
use hookswitch_sound::{Rig, soon};
use std::fs;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin};

/// Where Debian has what baresip and ALSA load.
const MODULES: &str = "/usr/lib/baresip/modules";
const ALSA: &str = "/usr/share/alsa/alsa.conf";

/// So many calls; `None`: it is not installed.
pub async fn measure(calls: usize) -> Option<Vec<Heard>> {
    let installed = [MODULES, ALSA].iter().all(|path| Path::new(path).exists())
        && std::env::split_paths(&std::env::var_os("PATH")?)
            .any(|folder| folder.join("baresip").is_file());
    if !installed {
        return None;
    }
    let [mut from, to] = Rig::pair("", PHONE).await;
    let mouth = speaks(&mut from).await;
    let _silent = to.meter.microphone(HANDSET_MIC.name).await;
    let ear = to.sink(EARPIECE).await;
    let mut heard = Vec::new();
    for _ in 0..calls {
        let bob = Baresip::start(&to, "bob");
        let mut anna = Baresip::start(&from, "anna");
        bob.says("baresip is ready").await;
        anna.says("baresip is ready").await;
        anna.types(&format!("/dial sip:bob@127.0.0.1:{}\n", bob.port)).await;
        anna.says("Call established").await;
        heard.push(listen(&mouth, &ear).await);
        anna.end().await;
        bob.end().await;
    }
    Some(heard)
}

/// One of them, which answers by itself.
struct Baresip {
    process: Child,
    keys: ChildStdin,
    log: PathBuf,
    port: u16,
}

impl Baresip {
    fn start(rig: &Rig, name: &str) -> Self {
        let folder = rig.session.folder().join(name);
        fs::create_dir_all(&folder).expect("a folder for baresip");
        let write = |file: &str, text: String| {
            fs::write(folder.join(file), text).expect("baresip's configuration");
        };
        let port = free_port();
        write(
            "asound",
            format!(
                "pcm.phone {{ type plug slave.pcm {{ type asym\n\
             playback.pcm {{ type pulse device \"{}\" }}\ncapture.pcm {{ type pulse device \"{}\" }} }} }}\n",
                EARPIECE.name, HANDSET_MIC.name
            ),
        );
        // As it comes, but for Opus alone, at the bit rate and with the copies of lost packets that ours has.
        write(
            "config",
            format!(
                "sip_listen 127.0.0.1:{port}\nmodule_path {MODULES}\nmodule opus.so\nmodule alsa.so\nmodule stdio.so\n\
             module_tmp account.so\nmodule_app menu.so\naudio_player alsa,phone\naudio_source alsa,phone\n\
             audio_alert alsa,phone\naudio_buffer 20-160\njitter_buffer_delay 5-10\nopus_bitrate 32000\n\
             opus_stereo no\nopus_sprop_stereo no\nopus_inbandfec yes\n"
            ),
        );
        write("accounts", format!("<sip:{name}@127.0.0.1:{port}>;regint=0;answermode=auto\n"));
        write("contacts", String::new());
        let log = folder.join("log");
        let file = fs::File::create(&log).expect("a file for what it says");
        let mut command = rig.session.command("baresip");
        command.arg("-f").arg(&folder);
        command.env("ALSA_CONFIG_PATH", format!("{ALSA}:{}", folder.join("asound").display()));
        command.stdin(Stdio::piped());
        command.stdout(file.try_clone().expect("the file once more")).stderr(file);
        let mut process = command.spawn().expect("setpriv starts");
        let keys = process.stdin.take().expect("it has keys");
        Self { process, keys, log, port }
    }

    async fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).await.expect("baresip reads its keys");
    }

    /// Waits until it has said this.
    async fn says(&self, what: &str) {
        soon(&format!("baresip's \"{what}\""), async {
            while !fs::read_to_string(&self.log).is_ok_and(|log| log.contains(what)) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    async fn end(mut self) {
        // An error means that it has ended.
        let _ = self.process.kill().await;
    }
}

/// A port of which baresip can have three: UDP, TCP, and TCP behind it for TLS.
fn free_port() -> u16 {
    let here = |port| (Ipv4Addr::LOCALHOST, port);
    loop {
        let udp = UdpSocket::bind(here(0)).expect("a port of this machine");
        let port = udp.local_addr().expect("it has a number").port();
        let next = port.checked_add(1);
        if TcpListener::bind(here(port)).is_ok()
            && next.is_some_and(|next| TcpListener::bind(here(next)).is_ok())
        {
            return port;
        }
    }
}
