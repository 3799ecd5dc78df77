use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// As much of a desktop entry as identity needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DesktopEntry {
    /// The app's name, in the user's language if there is one.
    pub name: String,
    /// The first word of `Exec`.
    program: String,
    /// `X-Hookswitch-Surface=true`.
    surface: bool,
}

impl DesktopEntry {
    fn read(path: &Path) -> Option<Self> {
        // A desktop entry is a page of text; what is larger is none.
        if fs::metadata(path).ok()?.len() > 256 << 10 {
            return None;
        }
        Self::parse(&fs::read_to_string(path).ok()?, &env::var("LANG").unwrap_or_default())
    }

    fn parse(text: &str, locale: &str) -> Option<Self> {
        let language = locale.split(['.', '@']).next().unwrap_or_default();
        let short = language.split('_').next().unwrap_or_default();
        let mut entry = Self::default();
        let mut best = 0;
        let mut inside = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                inside = line == "[Desktop Entry]";
                continue;
            }
            let Some((key, value)) = line.split_once('=').filter(|_| inside) else { continue };
            let (key, value) = (key.trim(), value.trim());
            let rank = match key {
                "Name" => 1,
                _ if !short.is_empty() && key == format!("Name[{short}]") => 2,
                _ if !language.is_empty() && key == format!("Name[{language}]") => 3,
                _ => 0,
            };
            if rank > best {
                best = rank;
                entry.name = value.chars().take(256).collect();
            }
            match key {
                "Exec" => entry.program = first_word(value),
                "X-Hookswitch-Surface" => entry.surface = value == "true",
                _ => {}
            }
        }
        (best > 0).then_some(entry)
    }

    /// Whether it starts this program.
    pub fn starts(&self, program: &Path) -> bool {
        let found = match Path::new(&self.program) {
            path if path.is_absolute() => path.canonicalize().ok(),
            name => env::split_paths(&env::var_os("PATH").unwrap_or_default())
                .find_map(|folder| folder.join(name).canonicalize().ok()),
        };
        found.is_some_and(|found| found == program)
    }
}

/// The program in `Exec`, which may be quoted.
fn first_word(exec: &str) -> String {
    let Some(quoted) = exec.strip_prefix('"') else {
        return exec.split_whitespace().next().unwrap_or_default().to_owned();
    };
    let mut word = String::new();
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => word.extend(letters.next()),
            _ => word.push(letter),
        }
    }
    word
}

/// The desktop entry of an app; the first folder that has one wins.
pub fn find_entry(app: &str, data: &[PathBuf]) -> Option<DesktopEntry> {
    if app.contains('/') || app.starts_with('.') {
        return None;
    }
    let name = format!("{app}.desktop");
    data.iter().find_map(|folder| DesktopEntry::read(&folder.join("applications").join(&name)))
}

/// Whether some desktop entry that is a surface's starts this program.
pub fn surface_entry(program: &Path, data: &[PathBuf]) -> bool {
    data.iter().any(|folder| {
        let Ok(files) = fs::read_dir(folder.join("applications")) else { return false };
        files.flatten().map(|file| file.path()).any(|path| {
            path.extension().is_some_and(|end| end == "desktop")
                && DesktopEntry::read(&path)
                    .is_some_and(|entry| entry.surface && entry.starts(program))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_in_the_users_language() {
        let text = "[Desktop Entry]\nName=Calls\nName[de]=Anrufe\nName[pt_BR]=Chamadas\nExec=x\n\
                    [Desktop Action a]\nName=Other\nExec=y\n";
        let name = |locale| DesktopEntry::parse(text, locale).unwrap().name;
        assert_eq!(name("C"), "Calls");
        assert_eq!(name("de_DE.UTF-8"), "Anrufe");
        assert_eq!(name("pt_BR.UTF-8"), "Chamadas");
        assert_eq!(name("pt_PT.UTF-8"), "Calls");
        assert_eq!(DesktopEntry::parse(text, "").unwrap().program, "x");
        assert_eq!(DesktopEntry::parse("Name=outside of a group", ""), None);
    }

    #[test]
    fn quoted_programs_are_read() {
        assert_eq!(first_word("/usr/bin/chat --call %u"), "/usr/bin/chat");
        assert_eq!(first_word(r#""/opt/my chat/\"it\"" %u"#), r#"/opt/my chat/"it""#);
        assert_eq!(first_word(""), "");
    }

    #[test]
    fn an_app_id_is_no_path() {
        assert_eq!(find_entry("../../etc/passwd", &[PathBuf::from("/usr/share")]), None);
    }
}
