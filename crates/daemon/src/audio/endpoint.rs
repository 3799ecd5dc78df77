use super::graph::{Class, Graph, Node};
use super::route::Route;
use std::collections::BTreeMap;

/// What kind of device a call can be heard on. Android: `CallEndpoint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndpointKind {
    /// Held to the ear.
    Earpiece,
    /// Heard in the room.
    Speaker,
    /// A headset or headphones on a wire.
    Wired,
    /// A headset, a car, or whatever else is connected by Bluetooth.
    Bluetooth,
}

impl EndpointKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Earpiece, Self::Speaker, Self::Wired, Self::Bluetooth];

    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Earpiece => "earpiece",
            Self::Speaker => "speaker",
            Self::Wired => "wired",
            Self::Bluetooth => "bluetooth",
        }
    }

    /// The kind of that word, if it is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A device that a call can be heard on, with the microphone that goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The name of its sink; with that of a route where the sink has several. It stays the same.
    pub id: String,
    /// The name of its sink.
    pub sink: String,
    /// The route that has to be open, where the sink has several.
    pub route: Option<String>,
    /// Its kind.
    pub kind: EndpointKind,
    /// What to call it.
    pub name: String,
    /// The name of the source that goes with it; `None`: there is no microphone at all.
    pub source: Option<String>,
    /// The sink's serial number.
    pub serial: u64,
    priority: i64,
    is_default: bool,
}

/// The endpoints that there are, in the order in which they came.
pub fn endpoints(graph: &Graph) -> Vec<Endpoint> {
    let sinks = graph.nodes().filter(|node| node.class() == Class::Sink && is_device(node));
    let mut endpoints: Vec<Endpoint> = sinks.flat_map(|sink| endpoints_of(graph, sink)).collect();
    endpoints.sort_by_key(|endpoint| endpoint.serial);
    endpoints
}

/// One, or one for each of its routes that can be open now.
fn endpoints_of(graph: &Graph, sink: &Node) -> Vec<Endpoint> {
    let kind = kind(graph, sink);
    let text = sink.property("node.description").unwrap_or(sink.name());
    let is_default = graph.default_sink.as_deref() == Some(sink.name());
    let of = |route: Option<&Route>, kind: EndpointKind| Endpoint {
        id: sink.name().to_owned(),
        sink: sink.name().to_owned(),
        route: route.map(|route| route.name.clone()),
        kind,
        name: text.to_owned(),
        source: source(graph, sink, kind).map(|source| source.name().to_owned()),
        serial: sink.serial,
        priority: sink.priority(),
        is_default,
    };
    let routes: Vec<&Route> = graph.routes(sink).collect();
    let open = graph.open_route(sink);
    match routes.as_slice() {
        [] => vec![of(None, kind)],
        [one] => vec![of(None, one.kind(kind))],
        several => {
            let usable = |route: &&&Route| route.available != Some(false) || open == Some(**route);
            let endpoint = |route: &&Route| Endpoint {
                id: format!("{}:{}", sink.name(), route.name),
                name: route.description.clone(),
                // Of two of a kind at one sink, the one that is open.
                is_default: is_default && open == Some(*route),
                ..of(Some(route), route.kind(kind))
            };
            several.iter().filter(usable).map(endpoint).collect()
        }
    }
}

/// Known whole, and neither a filter nor the sink that is there when there is no device.
fn is_device(node: &Node) -> bool {
    let dummy = ["auto_null", "Dummy-Driver"];
    node.complete && !node.name().is_empty() && !node.is_filter() && !dummy.contains(&node.name())
}

fn kind(graph: &Graph, node: &Node) -> EndpointKind {
    let of = |key: &str| graph.device_property(node, key).unwrap_or_default();
    let form = match of("device.form-factor") {
        "" => of("device.form_factor"),
        form => form,
    };
    let wireless = of("device.api") == "bluez5" || of("device.bus") == "bluetooth";
    match form {
        "handset" if !wireless => EndpointKind::Earpiece,
        "headset" | "headphone" if !wireless => EndpointKind::Wired,
        "hands-free" | "car" => EndpointKind::Bluetooth,
        _ if wireless => EndpointKind::Bluetooth,
        _ => EndpointKind::Speaker,
    }
}

/// The microphone that goes with a sink: of the same device, else of the same kind, else the default one.
fn source<'a>(graph: &'a Graph, sink: &Node, of: EndpointKind) -> Option<&'a Node> {
    let sources = || {
        graph.nodes().filter(|node| {
            let class = matches!(node.class(), Class::Source) || is_duplex(node);
            class && is_device(node)
        })
    };
    let same_device = |node: &&Node| {
        node.id == sink.id || sink.device().is_some_and(|id| node.device() == Some(id))
    };
    let default = graph.default_source.as_deref();
    let is_default = |node: &&Node| default == Some(node.name());
    let same_kind = |node: &&Node| {
        // Where the form of the one is not known, that of the other does not tell anything.
        of != EndpointKind::Speaker && kind(graph, node) == of
    };
    let best = |nodes: Vec<&'a Node>| {
        nodes.into_iter().max_by_key(|node| (node.priority(), std::cmp::Reverse(node.serial)))
    };
    sources()
        .find(same_device)
        .or_else(|| best(sources().filter(same_kind).collect()))
        .or_else(|| sources().find(is_default))
        .or_else(|| best(sources().collect()))
}

fn is_duplex(node: &Node) -> bool {
    node.property("media.class") == Some("Audio/Duplex")
}

/// Where the user always wants calls, whatever is connected. Android's accessibility setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Always {
    /// Nowhere in particular.
    #[default]
    Automatic,
    /// In the room.
    Speaker,
    /// On a headset, if there is one.
    Headset,
}

/// What the choice of an endpoint goes by.
#[derive(Clone, Debug, Default)]
pub struct Taste {
    /// The endpoint that the user chose for this call, by id: it counts until its device goes.
    pub chosen: Option<String>,
    /// The user's setting.
    pub always: Always,
    /// The kind that the user chose last while these kinds were there.
    pub last: BTreeMap<String, EndpointKind>,
    /// Whether the call carries video.
    pub video: bool,
}

/// The kinds that are there, as [`Taste::last`] names them.
pub fn kinds(endpoints: &[Endpoint]) -> String {
    let has = |kind: &EndpointKind| endpoints.iter().any(|endpoint| endpoint.kind == *kind);
    let names: Vec<_> = EndpointKind::ALL.into_iter().filter(has).map(EndpointKind::name).collect();
    names.join("+")
}

/// The endpoint a call is heard on: what the user chose for it; else where the user always wants it; else what was
/// chosen last while the same kinds of devices were there; else Bluetooth, a wire, and then the earpiece, or with video
/// the speaker.
pub fn choose<'a>(endpoints: &'a [Endpoint], taste: &Taste) -> Option<&'a Endpoint> {
    use EndpointKind::{Bluetooth, Earpiece, Speaker, Wired};
    let chosen = taste.chosen.as_deref();
    let chosen = endpoints.iter().find(|endpoint| Some(endpoint.id.as_str()) == chosen);
    let always: &[EndpointKind] = match taste.always {
        Always::Automatic => &[],
        Always::Speaker => &[Speaker],
        Always::Headset => &[Bluetooth, Wired],
    };
    let last = taste.last.get(&kinds(endpoints));
    let usual = match taste.video {
        true => [Bluetooth, Wired, Speaker, Earpiece],
        false => [Bluetooth, Wired, Earpiece, Speaker],
    };
    let order = always.iter().chain(last).chain(&usual);
    chosen.or_else(|| order.copied().find_map(|kind| best(endpoints, kind)))
}

/// The endpoint of this id or, for who knows no ids, the best of this kind.
pub fn find<'a>(endpoints: &'a [Endpoint], named: &str) -> Option<&'a Endpoint> {
    let by_id = endpoints.iter().find(|endpoint| endpoint.id == named);
    by_id.or_else(|| best(endpoints, EndpointKind::from_name(named)?))
}

/// Of devices that come and go the one that came last; of built-in ones the default, or the one that the session
/// manager likes best.
fn best(endpoints: &[Endpoint], kind: EndpointKind) -> Option<&Endpoint> {
    let of_kind = endpoints.iter().filter(|endpoint| endpoint.kind == kind);
    match kind {
        EndpointKind::Wired | EndpointKind::Bluetooth => {
            of_kind.max_by_key(|endpoint| endpoint.serial)
        }
        _ => of_kind.max_by_key(|endpoint| {
            (endpoint.is_default, endpoint.priority, std::cmp::Reverse(endpoint.serial))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::tests::{device, graph, properties};
    use super::*;

    const SINK: &str = "Audio/Sink";

    fn of(graph: &Graph) -> Vec<(String, &'static str, Option<String>)> {
        let all = endpoints(graph).into_iter();
        all.map(|endpoint| (endpoint.id, endpoint.kind.name(), endpoint.source)).collect()
    }

    #[test]
    fn the_form_of_a_device_says_what_kind_it_is() {
        for (form, bus, expected) in [
            ("handset", "", "earpiece"),
            ("headset", "", "wired"),
            ("headphone", "usb", "wired"),
            ("headset", "bluetooth", "bluetooth"),
            ("headphone", "bluetooth", "bluetooth"),
            ("hands-free", "", "bluetooth"),
            ("car", "", "bluetooth"),
            ("speaker", "bluetooth", "bluetooth"),
            ("internal", "pci", "speaker"),
            ("tv", "", "speaker"),
            ("", "", "speaker"),
        ] {
            let mut graph = Graph::default();
            let more = [("device.form-factor", form), ("device.bus", bus)];
            device(&mut graph, 50, "it", SINK, &more);
            assert_eq!(of(&graph), [("it".to_owned(), expected, None)], "{form} on {bus}");
        }
        // The device says what its node does not.
        let mut graph = Graph::default();
        graph.put_device(
            9,
            properties(&[("device.form_factor", "headset"), ("device.api", "bluez5")]),
        );
        device(&mut graph, 50, "it", SINK, &[("device.id", "9")]);
        assert_eq!(of(&graph), [("it".to_owned(), "bluetooth", None)]);
    }

    #[test]
    fn a_microphone_goes_with_its_device_or_its_kind() {
        let mut graph = graph();
        let mic = Some("mic".to_owned());
        assert_eq!(of(&graph)[0].2, mic, "there is one only");
        device(
            &mut graph,
            51,
            "ears",
            SINK,
            &[("device.id", "9"), ("device.form-factor", "headset")],
        );
        device(&mut graph, 52, "usb_mic", "Audio/Source", &[("device.form-factor", "headset")]);
        assert_eq!(of(&graph)[2].2.as_deref(), Some("usb_mic"), "of the same kind");
        device(&mut graph, 53, "boom", "Audio/Source", &[("device.id", "9")]);
        assert_eq!(of(&graph)[2].2.as_deref(), Some("boom"), "of the same device");
        assert_eq!(of(&graph)[0].2, mic);
        graph.put_metadata(0, Some("default.audio.source"), None, Some(r#"{"name":"boom"}"#));
        assert_eq!(of(&graph)[0].2.as_deref(), Some("boom"), "the default one");
    }

    #[test]
    fn what_is_no_device_is_no_endpoint() {
        let mut graph = graph();
        device(&mut graph, 50, "auto_null", SINK, &[]);
        device(&mut graph, 51, "cancelled", SINK, &[("node.link-group", "echo")]);
        graph.put_node(52, properties(&[("node.name", "half"), ("media.class", SINK)]), false);
        assert_eq!(of(&graph).len(), 2);
    }

    fn all() -> Graph {
        let mut graph = graph();
        device(&mut graph, 50, "wire", SINK, &[("device.form-factor", "headset")]);
        let air = [("device.form-factor", "headset"), ("device.bus", "bluetooth")];
        device(&mut graph, 51, "air", SINK, &air);
        device(&mut graph, 52, "air2", SINK, &air);
        device(&mut graph, 29, "hdmi", SINK, &[("priority.session", "900")]);
        graph
    }

    fn chosen(without: &[u32], taste: &Taste) -> Option<String> {
        let mut graph = all();
        without.iter().for_each(|id| graph.remove(*id));
        choose(&endpoints(&graph), taste).map(|endpoint| endpoint.id.clone())
    }

    fn taste(chosen: Option<&str>, always: Always, video: bool) -> Taste {
        Taste { chosen: chosen.map(str::to_owned), always, video, ..Taste::default() }
    }

    #[test]
    fn devices_that_come_and_go_take_over_and_give_back() {
        let usual = taste(None, Always::Automatic, false);
        let video = taste(None, Always::Automatic, true);
        for (without, heard, seen) in [
            (&[][..], "air2", "air2"),
            (&[52], "air", "air"),
            (&[51, 52], "wire", "wire"),
            (&[50, 51, 52], "earpiece", "speaker"),
            (&[31, 50, 51, 52], "speaker", "speaker"),
            // The default one is gone.
            (&[30, 31, 50, 51, 52], "hdmi", "hdmi"),
        ] {
            assert_eq!(chosen(without, &usual).as_deref(), Some(heard), "{without:?}");
            assert_eq!(chosen(without, &video).as_deref(), Some(seen), "{without:?}");
        }
        assert_eq!(chosen(&[29, 30, 31, 50, 51, 52], &usual), None);
    }

    #[test]
    fn what_the_user_chose_stays_until_its_device_goes() {
        let mine = taste(Some("speaker"), Always::Headset, false);
        assert_eq!(chosen(&[], &mine).as_deref(), Some("speaker"));
        assert_eq!(chosen(&[30], &mine).as_deref(), Some("air2"));
        let endpoints = endpoints(&all());
        let found = |named| find(&endpoints, named).map(|endpoint| endpoint.id.as_str());
        assert_eq!(
            [found("wired"), found("air"), found("sofa")],
            [Some("wire"), Some("air"), None]
        );
    }

    #[test]
    fn the_setting_counts_before_the_last_choice_and_that_before_the_usual_order() {
        let speaker = taste(None, Always::Speaker, false);
        assert_eq!(chosen(&[], &speaker).as_deref(), Some("speaker"));
        let headset = taste(None, Always::Headset, true);
        assert_eq!(chosen(&[51, 52], &headset).as_deref(), Some("wire"));
        assert_eq!(chosen(&[50, 51, 52], &headset).as_deref(), Some("speaker"));
        let last = BTreeMap::from([("earpiece+speaker".to_owned(), EndpointKind::Speaker)]);
        let remembers = Taste { last, ..Taste::default() };
        assert_eq!(chosen(&[50, 51, 52], &remembers).as_deref(), Some("speaker"));
        // Other kinds are there: what was chosen then says nothing.
        assert_eq!(chosen(&[51, 52], &remembers).as_deref(), Some("wire"));
        assert_eq!(kinds(&endpoints(&all())), "earpiece+speaker+wired+bluetooth");
    }
}
