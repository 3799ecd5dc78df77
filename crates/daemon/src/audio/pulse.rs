//! PulseAudio as a graph: its streams and devices are nodes, and where a stream plays is where it is told to go.
//!
//! Its numbers begin anew for each kind of thing, so a node's number has the kind in it. Numbers do not come again, so
//! they are serial numbers as well. A stream's volume is what its loudest channel has, and silent if it is muted: a cut
//! mutes it, so that its volume is as it was when it is heard again.

use super::connection::Round;
use super::desk::Step;
use super::graph::{Graph, Properties, Server};
use crate::pulse::{Heard, Wire, WireError};
use pulseaudio::protocol::{
    ChannelVolume, ClientInfo, ClientInfoList, Command, GetSinkInfo, GetSourceInfo,
    MoveStreamParams, ServerInfo, SetPortParams, SetStreamMuteParams, SetStreamVolumeParams,
    SinkInfo, SinkInfoList, SinkInputInfo, SinkInputInfoList, SourceInfo, SourceInfoList,
    SourceOutputInfo, SourceOutputInfoList, SubscriptionEvent, SubscriptionEventFacility,
    SubscriptionEventType, SubscriptionMask,
};
use std::collections::{HashMap, HashSet};
use std::ffi::CString;
use std::os::fd::RawFd;

mod kind;
mod level;
mod memory;
mod said;

use kind::Kind;
use level::Level;
use memory::Memory;
use said::{device, goes_to, put, put_card, route, stream, texts};

/// What was asked for under a number.
#[derive(Debug)]
enum Question {
    /// Whether everything is done up to here; it tells of the server besides.
    Done,
    /// Of the server.
    Server,
    /// All of a kind.
    All(Kind),
    /// One of a kind.
    One(Kind),
    /// What the server keeps of streams that are gone.
    Kept,
    /// To keep something else.
    Keep,
}

/// A connection to PulseAudio.
pub struct Connection {
    wire: Wire,
    questions: HashMap<u32, Question>,
    levels: HashMap<u32, Level>,
    /// The sources that are what a sink plays.
    monitors: HashSet<u32>,
    memory: Memory,
    /// An answer that waits until everything is kept that is to be.
    held: Option<i32>,
    begun: bool,
}

impl Connection {
    /// Connect. It waits for the server to let us in, a second at most.
    ///
    /// # Errors
    /// There is no server, it does not let us in, or it is PipeWire's.
    pub fn open() -> Result<Self, WireError> {
        let process = std::process::id().to_string();
        let mut connection = Self {
            wire: Wire::connect(&[
                ("application.name", "Hookswitch"),
                ("application.id", "org.hookswitch.Hookswitch"),
                ("application.process.id", &process),
            ])?,
            questions: HashMap::new(),
            levels: HashMap::new(),
            monitors: HashSet::new(),
            memory: Memory::default(),
            held: None,
            begun: false,
        };
        let of = SubscriptionMask::SINK
            | SubscriptionMask::SOURCE
            | SubscriptionMask::SINK_INPUT
            | SubscriptionMask::SOURCE_OUTPUT
            | SubscriptionMask::CLIENT
            | SubscriptionMask::SERVER;
        connection.wire.send(&Command::Subscribe(of));
        connection.question(&Command::GetServerInfo, Question::Server);
        // Devices before what plays on them.
        for (kind, command) in [
            (Kind::Client, Command::GetClientInfoList),
            (Kind::Sink, Command::GetSinkInfoList),
            (Kind::Source, Command::GetSourceInfoList),
            (Kind::Input, Command::GetSinkInputInfoList),
            (Kind::Output, Command::GetSourceOutputInfoList),
        ] {
            connection.question(&command, Question::All(kind));
        }
        Ok(connection)
    }

    /// What to wait on, and whether for room as well as for something to read.
    pub fn waits_on(&self) -> (RawFd, bool) {
        self.wire.waits_on()
    }

    fn question(&mut self, command: &Command, question: Question) -> u32 {
        let seq = self.wire.send(command);
        self.questions.insert(seq, question);
        seq
    }

    /// Ask the server to answer when it has done everything up to here. The number of the question.
    pub fn ask(&mut self) -> Option<i32> {
        i32::try_from(self.question(&Command::GetServerInfo, Question::Done)).ok()
    }

    /// Put what was heard into the graph.
    pub fn listen(&mut self, graph: &mut Graph) -> Round {
        let mut round = Round::default();
        if !self.begun {
            self.begun = true;
            graph.server = Server::PulseAudio;
            graph.cookie = Some(self.wire.cookie());
            round.changed = true;
        }
        loop {
            match self.wire.next() {
                Ok(Some(Heard::Reply(seq, answer))) => {
                    if let Some(question) = self.questions.remove(&seq) {
                        round.changed |= self.answered(&question, &answer, graph);
                        self.is_done(seq, &question, &mut round);
                    }
                }
                Ok(Some(Heard::Refused(seq))) => {
                    if let Some(question) = self.questions.remove(&seq) {
                        if let Question::Kept = question {
                            self.memory.is_none();
                        }
                        self.is_done(seq, &question, &mut round);
                    }
                }
                Ok(Some(Heard::Event(Command::SubscribeEvent(event)))) => {
                    round.changed |= self.happened(event, graph);
                }
                Ok(Some(Heard::Event(_))) => {}
                Ok(None) => break,
                Err(error) => {
                    round.lost = Some(error.to_string());
                    break;
                }
            }
        }
        // The next question comes when this one is answered, and nobody else wakes it.
        if self.held.is_some() && !self.is_keeping() {
            round.done = self.held.take();
        }
        round
    }

    fn is_keeping(&self) -> bool {
        self.questions.values().any(|of| matches!(of, Question::Kept | Question::Keep))
    }

    fn is_done(&mut self, seq: u32, question: &Question, round: &mut Round) {
        let Question::Done = question else { return };
        let Ok(seq) = i32::try_from(seq) else { return };
        match self.is_keeping() {
            true => self.held = Some(seq),
            false => round.done = Some(seq),
        }
    }

    /// Whether the graph is different.
    fn answered(&mut self, question: &Question, answer: &[u8], graph: &mut Graph) -> bool {
        match question {
            Question::Done | Question::Server => {
                let Some(server) = self.wire.read::<ServerInfo>(answer) else { return false };
                let name = |name: Option<CString>| name?.into_string().ok();
                let (sink, source) = (&mut graph.default_sink, &mut graph.default_source);
                let before = (sink.clone(), source.clone());
                (*sink, *source) =
                    (name(server.default_sink_name), name(server.default_source_name));
                before != (sink.clone(), source.clone())
            }
            Question::All(Kind::Client) => {
                self.all(answer, graph, Self::client, |all: ClientInfoList| all)
            }
            Question::All(Kind::Sink) => {
                self.all(answer, graph, Self::sink, |all: SinkInfoList| all)
            }
            Question::All(Kind::Source) => {
                self.all(answer, graph, Self::source, |all: SourceInfoList| all)
            }
            Question::All(Kind::Input) => {
                self.all(answer, graph, Self::input, |all: SinkInputInfoList| all)
            }
            Question::All(Kind::Output) => {
                self.all(answer, graph, Self::output, |all: SourceOutputInfoList| all)
            }
            Question::One(Kind::Client) => {
                self.all(answer, graph, Self::client, |one: ClientInfo| vec![one])
            }
            Question::One(Kind::Sink) => {
                self.all(answer, graph, Self::sink, |one: SinkInfo| vec![one])
            }
            Question::One(Kind::Source) => {
                self.all(answer, graph, Self::source, |one: SourceInfo| vec![one])
            }
            Question::One(Kind::Input) => {
                self.all(answer, graph, Self::input, |one: SinkInputInfo| vec![one])
            }
            Question::One(Kind::Output) => {
                self.all(answer, graph, Self::output, |one: SourceOutputInfo| vec![one])
            }
            Question::Kept => {
                for seq in self.memory.answered(answer, &mut self.wire) {
                    self.questions.insert(seq, Question::Keep);
                }
                false
            }
            Question::Keep => false,
        }
    }

    fn all<T: pulseaudio::protocol::CommandReply, Of>(
        &mut self,
        answer: &[u8],
        graph: &mut Graph,
        put: impl Fn(&mut Self, &Of, &mut Graph),
        list: impl Fn(T) -> Vec<Of>,
    ) -> bool {
        let Some(answer) = self.wire.read(answer) else { return false };
        list(answer).iter().for_each(|one| put(self, one, graph));
        true
    }

    fn client(&mut self, client: &ClientInfo, graph: &mut Graph) {
        graph.put_client(Kind::Client.node(client.index), texts(&client.props));
    }

    fn sink(&mut self, sink: &SinkInfo, graph: &mut Graph) {
        let mut properties = device(&sink.name, sink.description.as_ref(), &sink.props);
        properties.insert("media.class".to_owned(), "Audio/Sink".to_owned());
        put_card(&mut properties, sink.card_index);
        // A sink is a part of its card, and its ports are the routes of that.
        if let (Some(card), Ok(part)) = (sink.card_index, i32::try_from(sink.index)) {
            properties.insert("card.profile.device".to_owned(), part.to_string());
            graph.put_device(card, Properties::new());
            graph.forget_routes(card, Some(part));
            for (index, port) in (0..).zip(&sink.ports) {
                graph.put_route(card, route(index, port, part));
            }
            if let (Ok(open), false) = (i32::try_from(sink.active_port), sink.ports.is_empty()) {
                graph.put_open(card, part, open);
            }
        }
        put(graph, Kind::Sink, sink.index, properties);
    }

    fn source(&mut self, source: &SourceInfo, graph: &mut Graph) {
        let mut properties = device(&source.name, source.description.as_ref(), &source.props);
        let is_monitor = source.monitor_of_sink_index.is_some();
        let class = if is_monitor { "Audio/Monitor" } else { "Audio/Source" };
        properties.insert("media.class".to_owned(), class.to_owned());
        put_card(&mut properties, source.card_index);
        if is_monitor {
            self.monitors.insert(source.index);
        }
        put(graph, Kind::Source, source.index, properties);
    }

    fn input(&mut self, input: &SinkInputInfo, graph: &mut Graph) {
        let properties = stream(&input.props, "Stream/Output/Audio", input.client_index);
        put(graph, Kind::Input, input.index, properties);
        let has_volume = input.has_volume && input.volume_writable;
        self.level(
            Kind::Input,
            input.index,
            has_volume.then_some(input.cvolume),
            input.muted,
            graph,
        );
        goes_to(graph, Kind::Input.node(input.index), Kind::Sink.serial(input.sink_index));
    }

    fn output(&mut self, output: &SourceOutputInfo, graph: &mut Graph) {
        let mut properties = stream(&output.props, "Stream/Input/Audio", output.client_index);
        let of_monitor = self.monitors.contains(&output.source_index).to_string();
        properties.insert("stream.capture.sink".to_owned(), of_monitor);
        put(graph, Kind::Output, output.index, properties);
        let has_volume = output.has_volume && output.volume_writable;
        self.level(
            Kind::Output,
            output.index,
            has_volume.then_some(output.cvolume),
            output.muted,
            graph,
        );
        goes_to(graph, Kind::Output.node(output.index), Kind::Source.serial(output.source_index));
    }

    /// One without a volume of its own, as what passes through undecoded, is left alone.
    fn level(
        &mut self,
        kind: Kind,
        index: u32,
        volume: Option<ChannelVolume>,
        muted: bool,
        graph: &mut Graph,
    ) {
        let node = kind.node(index);
        let Some(volume) = volume else { return };
        let level = self.levels.entry(node).or_insert_with(|| Level::new(volume));
        graph.put_volume(node, level.heard(volume, muted));
    }

    fn happened(&mut self, event: SubscriptionEvent, graph: &mut Graph) -> bool {
        let kind = match event.event_facility {
            SubscriptionEventFacility::Client => Kind::Client,
            SubscriptionEventFacility::Sink => Kind::Sink,
            SubscriptionEventFacility::Source => Kind::Source,
            SubscriptionEventFacility::SinkInput => Kind::Input,
            SubscriptionEventFacility::SourceOutput => Kind::Output,
            SubscriptionEventFacility::Server => {
                self.question(&Command::GetServerInfo, Question::Server);
                return false;
            }
            _ => return false,
        };
        let Some(index) = event.index else { return false };
        if event.event_type == SubscriptionEventType::Removed {
            graph.remove(kind.node(index));
            self.levels.remove(&kind.node(index));
            if kind == Kind::Source {
                self.monitors.remove(&index);
            }
            return true;
        }
        let name = None;
        let command = match kind {
            Kind::Client => Command::GetClientInfo(index),
            Kind::Sink => Command::GetSinkInfo(GetSinkInfo { index: Some(index), name }),
            Kind::Source => Command::GetSourceInfo(GetSourceInfo { index: Some(index), name }),
            Kind::Input => Command::GetSinkInputInfo(index),
            Kind::Output => Command::GetSourceOutputInfo(index),
        };
        self.question(&command, Question::One(kind));
        false
    }

    /// Do it.
    pub fn take(&mut self, step: &Step) {
        match step {
            Step::SetVolume(node, volume) => self.set_volume(*node, *volume),
            Step::SetTarget(node, Some(target)) => {
                let (Some((kind, index)), Some((_, device))) =
                    (Kind::of(*node), Kind::of_serial(&target.value))
                else {
                    return;
                };
                let (index, device_index) = (Some(index), Some(device));
                let to = MoveStreamParams { index, device_index, device_name: None };
                self.wire.send(&match kind {
                    Kind::Output => Command::MoveSourceOutput(to),
                    _ => Command::MoveSinkInput(to),
                });
            }
            Step::OpenRoute { part, name, .. } => {
                let (Ok(index), Ok(port)) = (u32::try_from(*part), CString::new(name.as_str()))
                else {
                    return;
                };
                let port = SetPortParams { index: Some(index), name: None, port_name: port };
                self.wire.send(&Command::SetSinkPort(port));
            }
            // It is always somewhere.
            Step::SetTarget(_, None) => {}
            Step::Keep(key, volume) => {
                self.memory.keep(key.clone(), *volume);
                let seq = self.memory.ask(&mut self.wire);
                self.questions.insert(seq, Question::Kept);
            }
        }
    }

    fn set_volume(&mut self, node: u32, to: f32) {
        let (Some((kind, index)), Some(level)) = (Kind::of(node), self.levels.get_mut(&node))
        else {
            return;
        };
        let is_input = kind == Kind::Input;
        let (volume, mute) = level.set(to);
        if let Some(volume) = volume {
            let params = SetStreamVolumeParams { index, volume };
            self.wire.send(&match is_input {
                true => Command::SetSinkInputVolume(params),
                false => Command::SetSourceOutputVolume(params),
            });
        }
        // After it: nothing is heard for a moment as loud as it was before.
        if let Some(mute) = mute {
            let params = SetStreamMuteParams { index, mute };
            self.wire.send(&match is_input {
                true => Command::SetSinkInputMute(params),
                false => Command::SetSourceOutputMute(params),
            });
        }
    }
}
