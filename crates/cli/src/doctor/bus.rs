use super::finding::Finding;
use crate::act::SURFACE;
use crate::failure::is_unentitled;
use crate::words;
use hookswitch::{CallObserver, StatusRecord, Surface};
use zbus::Connection;
use zbus::fdo::DBusProxy;

const SERVICE: &str = "org.hookswitch.Hookswitch";

/// The session's bus.
pub async fn session() -> Result<Connection, String> {
    Connection::session().await.map_err(|error| error.to_string())
}

pub fn judge(session: &Result<Connection, String>) -> Finding {
    match session {
        Ok(_) => Finding::good("bus", "The session's message bus answers."),
        Err(error) => Finding::wrong(
            "bus",
            format!("The session's message bus cannot be reached: {}.", words::clean(error)),
            "Run this in a desktop session, or as `hookswitch private -- hookswitch doctor`.",
        ),
    }
}

/// Who is on the bus, and who can be started.
#[derive(Debug, Default)]
pub struct Names {
    owned: Vec<String>,
    activatable: Vec<String>,
}

impl Names {
    pub async fn ask(bus: &Connection) -> Self {
        let Ok(proxy) = DBusProxy::new(bus).await else { return Self::default() };
        let owned = proxy.list_names().await.unwrap_or_default();
        let activatable = proxy.list_activatable_names().await.unwrap_or_default();
        Self {
            owned: owned.iter().map(ToString::to_string).collect(),
            activatable: activatable.iter().map(ToString::to_string).collect(),
        }
    }

    #[cfg(test)]
    pub fn of(owned: &[&str], activatable: &[&str]) -> Self {
        let all = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self { owned: all(owned), activatable: all(activatable) }
    }

    /// Whether it runs, or can be started.
    pub fn has(&self, name: &str) -> bool {
        self.all().any(|of| of == name)
    }

    /// The names that begin like this.
    pub fn beginning<'a>(&'a self, with: &'a str) -> impl Iterator<Item = &'a str> {
        self.all().filter(move |name| name.starts_with(with))
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        self.owned.iter().chain(&self.activatable).map(String::as_str)
    }
}

/// The call service, as far as it answers.
pub enum Service {
    /// Nothing on this bus is, or starts, one.
    Absent,
    /// It does not answer.
    Silent(String),
    /// How it is, and the line to it where this program may be a surface.
    Answers(Box<StatusRecord>, Option<Surface>),
}

impl Service {
    pub async fn ask(names: &Names) -> Self {
        if !names.has(SERVICE) {
            return Self::Absent;
        }
        let status = match Surface::connect(SURFACE).await {
            Ok((surface, _)) => surface.status().await.map(|status| (status, Some(surface))),
            Err(error) if is_unentitled(&error) => match CallObserver::connect().await {
                Ok(observer) => observer.status().await.map(|status| (status, None)),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        match status {
            Ok((status, surface)) => Self::Answers(Box::new(status), surface),
            Err(error) => Self::Silent(error.to_string()),
        }
    }

    /// The line to it, where this program may be a surface.
    pub fn surface(&self) -> Option<&Surface> {
        match self {
            Self::Answers(_, surface) => surface.as_ref(),
            Self::Absent | Self::Silent(_) => None,
        }
    }

    /// The names of the screens it knows, without this program; `None`: it does not say.
    pub fn screens(&self) -> Option<Vec<String>> {
        let Self::Answers(status, Some(_)) = self else { return None };
        let others = status.surfaces.iter().filter(|surface| surface.name != SURFACE);
        Some(others.map(|surface| words::clean(&surface.name)).collect())
    }

    pub fn judge(&self) -> Vec<Finding> {
        const CHECK: &str = "service";
        match self {
            Self::Absent => vec![Finding::wrong(
                CHECK,
                "No call service runs on this bus, and the bus knows none to start.",
                "Install Hookswitch where the bus looks for services (`make install PREFIX=/usr`), \
                 then log in again.",
            )],
            Self::Silent(error) => vec![Finding::wrong(
                CHECK,
                format!("The call service does not answer: {}", words::clean(error)),
                "Start `hookswitchd` in a terminal and read what it says.",
            )],
            Self::Answers(status, surface) => {
                let mut findings = vec![Finding::good(
                    CHECK,
                    format!("Hookswitch {} answers.", words::clean(&status.program)),
                )];
                if surface.is_none() {
                    findings.push(Finding::lacking(
                        CHECK,
                        "This program may not see calls: the service takes it for no call screen.",
                        "Install it (`make install`), or use the `hookswitch` that is installed.",
                    ));
                }
                // Each of these lines says itself what to do.
                findings.extend(status.degraded.iter().map(|line| Finding {
                    check: CHECK,
                    verdict: super::Verdict::Lacking,
                    text: words::clean(line),
                    mend: None,
                }));
                findings
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn a_bus_that_is_not_there_is_wrong() {
        assert_eq!(judge(&Err("no address".into())).verdict, Verdict::Wrong);
    }

    #[test]
    fn a_service_that_is_not_installed_is_wrong() {
        let [finding] = &Service::Absent.judge()[..] else { panic!("one finding") };
        assert_eq!(finding.verdict, Verdict::Wrong);
        assert!(finding.mend.as_ref().is_some_and(|mend| mend.contains("make install")));
    }

    #[test]
    fn what_degrades_the_service_is_said_in_its_words() {
        let status = StatusRecord {
            degraded: vec!["The journal cannot be opened. Free disk space.".into()],
            ..StatusRecord::default()
        };
        let findings = Service::Answers(Box::new(status), None).judge();
        let verdicts: Vec<Verdict> = findings.iter().map(|finding| finding.verdict).collect();
        assert_eq!(verdicts, [Verdict::Good, Verdict::Lacking, Verdict::Lacking]);
        assert!(findings[2].text.contains("journal"), "{}", findings[2]);
    }

    #[test]
    fn names_that_can_be_started_count() {
        let names = Names::of(&["org.a.B"], &["org.c.D"]);
        assert!(names.has("org.a.B") && names.has("org.c.D") && !names.has("org.e.F"));
        assert_eq!(names.beginning("org.c.").collect::<Vec<_>>(), ["org.c.D"]);
    }
}
