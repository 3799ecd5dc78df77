//! Surfaces that the service is itself: what a shell shows of calls through an interface that is not ours. Such a surface
//! has no connection. It is shown every change beside the surfaces that have one, speaks through the outbox, and acts
//! like any of them: by an input of the core. What is not wanted or not there costs nothing.

mod gnome_app;
mod gnome_calls;
mod shown;
mod sight;
mod takeover;

pub(crate) use gnome_app::GnomeApp;
pub(crate) use gnome_calls::GnomeCalls;
pub(crate) use sight::Sight;
pub use sight::SightSettings;
pub use takeover::Phosh;

use crate::doors::Declined;
use crate::effects::{Form, Replying};
use crate::service::Service;
use hookswitch_core::words::{RequestId, SurfaceId, Timestamp};
use hookswitch_core::{Change, Input, Reply, Requested, Requester};
use zbus::message::Header;
use zbus::{Connection, Message};

/// Phosh, through the interface of GNOME Calls. Ids of connections count up from one and never get here.
pub(crate) const GNOME_CALLS: SurfaceId = SurfaceId(u64::MAX);

/// The service itself, where it asks for what the user did in GNOME Calls.
pub(crate) const GNOME_APP: SurfaceId = SurfaceId(u64::MAX - 3);

/// The service's own surfaces, and the app that is spoken for.
#[derive(Debug)]
pub(crate) struct Shell {
    pub gnome_calls: Option<GnomeCalls>,
    pub gnome_app: GnomeApp,
}

impl Service {
    /// Ask the bus for what they need. Nobody is waited for.
    pub fn begin_shell(&mut self, connection: &Connection) {
        self.begin_gnome_calls();
        self.begin_gnome_app(connection);
    }

    /// Whether one of them has objects there.
    pub fn shell_is_at(&self, path: &str) -> bool {
        self.shell.gnome_calls.is_some() && gnome_calls::is_here(path)
    }

    /// A call of a method of one of them.
    pub fn shell_door(
        &mut self,
        message: &Message,
        call: &Header<'_>,
        member: &str,
        sender: &str,
    ) -> Result<(), Declined> {
        self.gnome_calls_door(message, call, member, sender)
    }

    /// Something changed: show it.
    pub fn show_on_shell(&mut self, now: Timestamp, change: &Change) {
        self.show_on_gnome_calls(now, Some(change));
    }

    /// A signal, of the bus or of a shell.
    pub fn shell_heard(&mut self, header: &Header<'_>, message: &Message) {
        self.gnome_calls_heard(header, message);
        self.gnome_app_heard(header, message);
    }

    /// A reply to a question of one of them. Whether it was one.
    pub fn shell_answered(&mut self, serial: u32, sender: &str, message: &Message) -> bool {
        self.gnome_calls_answered(serial, sender, message)
            || self.gnome_app_answered(serial, sender, message)
    }

    /// A connection left the bus.
    pub fn shell_left(&mut self, connection: &str) {
        self.gnome_calls_left(connection);
        self.gnome_app_left(connection);
    }

    /// It is known who a connection is.
    pub fn shell_known(&mut self, connection: &str) {
        self.gnome_app_known(connection);
    }

    /// What people call those that show calls now.
    pub fn shell_names(&self) -> impl Iterator<Item = &str> {
        let phosh = self.shell.gnome_calls.as_ref().is_some_and(GnomeCalls::is_shown);
        phosh.then_some("Phosh's lock screen").into_iter()
    }

    /// When one of them has something to do by itself.
    pub fn shell_deadline(&self) -> Option<Timestamp> {
        self.shell.gnome_calls.as_ref().and_then(GnomeCalls::deadline)
    }

    /// Do what is due.
    pub fn shell_tick(&mut self, now: Timestamp) {
        if self.shell_deadline().is_some_and(|deadline| deadline <= now) {
            self.show_on_gnome_calls(now, None);
        }
    }

    /// The user asked for this on that surface. `call` is the message that is answered with it, if one is.
    pub fn act(
        &mut self,
        surface: SurfaceId,
        action: Requested,
        revision: Option<u64>,
        call: Option<&Header<'_>>,
    ) -> Option<Reply> {
        let request = RequestId(self.fresh());
        let requester = Requester::Surface(surface);
        let input = Input::Request { requester, request, actions: vec![action], revision };
        let replying = call.map(|call| Replying { request, call, form: Form::Empty });
        self.decide(input, replying)
    }
}
