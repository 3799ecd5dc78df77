//! The pages of the main window that are painted, with calls that never were.

use gtk::glib;
use hookswitch::{Recent, StatusRecord};
use hookswitch_bus::{ProviderRecord, RecentsRecord};
use hookswitch_phone::ask::{Answer, Ask};

/// The name of a picture, and its page.
pub const PAGES: [(&str, &str); 4] = [
    ("main-recents", "recents"),
    ("main-favourites", "favourites"),
    ("main-keypad", "keypad"),
    ("main-settings", "settings"),
];

/// What the service would say to it; `None`: it is a wish, and nothing is painted of it.
pub fn answer(ask: Ask) -> Option<Answer> {
    match ask {
        Ask::Recents { missed, limit } => {
            let lines = recents().into_iter().filter(|line| line.missed || !missed).collect();
            Some(Answer::Recents { missed, limit, lines: Ok(lines) })
        }
        Ask::Status => Some(Answer::Status(Ok(Box::new(status())))),
        Ask::Dial(_) | Ask::TestRing => None,
    }
}

fn status() -> StatusRecord {
    let app = |id: &str, name: &str, verified: bool| ProviderRecord {
        app_id: id.into(),
        app_name: name.into(),
        verified,
        handle_kinds: vec!["phone_number".into()],
        ..ProviderRecord::default()
    };
    let providers =
        vec![app("org.example.Chat", "Chat", true), app("org.example.Talk", "Talk", false)];
    StatusRecord { providers, ..StatusRecord::default() }
}

fn recents() -> Vec<Recent> {
    let talked = |line: RecentsRecord| RecentsRecord {
        connected: Some(line.started + 5_000),
        ended: Some(line.started + 200_000),
        reason: Some("hung_up".into()),
        ..line
    };
    let missed = |line: RecentsRecord| RecentsRecord {
        ended: Some(line.started + 20_000),
        reason: Some("unanswered".into()),
        missed: true,
        ..line
    };
    let out = |line: RecentsRecord| RecentsRecord { direction: "outgoing".into(), ..line };
    let lines = [
        missed(line(6, 0, 9, ("Anna Berg", "+49 30 1234567"), "org.example.Chat")),
        missed(line(5, 0, 8, ("Anna Berg", "+49 30 1234567"), "org.example.Chat")),
        out(talked(line(4, 0, 7, ("Ben", "ben@example.org"), "org.example.Talk"))),
        talked(line(3, 1, 20, ("", "+49 40 7654321"), "org.example.Chat")),
        talked(line(2, 1, 11, ("Cleo", "cleo@example.org"), "org.example.Talk")),
    ];
    lines.into_iter().map(Recent::from).collect()
}

/// So many days ago, at this hour: each time the same words.
fn line(
    number: u64,
    days: i32,
    hour: i32,
    (name, handle): (&str, &str),
    app: &str,
) -> RecentsRecord {
    let today = glib::DateTime::now_local().and_then(|now| now.add_days(-days));
    let at = today.and_then(|day| {
        let (year, month, of_month) = day.ymd();
        glib::DateTime::from_local(year, month, of_month, hour, 30, 0.0)
    });
    RecentsRecord {
        number,
        app_id: app.into(),
        direction: "incoming".into(),
        handle: handle.into(),
        handle_kind: if handle.contains('@') { "email_address" } else { "phone_number" }.into(),
        name: (!name.is_empty()).then(|| name.into()),
        started: at.map_or(0, |at| at.to_unix() * 1000),
        ..RecentsRecord::default()
    }
}
