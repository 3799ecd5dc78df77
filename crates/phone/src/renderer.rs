//! What draws the screens: the processor, by GTK's Cairo renderer, unless the environment names another.
//!
//! The screens are flat and mostly stand still, and the program waits for calls as long as the session lasts. GTK's own
//! choice starts OpenGL for the first window and never lets go of it: 181 MiB instead of 48 were measured in a call
//! without a graphics card, and 270 ms instead of 164 until the call was seen for which the program was started.

use std::env;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

const NAME: &str = "GSK_RENDERER";

/// Have the screens drawn by it. GTK looks for its name nowhere but in the environment, and the environment of a program
/// that runs cannot be changed safely: so the program begins once more, as itself, which takes ten milliseconds.
pub fn choose() {
    if env::var_os(NAME).is_none() {
        let error = begin_again();
        eprintln!(
            "hookswitch-phone: cannot begin again for the renderer Cairo: {error}. It works, with the renderer that GTK \
             chooses and more memory; set {NAME}=cairo to have it all the same."
        );
    }
}

/// It returns only if that was not possible: why.
fn begin_again() -> io::Error {
    match env::current_exe() {
        Ok(program) => Command::new(program).args(env::args_os().skip(1)).env(NAME, "cairo").exec(),
        Err(error) => error,
    }
}
