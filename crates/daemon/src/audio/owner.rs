use super::graph::{Graph, Node, Properties, Server};
use super::situation::{App, Situation};
use crate::identity::Process;
use hookswitch_core::words::CallNumber;
use std::collections::{HashMap, VecDeque};
use std::fs;

/// The property of a stream that says which call it belongs to.
pub const SESSION: &str = "hookswitch.session";
/// Generations of processes that are looked through: deeper trees are nobody's.
const DEEPEST: usize = 64;

/// Whose stream it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The service's own: the ring, and tones.
    Service,
    /// Of this call: it says so with the call's token.
    Call(CallNumber),
    /// Of a call that is over: it has its token still.
    Over,
    /// Of a program that has calls; the apps it may be. Usually one.
    Apps(Vec<String>),
    /// Nobody's who has a call.
    Other,
}

/// What the system knows of processes.
pub trait Processes {
    /// Whether this process is that app: it, one that it started, or one in its scope or sandbox.
    fn belongs(&mut self, pid: u32, app: &App) -> bool;
    /// Whether this process is the pulse server, which speaks for others.
    fn speaks_for_others(&mut self, pid: u32) -> bool;
    /// Whether this process is in a sandbox that is not this app's.
    fn is_confined_elsewhere(&mut self, pid: u32, app: &App) -> bool;
    /// Forget what was found out: numbers of processes come again.
    fn forget(&mut self) {}
}

/// Whose stream this is: by the call's token; else by the process that the server says it has; else, where the pulse
/// server speaks for it or is the server itself, by the process it says it has, if that is one of an app with a call.
pub fn owner(
    node: &Node,
    graph: &Graph,
    situation: &Situation,
    over: &VecDeque<String>,
    service: u32,
    processes: &mut dyn Processes,
) -> Owner {
    let client = node.client().and_then(|id| graph.client(id));
    let surely = client.and_then(|client| number(client, "pipewire.sec.pid"));
    let claimed = || {
        let own = number(&node.properties, "application.process.id");
        own.or_else(|| number(client?, "application.process.id"))
    };
    // PulseAudio by itself knows only what programs say of themselves.
    let claims = graph.server == Server::PulseAudio;
    if surely == Some(service) || claims && claimed() == Some(service) {
        return Owner::Service;
    }
    if let Some(token) = node.property(SESSION) {
        if let Some(call) = situation.calls.iter().find(|call| call.token == token) {
            // Everybody on the graph can read it; what is confined to another app is not believed.
            let elsewhere =
                surely.is_some_and(|pid| processes.is_confined_elsewhere(pid, &call.app));
            return if elsewhere { Owner::Other } else { Owner::Call(call.number) };
        }
        if over.iter().any(|of| of == token) {
            return Owner::Over;
        }
        // Any other says nothing: it is made up, or of a call that is not adopted yet.
    }
    let pid = match surely {
        Some(pid) if !processes.speaks_for_others(pid) => Some(pid),
        Some(_) => claimed(),
        None => claimed().filter(|_| claims),
    };
    let Some(pid) = pid else {
        return Owner::Other;
    };
    let mut apps: Vec<String> = Vec::new();
    for call in &situation.calls {
        if !apps.contains(&call.app.id) && processes.belongs(pid, &call.app) {
            apps.push(call.app.id.clone());
        }
    }
    if apps.is_empty() { Owner::Other } else { Owner::Apps(apps) }
}

fn number(properties: &Properties, key: &str) -> Option<u32> {
    properties.get(key)?.parse().ok()
}

/// The processes of this system. What was found out is kept: it is asked again for every stream and every change.
#[derive(Debug, Default)]
pub struct System {
    looked: HashMap<u32, Option<Process>>,
    belongs: HashMap<(u32, u32, u64), bool>,
}

impl System {
    fn look(&mut self, pid: u32) -> Option<&Process> {
        self.looked.entry(pid).or_insert_with(|| Process::look(pid)).as_ref()
    }
}

impl Processes for System {
    fn belongs(&mut self, pid: u32, app: &App) -> bool {
        if let Some(inside) = self.look(pid).and_then(|process| process.sandbox.as_ref()) {
            return inside.is(&app.id);
        }
        let Some((root, started)) = app.process else { return false };
        *self.belongs.entry((pid, root, started)).or_insert_with(|| {
            Process::look(root).is_some_and(|process| process.started == started)
                && (descends(pid, root) || shares_scope(pid, root))
        })
    }

    fn speaks_for_others(&mut self, pid: u32) -> bool {
        let Some(process) = self.look(pid) else { return false };
        let name = process.program.as_deref().and_then(|path| path.file_name());
        let is_server = name.is_some_and(|name| name == "pipewire" || name == "pipewire-pulse");
        process.sandbox.is_none() && is_server
    }

    fn is_confined_elsewhere(&mut self, pid: u32, app: &App) -> bool {
        let sandbox = self.look(pid).and_then(|process| process.sandbox.as_ref());
        sandbox.is_some_and(|sandbox| !sandbox.is(&app.id))
    }

    fn forget(&mut self) {
        self.looked.clear();
        self.belongs.clear();
    }
}

/// Whether a process is another, or was started by it, or by one that it started.
pub fn descends(pid: u32, root: u32) -> bool {
    let mut at = pid;
    for _ in 0..DEEPEST {
        if at == root {
            return true;
        }
        match parent(at) {
            Some(parent) if parent > 1 => at = parent,
            _ => return false,
        }
    }
    false
}

/// Field 4 of `/proc/PID/stat`, behind the name, which may contain anything.
fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Whether both are in one scope that the desktop made for one app.
fn shares_scope(one: u32, other: u32) -> bool {
    app_scope(one).is_some_and(|scope| Some(scope) == app_scope(other))
}

fn app_scope(pid: u32) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    let last = text.lines().find_map(|line| line.strip_prefix("0::"))?.rsplit('/').next()?;
    is_app_scope(last).then(|| last.to_owned())
}

/// `app-gnome-org.example.Chat-1234.scope`, as the desktops name them; a session or a terminal has many programs.
fn is_app_scope(name: &str) -> bool {
    let many = ["terminal", "konsole", "console"];
    name.starts_with("app-")
        && (name.ends_with(".scope") || name.ends_with(".service"))
        && !many.iter().any(|word| name.to_ascii_lowercase().contains(word))
}

#[cfg(test)]
pub mod tests {
    use super::super::graph::tests::{graph, properties, stream};
    use super::super::situation::Standing;
    use super::super::situation::tests::{call, calls};
    use super::*;

    /// Process 9 is the pulse server; 10 to 19 belong to the app of process 10, 20 to 29 to that of 20, and so on; 66 is
    /// confined to some other app.
    pub struct Tens;

    impl Processes for Tens {
        fn belongs(&mut self, pid: u32, app: &App) -> bool {
            app.process.is_some_and(|(root, _)| pid / 10 == root / 10)
        }

        fn speaks_for_others(&mut self, pid: u32) -> bool {
            pid == 9
        }

        fn is_confined_elsewhere(&mut self, pid: u32, _: &App) -> bool {
            pid == 66
        }
    }

    const SERVICE: u32 = 5;

    fn of(pid: &str, own: &[(&str, &str)]) -> Owner {
        let mut graph = graph();
        graph.put_client(70, properties(&[("pipewire.sec.pid", pid)]));
        stream(&mut graph, 40, "Stream/Output/Audio", 70, own);
        let calls = calls(&[
            call(1, "Chat", 10, Standing::Up),
            call(2, "Chat", 10, Standing::Without),
            call(3, "Talk", 20, Standing::Without),
        ]);
        let over = VecDeque::from(["token8".to_owned()]);
        owner(graph.node(40).unwrap(), &graph, &calls, &over, SERVICE, &mut Tens)
    }

    fn apps(name: &str) -> Owner {
        Owner::Apps(vec![format!("org.example.{name}")])
    }

    #[test]
    fn a_token_says_which_call_it_is() {
        assert_eq!(of("40", &[(SESSION, "token2")]), Owner::Call(CallNumber(2)));
        assert_eq!(of("40", &[(SESSION, "token8")]), Owner::Over);
        assert_eq!(of("10", &[(SESSION, "token9")]), apps("Chat"));
        assert_eq!(of("40", &[(SESSION, "token9")]), Owner::Other);
        // It is in another app's sandbox, whatever it has read.
        assert_eq!(of("66", &[(SESSION, "token2")]), Owner::Other);
    }

    #[test]
    fn without_a_token_it_is_the_process_that_counts() {
        assert_eq!(of("13", &[]), apps("Chat"));
        assert_eq!(of("20", &[]), apps("Talk"));
        assert_eq!(of("40", &[]), Owner::Other);
        assert_eq!(of("5", &[(SESSION, "token1")]), Owner::Service);
        assert_eq!(of("many", &[]), Owner::Other);
    }

    #[test]
    fn what_a_pulse_client_says_counts_only_through_the_pulse_server() {
        let claim = [("application.process.id", "11")];
        assert_eq!(of("9", &claim), apps("Chat"));
        assert_eq!(of("40", &claim), Owner::Other);
        assert_eq!(of("9", &[("application.process.id", "41")]), Owner::Other);
        assert_eq!(of("9", &[]), Owner::Other);
    }

    #[test]
    fn this_process_descends_from_its_parent_and_not_from_a_child() {
        let me = std::process::id();
        let mut child =
            std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        assert!(descends(child.id(), me));
        assert!(!descends(me, child.id()));
        assert!(descends(me, me));
        let process = Process::look(me).unwrap();
        let app = App::of("org.example.Chat", Some(&process));
        let mut system = System::default();
        assert!(system.belongs(child.id(), &app));
        let other = App { process: Some((me, process.started + 1)), ..app };
        assert!(!system.belongs(child.id(), &other), "the number has passed to another program");
        assert!(!system.speaks_for_others(me));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn only_a_scope_of_one_app_makes_processes_one_app() {
        assert!(is_app_scope("app-gnome-org.example.Chat-1234.scope"));
        assert!(is_app_scope("app-org.example.Chat@1.service"));
        for many in ["session-2.scope", "init.scope", "app-org.gnome.Terminal.slice"] {
            assert!(!is_app_scope(many), "{many}");
        }
        assert!(!is_app_scope("app-org.gnome.Terminal-7.scope"));
    }
}
