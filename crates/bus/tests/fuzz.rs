//! Bytes as records: whatever comes is a record or a typed error, never a panic, and a record is written as what it is.

#[path = "../../core/tests/dice/mod.rs"]
mod dice;
#[path = "../../core/tests/fuzzing/mod.rs"]
mod fuzzing;

use fuzzing::{Target, Verdict};
use hookswitch_bus as bus;
use hookswitch_bus::OutOfRange;
use hookswitch_core::Verdict as Admission;
use hookswitch_core::words::CallUuid;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use zbus::Type;
use zbus::wire::serialized::{Context, Data};
use zbus::wire::{self, Endian};

/// What was read, in words that say its kind and not its numbers.
type Read = Result<String, String>;

/// A record, with how it is read: as bytes, and then as what it means.
struct Record {
    name: &'static str,
    read: fn(&[u8], Context) -> Read,
    sample: fn(Context) -> Vec<u8>,
    fields: Vec<String>,
}

/// The names of the fields of a record.
fn fields(shown: &str) -> Vec<String> {
    let fields = shown.split([' ', ',']).filter_map(|word| word.strip_suffix(':'));
    fields.map(str::to_owned).collect()
}

fn written<T: Serialize + Type>(record: &T, context: Context) -> Vec<u8> {
    wire::to_bytes(context, record).expect("a record can be written").to_vec()
}

/// Read it, write it and read it again: the same both times. Then what it means.
fn read<T>(bytes: &[u8], context: Context, means: impl Fn(T) -> Result<(), OutOfRange>) -> Read
where
    T: Serialize + DeserializeOwned + Type + PartialEq + Debug,
{
    let record: T = match Data::new(bytes, context).deserialize() {
        Ok((record, _)) => record,
        Err(error) => return Ok(format!("no record: {error}")),
    };
    let again = written(&record, context);
    let known: Result<(T, _), _> = Data::new(&again[..], context).deserialize();
    match known {
        Ok((known, _)) if known == record => {}
        known => return Err(format!("{record:?} is written and read as {known:?}")),
    }
    let shape = format!("{record:?}");
    match means(record) {
        Ok(()) => Ok(shape),
        Err(OutOfRange { field, .. }) => Ok(format!("{field} out of range")),
    }
}

macro_rules! means {
    () => {
        |_| Ok(())
    };
    ($means:expr) => {
        $means
    };
}

macro_rules! records {
    ($($name:ident $(=> $means:expr)?;)*) => {
        [$(Record {
            name: stringify!($name),
            read: |bytes, context| read::<bus::$name>(bytes, context, means!($($means)?)),
            sample: |context| written(&bus::$name::default(), context),
            fields: fields(&format!("{:?}", bus::$name::default())),
        },)*]
    };
}

const NEW: CallUuid = CallUuid(7);

/// Everything that comes in, at the service and at its clients.
fn records() -> [Record; 29] {
    records! {
        ActionRecord => |record| record.into_requested().map(drop);
        SurfaceActionRecord => |record| record.into_requested(NEW).map(drop);
        UpdateRecord => |record| {
            let again = bus::UpdateRecord::from_update(record.clone().into_update()?);
            assert_eq!(again.clone().into_update(), record.clone().into_update());
            record.into_incoming(Admission::Allow).map(drop)
        };
        ConfigurationRecord => |record| {
            let configuration = record.into_configuration()?;
            let again = bus::ConfigurationRecord::from_configuration(&configuration);
            assert_eq!(again.into_configuration(), Ok(configuration));
            Ok(())
        };
        AdoptionRecord => |record| record.into_adoption().map(drop);
        EndedRecord => |record| {
            record.into_report();
            Ok(())
        };
        ResultRecord => |record| record.into_completion().map(drop);
        PerformRecord => |record| {
            for member in ["PerformSetGroupCall", "PerformPlayDtmf", "PerformSetTranslating"] {
                record.verb(member);
            }
            record.offer();
            Ok(())
        };
        MomentRecord;
        RequestOptions;
        RecentsQuery;
        ExecutedRecord;
        TransactionRecord;
        FinishedRecord;
        AcceptedRecord;
        AttachedRecord;
        RegisteredRecord;
        AdmittedRecord;
        AccountRecord;
        MemberRecord;
        ChoiceRecord;
        CallRecord;
        ChangeRecord;
        ObservedRecord;
        StateRecord;
        ConsequencesRecord;
        OwnConsequencesRecord;
        RecentsRecord;
        StatusRecord;
    }
}

fn context(first: u8) -> Context {
    let endian = if first & 128 == 0 { Endian::Little } else { Endian::Big };
    Context::new(endian, 0)
}

/// The first byte chooses the record and the order of bytes.
fn decode(records: &[Record], input: &[u8]) -> Verdict {
    let Some((first, bytes)) = input.split_first() else { return Ok(Vec::new()) };
    let record = &records[usize::from(first & 127) % records.len()];
    let read = (record.read)(bytes, context(*first))?;
    let shows = |what: &str| {
        let mut hash = DefaultHasher::new();
        (record.name, what).hash(&mut hash);
        hash.finish()
    };
    // Which fields are there, each by itself, or which error it is; but not what is in them.
    Ok(match read.strip_prefix("no record: ") {
        Some(error) => {
            let said = error.split(['"', '`', ':']).next().unwrap_or_default();
            let words =
                said.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 2);
            Vec::from([shows(&words.take(5).collect::<String>())])
        }
        None => {
            let fields = read.split(", ").filter_map(|field| field.split_once(": "));
            let known = |name: &&str| record.fields.iter().any(|field| field == name);
            let fields = fields.filter(|(_, value)| !value.starts_with("None"));
            fields.map(|(name, _)| name).filter(known).map(shows).collect()
        }
    })
}

/// Keys, signatures and words of records.
const WORDS: [&[u8]; 29] = [
    b"\x01s\0",
    b"\x01b\0",
    b"\x01t\0",
    b"\x01u\0",
    b"\x01x\0",
    b"\x02as\0",
    b"\x06aa{sv}\0",
    b"\x05a{sv}\0",
    b"\x06action\0",
    b"\x04call\0",
    b"\x04with\0",
    b"\x06handle\0",
    b"\x0bhandle_kind\0",
    b"\x0bhandle_name\0",
    b"\x07account\0",
    b"\x08accounts\0",
    b"\x05state\0",
    b"\x06reason\0",
    b"\x06digits\0",
    b"\x07members\0",
    b"\x07choices\0",
    b"\x0bgroup_with\0",
    b"\x0elocal_language\0",
    b"\x0fremote_language\0",
    b"00000000-0000-0000-0000-000000000001\0",
    b"set_group\0",
    b"phone_number\0",
    b"hard_pause\0",
    b"\xff\xff\xff\x7f",
];

/// Records with something in every field that a meaning depends on.
fn samples() -> Vec<Vec<u8>> {
    let text = |text: &str| Some(text.to_owned());
    let uuid = "00000000-0000-0000-0000-000000000001";
    let action = bus::ActionRecord {
        action: Some("set_group".into()),
        call: text(uuid),
        with: text(uuid),
        held: Some(true),
        muted: Some(false),
        digits: text("12#"),
        dtmf_type: text("soft_pause"),
        account: text("work"),
        handle: text("+493012,1;2"),
        handle_kind: text("phone_number"),
        handle_name: text("Anna"),
        video: Some(true),
        translating: Some(true),
        local_language: text("de"),
        remote_language: text("pt-BR"),
        ..bus::ActionRecord::default()
    };
    let update = bus::UpdateRecord {
        handle: text("anna"),
        handle_kind: text("generic"),
        name: text("Anna"),
        members: Some(vec![bus::MemberRecord::default()]),
        ..bus::UpdateRecord::default()
    };
    let configuration = bus::ConfigurationRecord {
        accounts: Some(vec![bus::AccountRecord { id: "work".into(), ..Default::default() }]),
        ..bus::ConfigurationRecord::default()
    };
    let adoption = bus::AdoptionRecord {
        state: text("active"),
        group_with: text(uuid),
        ..bus::AdoptionRecord::default()
    };
    let ended = bus::EndedRecord { reason: text("remote_ended"), ..Default::default() };
    let change = bus::ChangeRecord {
        calls: Some(vec![bus::CallRecord {
            choices: vec![bus::ChoiceRecord::default()],
            ..bus::CallRecord::default()
        }]),
        ..bus::ChangeRecord::default()
    };
    let mut samples = Vec::new();
    let records = records();
    for order in [0, 128] {
        let context = context(order);
        let full: [(&str, Vec<u8>); 6] = [
            ("ActionRecord", written(&action, context)),
            ("UpdateRecord", written(&update, context)),
            ("ConfigurationRecord", written(&configuration, context)),
            ("AdoptionRecord", written(&adoption, context)),
            ("EndedRecord", written(&ended, context)),
            ("ChangeRecord", written(&change, context)),
        ];
        for (at, record) in records.iter().enumerate() {
            let first = u8::try_from(at).expect("fewer than 128 records") | order;
            let full = full.iter().filter(|(name, _)| *name == record.name);
            for bytes in full.map(|(_, bytes)| bytes.clone()).chain([(record.sample)(context)]) {
                samples.push([&[first], &bytes[..]].concat());
            }
        }
    }
    samples
}

#[test]
fn whatever_comes_over_the_bus_is_read() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let records = records();
    let one = |input: &[u8]| decode(&records, input);
    Target { name: "wire", corpus, seeds: samples(), dictionary: &WORDS, one: &one }.run();
}
