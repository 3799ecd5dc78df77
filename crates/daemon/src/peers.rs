use crate::identity::{Identity, Process};
use hookswitch_core::words::{ProviderId, SurfaceId};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use zbus::Message;

/// A connection that has to do with us.
#[derive(Debug, Default)]
pub struct Peer {
    /// Who it is; asked once for each connection.
    pub identity: Identity,
    /// The provider it is.
    pub provider: Option<Rc<ProviderPeer>>,
    /// The surface it is, with what it calls itself.
    pub surface: Option<(SurfaceId, String)>,
    /// It watches calls.
    pub observes: bool,
    /// Questions about recents that it waits for.
    pub questions: usize,
}

/// A connection as a provider.
#[derive(Debug, PartialEq, Eq)]
pub struct ProviderPeer {
    /// Its registration.
    pub id: ProviderId,
    /// Its unique name.
    pub connection: String,
    /// What to call its app.
    pub app_name: String,
    /// Whether it surely is that app.
    pub verified: bool,
    /// Whether it may make emergency calls.
    pub emergency: bool,
}

/// All connections that have to do with us, by unique name.
#[derive(Debug, Default)]
pub struct Peers {
    by_name: HashMap<String, Peer>,
    providers: HashMap<ProviderId, Rc<ProviderPeer>>,
    surfaces: Vec<(SurfaceId, String)>,
    observers: Vec<String>,
    /// Providers that observe their own calls.
    own_observers: BTreeSet<ProviderId>,
    /// Connections whose identity is being asked for, with what they said meanwhile.
    unknown: HashMap<String, Asked>,
    questions: HashMap<u32, (String, Question)>,
    gone: HashSet<String>,
}

#[derive(Debug, Default)]
struct Asked {
    open: usize,
    identity: Identity,
    owner: Option<String>,
    said: Vec<Message>,
}

/// What the bus is asked about a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Its process.
    Credentials,
    /// Who owns the app's name.
    Owner,
}

/// A connection that is known now, with everything it said while it was not.
#[derive(Debug)]
pub struct Known {
    /// Its unique name.
    pub connection: String,
    /// Who owns the bus name of the app it said it is.
    pub owner: Option<String>,
    /// What it said.
    pub said: Vec<Message>,
}

impl Peers {
    /// The connection, if it has to do with us.
    pub fn get(&self, connection: &str) -> Option<&Peer> {
        self.by_name.get(connection)
    }

    /// The connection, which has to do with us from now on.
    pub fn entry(&mut self, connection: &str) -> &mut Peer {
        self.by_name.entry(connection.to_owned()).or_default()
    }

    /// Whether what it says has to wait until it is known.
    pub fn is_being_asked(&self, connection: &str) -> bool {
        self.unknown.contains_key(connection)
    }

    /// Keep what it says until it is known.
    pub fn wait(&mut self, connection: &str, message: Message) {
        self.unknown.entry(connection.to_owned()).or_default().said.push(message);
    }

    /// How much it has said while it was not known.
    pub fn waiting(&self, connection: &str) -> usize {
        self.unknown.get(connection).map_or(0, |asked| asked.said.len())
    }

    /// The bus was asked; the answer has this serial.
    pub fn ask(&mut self, connection: &str, serial: u32, question: Question) {
        self.unknown.entry(connection.to_owned()).or_default().open += 1;
        self.questions.insert(serial, (connection.to_owned(), question));
    }

    /// The bus answered: `pid` or `owner`, whichever was asked; `None` where it does not know.
    pub fn answered(&mut self, serial: u32, answer: BusAnswer) -> Option<Known> {
        let (connection, _) = self.questions.remove(&serial)?;
        let asked = self.unknown.get_mut(&connection)?;
        match answer {
            BusAnswer::Pid(pid) => asked.identity.process = Process::look(pid),
            BusAnswer::Owner(owner) => asked.owner = Some(owner),
            BusAnswer::Nothing => {}
        }
        asked.open -= 1;
        if asked.open > 0 {
            return None;
        }
        let asked = self.unknown.remove(&connection)?;
        if self.gone.remove(&connection) {
            return None;
        }
        self.entry(&connection).identity = asked.identity;
        Some(Known { connection, owner: asked.owner, said: asked.said })
    }

    /// What was asked under this serial.
    pub fn question(&self, serial: u32) -> Option<Question> {
        self.questions.get(&serial).map(|(_, question)| *question)
    }

    /// The connection is a provider from now on.
    pub fn add_provider(&mut self, provider: ProviderPeer) {
        let provider = Rc::new(provider);
        self.entry(&provider.connection).provider = Some(provider.clone());
        self.providers.insert(provider.id, provider);
    }

    /// The connection is no provider any more.
    pub fn remove_provider(&mut self, connection: &str) -> Option<ProviderId> {
        let provider = self.by_name.get_mut(connection)?.provider.take()?;
        self.providers.remove(&provider.id);
        self.own_observers.remove(&provider.id);
        Some(provider.id)
    }

    /// The connection of a provider.
    pub fn provider(&self, id: ProviderId) -> Option<&Rc<ProviderPeer>> {
        self.providers.get(&id)
    }

    /// The connection is a surface from now on.
    pub fn add_surface(&mut self, connection: &str, id: SurfaceId, name: String) {
        self.entry(connection).surface = Some((id, name));
        self.surfaces.push((id, connection.to_owned()));
    }

    /// The connection is no surface any more. The one it was.
    pub fn remove_surface(&mut self, connection: &str) -> Option<SurfaceId> {
        self.surfaces.retain(|(_, of)| of != connection);
        let surface = self.by_name.get_mut(connection)?.surface.take();
        surface.map(|(surface, _)| surface)
    }

    /// All surfaces, longest registered first.
    pub fn surfaces(&self) -> &[(SurfaceId, String)] {
        &self.surfaces
    }

    /// What the surfaces call themselves.
    pub fn surface_names(&self) -> impl Iterator<Item = &str> {
        let peers = self.surfaces.iter().filter_map(|(_, connection)| self.get(connection));
        peers.filter_map(|peer| peer.surface.as_ref().map(|(_, name)| name.as_str()))
    }

    /// The connection watches calls, or stops.
    pub fn observe(&mut self, connection: &str, observes: bool) {
        self.observers.retain(|of| of != connection);
        if observes {
            self.observers.push(connection.to_owned());
        }
        self.entry(connection).observes = observes;
    }

    /// All observers.
    pub fn observers(&self) -> &[String] {
        &self.observers
    }

    /// The provider observes its own calls, or stops.
    pub fn observe_own(&mut self, provider: ProviderId, observes: bool) {
        if observes {
            self.own_observers.insert(provider);
        } else {
            self.own_observers.remove(&provider);
        }
    }

    /// The providers that observe their own calls.
    pub fn own_observers(&self) -> &BTreeSet<ProviderId> {
        &self.own_observers
    }

    /// The connection left the bus. The provider and the surface it was.
    pub fn leave(&mut self, connection: &str) -> (Option<ProviderId>, Option<SurfaceId>) {
        if self.unknown.contains_key(connection) {
            self.gone.insert(connection.to_owned());
        }
        let provider = self.remove_provider(connection);
        let surface = self.remove_surface(connection);
        self.observers.retain(|of| of != connection);
        self.by_name.remove(connection);
        (provider, surface)
    }
}

/// What the bus answered.
#[derive(Debug)]
pub enum BusAnswer {
    /// The process behind a connection.
    Pid(u32),
    /// The connection behind a name.
    Owner(String),
    /// It does not know.
    Nothing,
}
