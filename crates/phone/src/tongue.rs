//! The language of the user, by GNU gettext: the sentences of the screens are looked up in `hookswitch.mo`.

use std::env;
use std::path::PathBuf;

const DOMAIN: &str = "hookswitch";

/// Find the sentences of the user's language from now on. The toolkit sets the language itself, from the session's; without
/// a catalogue for it, it stays English.
pub fn find() {
    let folder = catalogues();
    let found = gettext::bindtextdomain(DOMAIN, folder.clone())
        .and_then(|_| gettext::bind_textdomain_codeset(DOMAIN, "UTF-8"));
    if let Err(error) = found {
        let folder = folder.display();
        eprintln!("hookswitch-phone: no translations from {folder}: {error}. It speaks English.");
    }
}

/// The folder that can have `de/LC_MESSAGES/hookswitch.mo`: the one that `TEXTDOMAINDIR` names, as for the programs of
/// gettext, else that of the prefix where this program is installed.
fn catalogues() -> PathBuf {
    if let Some(folder) = env::var_os("TEXTDOMAINDIR") {
        return folder.into();
    }
    let program = env::current_exe().ok();
    let prefix = program.and_then(|program| Some(program.parent()?.parent()?.to_owned()));
    prefix.unwrap_or_else(|| "/usr".into()).join("share/locale")
}

/// That sentence in the language of the user. xgettext collects what is given to it.
pub fn tr(text: &str) -> String {
    gettext::dgettext(DOMAIN, text)
}

/// The same with words in it: `{}` is replaced by them in order.
pub fn tr_with(text: &str, words: &[&str]) -> String {
    let text = tr(text);
    let mut words = words.iter();
    let mut parts = text.split("{}");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        whole.push_str(words.next().unwrap_or(&"{}"));
        whole.push_str(part);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::tr_with;

    #[test]
    fn words_take_their_places_in_order() {
        assert_eq!(tr_with("{} calls {}", &["Anna", "Ben"]), "Anna calls Ben");
        assert_eq!(tr_with("{} calls {}", &["{}"]), "{} calls {}");
    }
}
