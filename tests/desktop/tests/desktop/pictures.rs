//! The screens of a call and the pages of the main window look as they looked when somebody looked at them.
//! `UPDATE_PICTURES=1` writes what is there now:
//! look at each one before you commit it. `PICTURES_OF=all` goes through all looks, not only the usual one.

use hookswitch_desktop::{Desktop, Size};
use hookswitch_journeys::program;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What draws: where these are the same, so is each pixel.
const DRAWN_BY: [&str; 9] = [
    "libgtk-4-1",
    "libadwaita-1-0",
    "libpango-1.0-0",
    "libcairo2",
    "libpixman-1-0",
    "libfreetype6",
    "libharfbuzz0b",
    "fonts-cantarell",
    "adwaita-icon-theme",
];
/// Elsewhere this share of the pixels may differ clearly: letters are drawn a little otherwise by each version.
const SHARE: f64 = 0.03;

struct Look {
    name: &'static str,
    size: Size,
    arguments: &'static [&'static str],
    language: &'static str,
}

const USUAL: Look = Look { name: "phone", size: Size::PHONE, arguments: &[], language: "en" };
const OTHERS: [Look; 5] = [
    Look {
        name: "landscape",
        size: Size { width: 720, height: 360 },
        arguments: &[],
        language: "en",
    },
    Look { name: "desktop", size: Size::LAPTOP, arguments: &[], language: "en" },
    Look { name: "dark", size: Size::PHONE, arguments: &["dark"], language: "de" },
    Look {
        name: "right-to-left",
        size: Size::PHONE,
        arguments: &["right-to-left"],
        language: "ar",
    },
    Look { name: "large-text", size: Size::PHONE, arguments: &["large-text"], language: "en" },
];

#[tokio::test]
async fn each_screen_looks_as_it_did() {
    let all = std::env::var_os("PICTURES_OF").is_some_and(|of| of == "all");
    let looks = std::iter::once(&USUAL).chain(OTHERS.iter().filter(|_| all));
    let mut wrong = Vec::new();
    for look in looks {
        wrong.extend(compared(look).await);
    }
    assert!(wrong.is_empty(), "these screens look otherwise: {wrong:#?}");
}

async fn compared(look: &Look) -> Vec<String> {
    let desktop = Desktop::start(look.size).await;
    let (first, second) =
        (painted(&desktop, look, "first").await, painted(&desktop, look, "second").await);
    let names = files(&first);
    assert_eq!(names.len(), 21, "as many as the gallery has: {names:?}");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("pictures").join(look.name);
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        fs::create_dir_all(&kept).expect("a folder for the pictures");
        for name in &names {
            fs::copy(first.join(name), kept.join(name)).expect("it is written");
        }
        fs::write(kept.join("versions"), versions()).expect("it is written");
    }
    let same = fs::read_to_string(kept.join("versions")).is_ok_and(|then| then == versions());
    println!(
        "pictures, {}: {}",
        look.name,
        if same { "to the pixel" } else { "with tolerance: other versions" }
    );
    let mut wrong = Vec::new();
    for name in &names {
        let again = pixels(&first.join(name), &second.join(name), "0");
        assert_eq!(again, 0.0, "{name} in {} is another one each time", look.name);
        let screen = format!("{}x{}", look.size.width, look.size.height);
        assert_eq!(size(&first.join(name)), screen, "{name} in {} fits the screen", look.name);
        let (fuzz, most) = if same { ("0", 0.0) } else { ("20%", SHARE) };
        let share = pixels(&kept.join(name), &first.join(name), fuzz)
            / f64::from(look.size.width * look.size.height);
        if share > most {
            let seen = std::env::temp_dir().join(format!("seen-{}-{name}", look.name));
            fs::copy(first.join(name), &seen).expect("it is written");
            wrong.push(format!(
                "{}/{name}: {:.2} % of it, see {}",
                look.name,
                share * 100.0,
                seen.display()
            ));
        }
    }
    assert_eq!(files(&kept), names, "a picture is left of a screen that is not painted any more");
    wrong
}

/// Whom the user starred, as the gallery finds it.
const FAVOURITES: &str = r#"[
    {"app": "org.example.Chat", "handle_kind": "phone_number", "handle": "+49 30 1234567", "name": "Anna Berg"},
    {"app": "org.example.Talk", "handle_kind": "email_address", "handle": "ben@example.org", "name": "Ben"}
]"#;

/// The folder with all of them.
async fn painted(desktop: &Desktop, look: &Look, name: &str) -> PathBuf {
    let folder = desktop.folder().join(name);
    fs::create_dir(&folder).expect("a folder for the pictures");
    let settings = desktop.folder().join("config/hookswitch");
    fs::create_dir_all(&settings).expect("a folder for settings");
    fs::write(settings.join("favourites.json"), FAVOURITES).expect("room for them");
    let gallery = program("examples/gallery");
    let mut command = desktop.command(gallery);
    command.arg(&folder).args(look.arguments);
    let catalogues = desktop.folder().join("locale");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/translations.sh");
    desktop.run(&script.to_string_lossy(), &["install", &catalogues.to_string_lossy()]).await;
    command.env("TEXTDOMAINDIR", catalogues);
    command.env("LC_ALL", "C.UTF-8").env("LANGUAGE", look.language).env("GSK_RENDERER", "cairo");
    command.env("GTK_A11Y", "none");
    let ended = hookswitch_desktop::soon("the gallery", command.status()).await;
    assert!(ended.expect("the gallery starts").success(), "the gallery failed");
    folder
}

fn files(folder: &Path) -> BTreeSet<String> {
    let all = fs::read_dir(folder).map(Iterator::flatten).into_iter().flatten();
    let names = all.map(|file| file.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".png")).collect()
}

/// How many pixels differ by more than that.
fn pixels(one: &Path, other: &Path, fuzz: &str) -> f64 {
    let mut compare = Command::new("compare");
    compare.args(["-metric", "AE", "-fuzz", fuzz]).args([one, other]).arg("null:");
    let said = compare.output().expect("ImageMagick is installed").stderr;
    let said = String::from_utf8_lossy(&said).into_owned();
    let first = said.split_whitespace().next().and_then(|count| count.parse().ok());
    // Another size, or no picture at all.
    first.unwrap_or_else(|| {
        println!("{} and {}: {said}", one.display(), other.display());
        f64::MAX
    })
}

/// How large a picture is: a window that needs more than the screen has gets it.
fn size(picture: &Path) -> String {
    let mut identify = Command::new("identify");
    let said = identify.args(["-format", "%wx%h"]).arg(picture).output();
    String::from_utf8_lossy(&said.expect("ImageMagick is installed").stdout).into_owned()
}

fn versions() -> String {
    let mut query = Command::new("dpkg-query");
    let said = query.args(["-W", "-f", "${Package} ${Version}\\n"]).args(DRAWN_BY).output();
    let said = said.map(|said| String::from_utf8_lossy(&said.stdout).into_owned());
    // Another distribution: with tolerance.
    said.unwrap_or_default()
}
