use std::env;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The program that a command runs, as the system will see it: behind PATH, and behind the `#!` line of a script.
pub fn program_of(command: &str) -> Option<PathBuf> {
    let word = command.split_whitespace().next()?;
    let path = find(word)?;
    match interpreter(&path) {
        Some(interpreter) => find(&interpreter),
        None => Some(path),
    }
}

fn find(word: &str) -> Option<PathBuf> {
    let path = Path::new(word);
    if path.components().count() > 1 {
        return path.canonicalize().ok();
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).find_map(|folder| folder.join(word).canonicalize().ok())
}

/// What runs a script. `#!/usr/bin/env python3`: python3.
fn interpreter(path: &Path) -> Option<String> {
    let mut line = String::new();
    let mut head = BufReader::new(File::open(path).ok()?).take(256);
    // What is no text is no script.
    head.read_line(&mut line).ok()?;
    let mut words = line.strip_prefix("#!")?.split_whitespace();
    let first = words.next()?;
    match Path::new(first).file_name()?.to_str()? {
        "env" => words.find(|word| !word.starts_with('-')).map(str::to_owned),
        _ => Some(first.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_what_the_system_will_see() {
        let sh = Path::new("/bin/sh").canonicalize().unwrap();
        assert_eq!(program_of("sh -c 'x'"), Some(sh.clone()));
        assert_eq!(program_of("/bin/sh"), Some(sh.clone()));
        assert_eq!(program_of("/nowhere/at/all"), None);
        assert_eq!(program_of(" "), None);
        let folder = env::temp_dir().join(format!("hookswitch-{}-script", std::process::id()));
        for first in ["#!/bin/sh -e", "#!/usr/bin/env -S sh"] {
            std::fs::write(&folder, format!("{first}\necho\n")).unwrap();
            assert_eq!(program_of(folder.to_str().unwrap()), Some(sh.clone()));
        }
        std::fs::remove_file(folder).unwrap();
    }
}
