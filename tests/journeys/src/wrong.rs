//! What a method does not take: other types, too few and too many arguments, values out of range, keys of the wrong
//! type, more of everything than there may be.

use crate::contract_words::{Key, Method};
use crate::{Body, Record, copy};
use std::collections::HashMap;
use std::os::fd::OwnedFd;
use zbus::{ObjectPath, Structure, Variant, signature};

/// More than the service reads at all.
const HUGE: usize = 1 << 20;
/// More records than one list may have.
const MANY: usize = 1001;
/// As deep as D-Bus allows: 64 containers, with the record, its entry and the body itself.
const DEEP: usize = 60;

/// A body that does not fit.
pub struct Wrong {
    /// What is wrong with it, in words.
    pub what: String,
    /// The arguments.
    pub body: Body,
    /// Whether their types are wrong, so that it can never be taken.
    pub types: bool,
}

/// Everything that is wrong, made out of what is right.
pub fn bodies(method: &Method, right: &Body) -> Vec<Wrong> {
    let mut all = Vec::new();
    let mut add = |what: String, body: Body, types| all.push(Wrong { what, body, types });
    let clone = || right.iter().map(copy).collect::<Body>();
    let with = |at: usize, value: Variant<'static>| {
        let mut body = clone();
        body[at] = value;
        body
    };
    for (at, argument) in method.arguments.iter().enumerate() {
        let name = &argument.name;
        for other in others(&argument.signature) {
            let what = format!("{} for `{name}`", other.value_signature());
            add(what, with(at, other), true);
        }
        for (what, value) in extremes(&argument.signature) {
            add(format!("{what} for `{name}`"), with(at, value), false);
        }
    }
    for fewer in 0..right.len() {
        add(format!("{fewer} arguments"), right[..fewer].iter().map(copy).collect(), true);
    }
    for more in others("") {
        let mut body = clone();
        let what = format!("{} too many", more.value_signature());
        body.push(more);
        add(what, body, true);
    }
    if let Some(at) = method.record() {
        let list = method.arguments[at].signature == "aa{sv}";
        for (what, key, value, types) in entries(&method.keys) {
            add(what, with(at, put(&right[at], list, key, value)), types);
        }
        // What a later version says, however deep it is.
        let deep = put(&right[at], list, "later".to_owned(), deep(DEEP - usize::from(list)));
        add("a deep variant under an unknown key".to_owned(), with(at, deep), false);
    }
    all
}

/// A value of each kind, but for this one.
fn others(signature: &str) -> Vec<Variant<'static>> {
    let null = || OwnedFd::from(std::fs::File::open("/dev/null").expect("there is a /dev/null"));
    let strings = HashMap::from([("a".to_owned(), "b".to_owned())]);
    let numbers = HashMap::from([(7u32, Variant::from(7u32))]);
    let record = Record::from([("a", Variant::from(7u32))]);
    let pool = vec![
        7u8.into(),
        true.into(),
        (-7i16).into(),
        7u16.into(),
        (-7i32).into(),
        7u32.into(),
        (-7i64).into(),
        7u64.into(),
        7.5f64.into(),
        "seven".into(),
        Variant::Signature(signature!("a{sv}")),
        ObjectPath::try_from("/seven").expect("a path").into(),
        Variant::Variant(Box::new("seven".into())),
        vec!["seven".to_owned()].into(),
        vec![7u8].into(),
        vec![7u64].into(),
        strings.into(),
        numbers.into(),
        Record::new().into(),
        vec![record].into(),
        Variant::Structure(Structure::from(("seven", 7u32))),
        Variant::Fd(null().into()),
        deep(8),
    ];
    let is_other = |value: &Variant| value.value_signature().to_string() != signature;
    pool.into_iter().filter(is_other).collect()
}

/// Values of this type that are at an end of it, or that nobody expects.
fn extremes(signature: &str) -> Vec<(String, Variant<'static>)> {
    let text = |of: &str| Variant::from(of.to_owned());
    let named = |what: &str, value: Variant<'static>| (what.to_owned(), value);
    match signature {
        "s" => vec![
            named("an empty string", text("")),
            named("300 bytes", text(&"9".repeat(300))),
            named("1 MiB", text(&"9".repeat(HUGE))),
            named("control characters", text("\u{1b}[2J\r\n\u{202e}\u{10ffff}")),
            named("a number that is none", text("-0x7fffffffffffffff")),
            named("a UUID of zeros", text("00000000-0000-0000-0000-000000000000")),
        ],
        // Not 1, which is somebody's.
        "t" => [0u64, 1 << 32, 1 << 63, u64::MAX].map(number).into(),
        "u" => [0u32, 1, 1001, u32::MAX].map(number).into(),
        "x" => [0i64, -1, i64::MIN, i64::MAX].map(number).into(),
        "as" => vec![
            named("no words", Vec::<String>::new().into()),
            named("2000 words", vec!["generic".to_owned(); 2000].into()),
        ],
        "aa{sv}" => vec![
            named("no records", Vec::<Record>::new().into()),
            named("an empty record", vec![Record::new()].into()),
            named("too many records", (0..MANY).map(|_| Record::new()).collect::<Vec<_>>().into()),
        ],
        "a{sv}" => vec![named("an empty record", Record::new().into())],
        _ => Vec::new(),
    }
}

fn number<N: ToString + Into<Variant<'static>>>(number: N) -> (String, Variant<'static>) {
    (number.to_string(), number.into())
}

/// Entries that do not fit, of each key there is: what is wrong, the key, the value, and whether its type is.
fn entries(keys: &[Key]) -> Vec<(String, String, Variant<'static>, bool)> {
    let mut all = Vec::new();
    for Key { name, signature, inside } in keys {
        // In a list inside of the record, or in the record itself.
        let entry = |value: Variant<'static>| match inside {
            Some(list) => {
                let record = HashMap::from([(name.clone(), value)]);
                (list.clone(), Variant::from(vec![record]))
            }
            None => (name.clone(), value),
        };
        for value in others(signature) {
            let what = format!("`{name}` as {}", value.value_signature());
            let (key, value) = entry(value);
            all.push((what, key, value, true));
        }
        for (what, value) in extremes(signature) {
            let what = format!("`{name}` {what}");
            let (key, value) = entry(value);
            all.push((what, key, value, false));
        }
    }
    all
}

/// The record, or the first of the list, with this entry.
fn put(
    right: &Variant<'static>,
    list: bool,
    key: String,
    value: Variant<'static>,
) -> Variant<'static> {
    let right = copy(right);
    let mut record: HashMap<String, Variant<'static>> = match list {
        true => {
            Vec::<HashMap<String, Variant<'static>>>::try_from(right).expect("records").remove(0)
        }
        false => HashMap::try_from(right).expect("a record"),
    };
    record.insert(key, value);
    match list {
        true => vec![record].into(),
        false => record.into(),
    }
}

/// A variant in a variant, and so on.
fn deep(levels: usize) -> Variant<'static> {
    (0..levels).fold(Variant::from(7u32), |inner, _| Variant::Variant(Box::new(inner)))
}
