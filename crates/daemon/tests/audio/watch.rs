//! What the server says of its streams, as it says it.

use serde_json::Value;
use std::collections::HashMap;
use std::io::BufReader;
use std::process::{Child, ChildStdout};
use std::thread;
use tokio::sync::watch;

/// A program that plays or listens; it ends with this.
pub struct Stream {
    /// What its node is called.
    pub name: &'static str,
    child: Child,
}

impl Stream {
    /// The program behind the stream of this name.
    pub fn new(name: &'static str, child: Child) -> Self {
        Self { name, child }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything the server has, by number.
#[derive(Clone, Debug, Default)]
pub struct World {
    objects: HashMap<u64, Value>,
}

impl World {
    /// The volume of the stream of this name.
    pub fn volume(&self, name: &str) -> Option<f64> {
        let props = self.node(name)?.1.pointer("/info/params/Props")?.as_array()?;
        props.iter().find_map(|props| props.get("volume")?.as_f64())
    }

    /// The device that this stream is connected to.
    pub fn goes_to(&self, name: &str) -> Option<&str> {
        let (id, _) = self.node(name)?;
        let mut links = self
            .objects
            .values()
            .filter(|of| of.pointer("/info/output-node-id").and_then(Value::as_u64) == Some(id));
        let device = links.find_map(|link| link.pointer("/info/input-node-id")?.as_u64())?;
        self.objects.get(&device)?.pointer("/info/props/node.name")?.as_str()
    }

    /// Whether there is a device of this name.
    pub fn has(&self, name: &str) -> bool {
        self.node(name).is_some()
    }

    fn node(&self, name: &str) -> Option<(u64, &Value)> {
        let is =
            |of: &&Value| of.pointer("/info/props/node.name").and_then(Value::as_str) == Some(name);
        let (id, node) = self.objects.iter().find(|(_, of)| is(of))?;
        Some((*id, node))
    }

    fn take(&mut self, said: Value) {
        for object in said.as_array().into_iter().flatten() {
            let Some(id) = object.get("id").and_then(Value::as_u64) else { continue };
            if object.get("info").is_some_and(Value::is_null) {
                self.objects.remove(&id);
                continue;
            }
            merge(self.objects.entry(id).or_default(), object);
        }
    }
}

/// Only what is different is said.
fn merge(old: &mut Value, new: &Value) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in new {
                merge(old.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (old, new) => old.clone_from(new),
    }
}

/// Listen to what `pw-dump --monitor` prints.
pub fn listen(output: ChildStdout) -> watch::Receiver<World> {
    let (tell, told) = watch::channel(World::default());
    thread::spawn(move || {
        let values = serde_json::Deserializer::from_reader(BufReader::new(output));
        for said in values.into_iter::<Value>() {
            let Ok(said) = said else { return };
            tell.send_modify(|world| world.take(said));
        }
    });
    told
}
