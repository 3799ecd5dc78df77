//! The contract, read from its XML: members, what they take, and the keys of their records as the comments name them.

use hookswitch_bus::xml;

/// A method that the service exports.
#[derive(Clone, Debug)]
pub struct Method {
    /// Its interface.
    pub interface: String,
    /// Its name.
    pub name: String,
    /// What goes in, in order.
    pub arguments: Vec<Argument>,
    /// Types of what comes back.
    pub returns: Vec<String>,
    /// Keys that its comment names for what goes in.
    pub keys: Vec<Key>,
}

/// What goes into a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Its type, as D-Bus writes it.
    pub signature: String,
}

/// A key of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name.
    pub name: String,
    /// The type of its value.
    pub signature: String,
    /// The key of the list whose records it is in; none: it is in the record itself.
    pub inside: Option<String>,
}

impl Method {
    /// Interface and name, as an error says them.
    pub fn full(&self) -> String {
        let interface = self.interface.rsplit('.').next().unwrap_or_default();
        format!("{interface}.{}", self.name)
    }

    /// The types of everything that goes in.
    pub fn signature(&self) -> String {
        self.arguments.iter().map(|argument| argument.signature.as_str()).collect()
    }

    /// The place of the first record, or list of records, that goes in.
    pub fn record(&self) -> Option<usize> {
        self.arguments.iter().position(|argument| argument.signature.ends_with("a{sv}"))
    }
}

/// Every method of every interface that the service exports.
///
/// # Panics
/// The XML is not as the contract writes it.
pub fn methods() -> Vec<Method> {
    xml::EXPORTED.iter().flat_map(|file| of_interface(xml::interface_of(file))).collect()
}

/// Every method that an app exports for the service.
pub fn delegate_methods() -> Vec<Method> {
    of_interface(xml::interface_of(xml::DELEGATE))
}

fn of_interface(text: &str) -> Vec<Method> {
    let interface = attribute(text, "name").expect("an interface has a name");
    let mut methods: Vec<Method> = Vec::new();
    let mut comment = "";
    for part in text.split_inclusive("-->").flat_map(|part| part.split("<!--")) {
        if let Some(said) = part.strip_suffix("-->") {
            comment = said;
            continue;
        }
        for tag in part.split('<') {
            if tag.starts_with("method ") {
                let name = attribute(tag, "name").expect("a method has a name");
                let (interface, keys) = (interface.clone(), keys(comment));
                let (arguments, returns) = (Vec::new(), Vec::new());
                methods.push(Method { interface, name, arguments, returns, keys });
            } else if tag.starts_with("signal ") {
                // Its arguments are no method's.
                break;
            } else if tag.starts_with("arg ") {
                let of = |what| attribute(tag, what).expect("an argument has a name and a type");
                let method = methods.last_mut().expect("of a method");
                match of("direction").as_str() {
                    "in" => {
                        let argument = Argument { name: of("name"), signature: of("type") };
                        method.arguments.push(argument);
                    }
                    _ => method.returns.push(of("type")),
                }
            }
        }
    }
    inherit(&mut methods);
    methods
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    Some(tag[at..].split('"').next()?.to_owned())
}

/// A record of the same name has the same keys, where a comment says no more than "as there".
fn inherit(methods: &mut [Method]) {
    for at in 0..methods.len() {
        let Some(record) = methods[at].record().filter(|_| methods[at].keys.is_empty()) else {
            continue;
        };
        let argument = methods[at].arguments[record].clone();
        let other = methods.iter().find(|other| {
            !other.keys.is_empty()
                && other.record().map(|at| &other.arguments[at]) == Some(&argument)
        });
        methods[at].keys = other.map(|other| other.keys.clone()).unwrap_or_default();
    }
}

/// `name type` in a comment, up to where it tells what comes back.
fn keys(comment: &str) -> Vec<Key> {
    let ends = ["Returns:", "A line:"].iter().filter_map(|word| comment.find(word));
    let comment = &comment[..ends.min().unwrap_or(comment.len())];
    let mut keys: Vec<Key> = Vec::new();
    // The list whose records are told of, and how far its entry is indented.
    let mut list: Option<(String, usize)> = None;
    for line in comment.lines() {
        let indent = line.len() - line.trim_start().len();
        list = list.filter(|(_, of)| indent > *of);
        let words: Vec<&str> = line.split(' ').collect();
        for (at, pair) in words.windows(2).enumerate() {
            let after = words.get(at + 2).copied();
            let Some(key) = key(pair[0], pair[1], after) else { continue };
            let inside = list.as_ref().map(|(list, _)| list.clone());
            if key.signature == "aa{sv}" {
                list = Some((key.name.clone(), indent));
            }
            if !keys.iter().any(|known| known.name == key.name && known.inside == inside) {
                keys.push(Key { inside, ..key });
            }
        }
    }
    keys
}

fn key(name: &str, signature: &str, after: Option<&str>) -> Option<Key> {
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let bare = signature.trim_end_matches([',', ';', '.', ')', ':']);
    let is_type = matches!(bare, "s" | "b" | "u" | "t" | "x" | "aa{sv}")
        // "as" is also a word; a type is followed by a comma, or stands in a column.
        || bare == "as" && (signature != bare || after == Some(""));
    let (name, signature) = (name.to_owned(), bare.to_owned());
    (is_name && is_type).then_some(Key { name, signature, inside: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(methods: &'a [Method], full: &str) -> &'a Method {
        methods.iter().find(|method| method.full() == full).expect("it is there")
    }

    fn names(method: &Method, inside: Option<&str>) -> Vec<String> {
        let keys = method.keys.iter().filter(|key| key.inside.as_deref() == inside);
        keys.map(|key| format!("{} {}", key.name, key.signature)).collect()
    }

    #[test]
    fn comments_name_the_keys_of_records() {
        let methods = methods();
        let all = xml::EXPORTED.iter().map(|file| file.matches("<method ").count());
        assert_eq!(methods.len(), all.sum::<usize>());
        let register = of(&methods, "Provider1.Register");
        let top = names(register, None);
        assert_eq!(top.len(), 10, "{top:?}");
        assert_eq!(top[..2], ["app_id s", "accounts aa{sv}"]);
        assert!(top.contains(&"supported_handle_kinds as".to_owned()), "{top:?}");
        assert_eq!(names(register, Some("accounts")), ["id s", "label s"]);
        assert_eq!(of(&methods, "Provider1.Configure").keys, register.keys);
        let report = of(&methods, "Provider1.ReportNewIncomingCall");
        assert_eq!(names(report, None).len(), 16, "{:?}", names(report, None));
        assert_eq!(names(report, Some("members")).len(), 4);
        assert_eq!(names(of(&methods, "Provider1.Fulfill"), None), ["date x", "engine s"]);
        assert_eq!(names(of(&methods, "Surface1.End"), None), ["revision t"]);
        assert_eq!(names(of(&methods, "Recents1.List"), None).len(), 3);
        assert!(of(&methods, "Surface1.Presented").keys.is_empty());
    }
}
