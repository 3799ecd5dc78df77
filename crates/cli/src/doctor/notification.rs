use super::bus::Names;
use super::finding::Finding;
use crate::words;
use zbus::Connection;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// The program that shows notifications.
#[derive(Debug, PartialEq, Eq)]
pub enum Server {
    Absent,
    Silent,
    Answers { name: String, capabilities: Vec<String> },
}

pub async fn ask(bus: &Connection, names: &Names) -> Server {
    if !names.has(NAME) {
        return Server::Absent;
    }
    let to = Some(NAME);
    let information = bus.call_method(to, PATH, to, "GetServerInformation", &()).await;
    let capabilities = bus.call_method(to, PATH, to, "GetCapabilities", &()).await;
    let (Ok(information), Ok(capabilities)) = (information, capabilities) else {
        return Server::Silent;
    };
    let name = information.body().deserialize::<(String, String, String, String)>();
    let capabilities = capabilities.body().deserialize::<Vec<String>>();
    match (name, capabilities) {
        (Ok((name, ..)), Ok(capabilities)) => Server::Answers { name, capabilities },
        _ => Server::Silent,
    }
}

pub fn judge(server: &Server) -> Finding {
    const CHECK: &str = "notification";
    match server {
        Server::Absent => Finding::lacking(
            CHECK,
            "Nothing shows notifications: a missed call is seen in recents only.",
            "Run a notification server, such as mako or dunst; a desktop brings its own.",
        ),
        Server::Silent => Finding::lacking(
            CHECK,
            "The notification server does not answer.",
            "Restart it, or log in again.",
        ),
        Server::Answers { name, capabilities } => {
            let name = words::clean(name);
            if capabilities.iter().any(|capability| capability == "actions") {
                Finding::good(CHECK, format!("{name} shows notifications, with buttons."))
            } else {
                Finding::lacking(
                    CHECK,
                    format!("{name} shows notifications without buttons."),
                    "Answer with a call screen or `hookswitch answer`; or run another server.",
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn buttons_are_looked_for() {
        let server = |capabilities: &[&str]| Server::Answers {
            name: "mako".into(),
            capabilities: capabilities.iter().map(|&word| word.to_owned()).collect(),
        };
        assert_eq!(judge(&server(&["body", "actions"])).verdict, Verdict::Good);
        assert_eq!(judge(&server(&["body"])).verdict, Verdict::Lacking);
        assert_eq!(judge(&Server::Absent).verdict, Verdict::Lacking);
        assert_eq!(judge(&Server::Silent).verdict, Verdict::Lacking);
    }
}
