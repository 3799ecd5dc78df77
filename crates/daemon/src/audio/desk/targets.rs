//! Where the streams of calls go: to the endpoint, and afterwards where they went before.

use super::{CONFIRM, Class, Desk, Endpoint, Moved, Node, REPEATS, Step, Target};

impl Desk {
    /// Send a stream of a call to the endpoint, or back.
    pub(super) fn send(
        &mut self,
        node: &Node,
        endpoint: Option<&Endpoint>,
        now: u64,
        steps: &mut Vec<Step>,
    ) {
        let serial = node.serial;
        let name = endpoint.and_then(|endpoint| match node.class() {
            Class::Capture => endpoint.source.as_deref(),
            _ => Some(endpoint.sink.as_str()),
        });
        let device = name.and_then(|name| self.graph.named(name));
        let is = self.graph.target(node.id);
        let Some(device) = device else {
            if self.inherited_targets.contains(&serial) {
                // A private conversation does not come out of the loudspeaker because of a crash.
                return;
            }
            let Some(moved) = self.entries.moved.remove(&serial) else { return };
            self.told_targets.remove(&serial);
            self.contested_targets.remove(&serial);
            self.yielded_targets.remove(&serial);
            if is.is_some_and(|target| target.value == moved.set) {
                let old = moved.old.map(|(kind, value)| Target { kind, value });
                steps.push(Step::SetTarget(node.id, old));
            }
            return;
        };
        let wanted = device.serial.to_string();
        let default = match node.class() {
            Class::Capture => self.graph.default_source.as_deref(),
            _ => self.graph.default_sink.as_deref(),
        };
        let told_to = self.graph.told_to(node).map(Node::name);
        let goes_to = told_to.or(default.filter(|_| is.is_none()));
        let told = self.told_targets.get(&serial).cloned();
        if goes_to == Some(device.name()) {
            self.told_targets.remove(&serial);
            return;
        }
        if self.yielded_targets.contains(&serial) {
            return;
        }
        if let Some((value, at)) = &told
            && *value == wanted
            && now < at + CONFIRM
        {
            let until = at + CONFIRM;
            return self.wake(until);
        }
        let old = is.map(|target| (target.kind.clone(), target.value.clone()));
        let entry = self.entries.moved.entry(serial).or_insert(Moved { old, set: String::new() });
        if entry.set == wanted {
            let times = self.contested_targets.entry(serial).or_default();
            *times += 1;
            if *times > REPEATS {
                self.yielded_targets.insert(serial);
                self.entries.moved.remove(&serial);
                return;
            }
        }
        entry.set.clone_from(&wanted);
        self.told_targets.insert(serial, (wanted.clone(), now));
        self.wake(now + CONFIRM);
        let target = Target { kind: Some("Spa:Id".to_owned()), value: wanted };
        steps.push(Step::SetTarget(node.id, Some(target)));
    }
}
