//! What is on the disk of the user before the shell starts.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Ours, and the eyes and hands of tests.
const EXTENSIONS: [&str; 2] = ["call-screen@hookswitch.org", "rig@hookswitch.org"];
/// Where Debian has the scripts of the shell.
const LIBRARY: &str = "/usr/lib/gnome-shell/libgnome-shell.so";
/// Scripts of the shell that are otherwise here: which one, what is in it, and what in its place.
const SCRIPTS: [(&str, &str, &str); 2] = [
    // It starts ibus-daemon by a fork that runs JavaScript in the child, which hangs for ever in every third start or so.
    (
        "ibusManager.js",
        "const isSystemdService = await this._ibusSystemdServiceExists();",
        "return;",
    ),
    // It believes in logind, which is a mock here, only where systemd has left a folder.
    ("loginManager.js", r#"GLib.access("/run/systemd/seats", 0) >= 0"#, "true"),
];

/// No welcome, no sleep, nothing that moves.
const SETTINGS: &str = "[org/gnome/shell]
enabled-extensions=['call-screen@hookswitch.org', 'rig@hookswitch.org']
welcome-dialog-last-shown-version='99'

[org/gnome/desktop/interface]
enable-animations=false

[org/gnome/desktop/session]
idle-delay=uint32 0
";

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Lay them out in this folder.
pub fn lay_out(folder: &Path) {
    for name in ["run", "config/glib-2.0/settings", "cache", "data/gnome-shell/extensions"] {
        fs::create_dir_all(folder.join(name)).expect("the folders of the user");
    }
    let ours = fs::Permissions::from_mode(0o700);
    fs::set_permissions(folder.join("run"), ours).expect("the folder is ours");
    fs::write(folder.join("config/glib-2.0/settings/keyfile"), SETTINGS).expect("settings");
    for name in EXTENSIONS {
        let installed = project().join("data/gnome-shell").join(name);
        let from = match installed.exists() {
            true => installed,
            false => Path::new(env!("CARGO_MANIFEST_DIR")).join(name),
        };
        let to = folder.join("data/gnome-shell/extensions").join(name);
        fs::create_dir(&to).expect("a folder for the extension");
        for file in ["extension.js", "metadata.json"] {
            fs::copy(from.join(file), to.join(file)).expect("a file of the extension");
        }
    }
}

/// The shell's own scripts, as far as they are otherwise here: what to put into its environment.
pub fn scripts(folder: &Path) -> String {
    let overlays = SCRIPTS.map(|(name, theirs, ours)| {
        let inside = format!("/org/gnome/shell/misc/{name}");
        let script = Command::new("gresource").args(["extract", LIBRARY, &inside]).output();
        let script = script.expect("gresource; it is in the package libglib2.0-bin");
        let script = String::from_utf8(script.stdout).expect("a script");
        assert!(script.contains(theirs), "{inside} of {LIBRARY} is another one, or is not there");
        let file = folder.join(name);
        fs::write(&file, script.replace(theirs, ours)).expect("room for a script");
        format!("{inside}={}", file.display())
    });
    overlays.join(":")
}
