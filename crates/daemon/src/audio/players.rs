//! Players of music and films: who plays when somebody talks is paused, and plays again afterwards if nobody else has
//! decided otherwise.

use super::ledger::{Ledger, Paused};
use super::others::ask_within;
use super::owner::{Processes, System};
use super::situation::App;
use futures_util::StreamExt;
use futures_util::future::join_all;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::sync::watch;
use zbus::{Connection, MessageStream, OwnedVariant};

const PREFIX: &str = "org.mpris.MediaPlayer2.";
const PATH: &str = "/org/mpris/MediaPlayer2";
const PLAYER: &str = "org.mpris.MediaPlayer2.Player";
pub const BUS: &str = "org.freedesktop.DBus";
pub const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// A player that does not answer for so long is left alone.
const PATIENCE: Duration = Duration::from_millis(500);

/// What players shall do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// As they like.
    #[default]
    Free,
    /// Nobody plays, but these apps.
    Paused(Vec<App>),
}

/// Follow what they shall do, until the service goes. What an earlier life of it left is undone at once.
pub async fn follow(mut mode: watch::Receiver<Mode>, path: Option<PathBuf>) {
    let mut ledger: Ledger<Paused> = Ledger::open(path);
    let mut bus: Option<Connection> = None;
    let mut watched: Option<Watched> = None;
    let mut quiet = false;
    loop {
        let wanted = mode.borrow_and_update().clone();
        // Who is let play again by the user, or begins while somebody talks, has decided so.
        let begins = wanted != Mode::Free && !quiet;
        quiet = wanted != Mode::Free;
        if begins || wanted == Mode::Free && !ledger.saved().is_empty() {
            if bus.is_none() {
                match Connection::session().await {
                    Ok(connection) => bus = Some(connection),
                    Err(error) => tracing::warn!("players cannot be paused: {error}"),
                }
            }
            if let Some(bus) = &bus {
                // Before they are paused, so that nothing they say of it is missed.
                if begins {
                    watched = Some(Watched::begin(bus).await);
                }
                bring_about(bus, &wanted, &mut ledger).await;
            }
        }
        if wanted == Mode::Free {
            watched = None;
            bus = None;
        }
        loop {
            tokio::select! {
                changed = mode.changed() => match changed {
                    Ok(()) => break,
                    Err(_) => return,
                },
                owner = decided(&mut watched) => let_go(&mut ledger, &owner),
            }
        }
    }
}

/// What players say of themselves while they are paused.
struct Watched {
    news: MessageStream,
    /// Those who said that they are paused. What they said before that was on its way already.
    paused: BTreeSet<String>,
}

impl Watched {
    async fn begin(bus: &Connection) -> Self {
        let news = MessageStream::from(bus);
        let rule = format!(
            "type='signal',interface='{PROPERTIES}',member='PropertiesChanged',path='{PATH}',arg0='{PLAYER}'"
        );
        if ask_within(PATIENCE, bus, BUS, "/org/freedesktop/DBus", BUS, "AddMatch", &rule)
            .await
            .is_none()
        {
            tracing::warn!("what the user does with players during a call is not seen");
        }
        Self { news, paused: BTreeSet::new() }
    }

    /// Who is not paused any more, although nobody here let it play.
    async fn next(&mut self) -> Option<String> {
        loop {
            let Ok(message) = self.news.next().await? else { continue };
            let Some((owner, status)) = told(&message) else { continue };
            if status == "Paused" {
                self.paused.insert(owner);
            } else if self.paused.remove(&owner) {
                return Some(owner);
            }
        }
    }
}

/// The player, by its connection, and its new status.
fn told(message: &zbus::Message) -> Option<(String, String)> {
    let header = message.header();
    if header.member()?.as_str() != "PropertiesChanged" || header.path()?.as_str() != PATH {
        return None;
    }
    let owner = header.sender()?.to_string();
    let body = message.body();
    let (_, mut changed, _): (String, HashMap<String, OwnedVariant>, Vec<String>) =
        body.deserialize().ok()?;
    let status = String::try_from(changed.remove("PlaybackStatus")?).ok()?;
    Some((owner, status))
}

/// Waits for the user to decide about a player: for ever, if nobody is watched.
async fn decided(watched: &mut Option<Watched>) -> String {
    if let Some(watching) = watched {
        match watching.next().await {
            Some(owner) => return owner,
            // The bus is gone.
            None => *watched = None,
        }
    }
    std::future::pending().await
}

/// The user let it play, or stopped it: whatever it does now is not ours to undo.
fn let_go(ledger: &mut Ledger<Paused>, owner: &str) {
    let mut paused = ledger.saved().clone();
    paused.retain(|_, of| of != owner);
    keep(ledger, &paused);
}

async fn bring_about(bus: &Connection, wanted: &Mode, ledger: &mut Ledger<Paused>) {
    match wanted {
        Mode::Free => {
            release(bus, ledger.saved()).await;
            keep(ledger, &Paused::new());
        }
        Mode::Paused(except) => {
            let playing = to_pause(&players(bus).await, except, &mut System::default());
            let all = ledger.saved().iter().map(|(name, owner)| (name.clone(), owner.clone()));
            let all: Paused = all.chain(playing.clone()).collect();
            // Before they are: after a crash somebody has to let them play again.
            keep(ledger, &all);
            join_all(playing.keys().map(|name| tell(bus, name, "Pause"))).await;
        }
    }
}

fn keep(ledger: &mut Ledger<Paused>, paused: &Paused) {
    if let Err(error) = ledger.save(paused, paused.is_empty()) {
        tracing::warn!("which players are paused cannot be written down: {error}");
    }
}

/// Let those play again that are as they were left. For who undoes what a killed service has left.
pub fn play_again(paused: Paused) {
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async {
        if let Ok(bus) = Connection::session().await {
            release(&bus, &paused).await;
        }
    });
}

async fn release(bus: &Connection, paused: &Paused) {
    let names = paused.keys().map(|name| player(bus, name.clone()));
    let now: Vec<Player> = join_all(names).await.into_iter().flatten().collect();
    join_all(to_release(&now, paused).into_iter().map(|name| tell(bus, name, "Play"))).await;
}

/// A player, as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Player {
    /// Its name on the bus.
    name: String,
    /// The connection that has the name.
    owner: String,
    /// The process behind it.
    pid: u32,
    /// `Playing`, `Paused` or `Stopped`.
    status: String,
    /// Whether it can be paused.
    can_pause: bool,
}

/// Those that play, can be paused and are no app that talks.
fn to_pause(players: &[Player], except: &[App], processes: &mut dyn Processes) -> Paused {
    let mut paused = Paused::new();
    for player in players.iter().filter(|player| player.status == "Playing" && player.can_pause) {
        if !except.iter().any(|app| processes.belongs(player.pid, app)) {
            paused.insert(player.name.clone(), player.owner.clone());
        }
    }
    paused
}

/// Those that are still paused, and still the same.
fn to_release<'a>(players: &'a [Player], paused: &Paused) -> Vec<&'a str> {
    let same = |player: &&Player| {
        player.status == "Paused" && paused.get(&player.name) == Some(&player.owner)
    };
    players.iter().filter(same).map(|player| player.name.as_str()).collect()
}

async fn players(bus: &Connection) -> Vec<Player> {
    let names: Vec<String> =
        ask_within(PATIENCE, bus, BUS, "/org/freedesktop/DBus", BUS, "ListNames", &())
            .await
            .and_then(|reply| reply.body().deserialize().ok())
            .unwrap_or_default();
    let players = names.into_iter().filter(|name| name.starts_with(PREFIX));
    join_all(players.map(|name| player(bus, name))).await.into_iter().flatten().collect()
}

async fn player(bus: &Connection, name: String) -> Option<Player> {
    let of_bus =
        |member| ask_within(PATIENCE, bus, BUS, "/org/freedesktop/DBus", BUS, member, &name);
    let owner: String = of_bus("GetNameOwner").await?.body().deserialize().ok()?;
    let pid: u32 = of_bus("GetConnectionUnixProcessID").await?.body().deserialize().ok()?;
    let status = property(bus, &owner, "PlaybackStatus").await?;
    let status = String::try_from(status).ok()?;
    let can_pause = property(bus, &owner, "CanPause").await.and_then(|of| bool::try_from(of).ok());
    Some(Player { name, owner, pid, status, can_pause: can_pause.unwrap_or(false) })
}

async fn property(bus: &Connection, owner: &str, name: &str) -> Option<OwnedVariant> {
    let body = (PLAYER, name);
    let reply = ask_within(PATIENCE, bus, owner, PATH, PROPERTIES, "Get", &body).await?;
    reply.body().deserialize().ok()
}

async fn tell(bus: &Connection, name: &str, member: &str) {
    ask_within(PATIENCE, bus, name, PATH, PLAYER, member, &()).await;
}

#[cfg(test)]
mod tests {
    use super::super::owner::tests::Tens;
    use super::*;

    fn player(name: &str, owner: &str, pid: u32, status: &str, can_pause: bool) -> Player {
        let (name, owner, status) = (format!("{PREFIX}{name}"), owner.into(), status.into());
        Player { name, owner, pid, status, can_pause }
    }

    #[test]
    fn who_plays_and_can_be_paused_is_unless_it_is_an_app_that_talks() {
        let app = App { id: "org.example.Chat".into(), process: Some((10, 1)), sandbox: None };
        let players = [
            player("mpv", ":1.1", 90, "Playing", true),
            player("vlc", ":1.2", 91, "Paused", true),
            player("radio", ":1.3", 92, "Playing", false),
            player("chat", ":1.4", 12, "Playing", true),
        ];
        let paused = to_pause(&players, &[app], &mut Tens);
        assert_eq!(paused, Paused::from([(format!("{PREFIX}mpv"), ":1.1".to_owned())]));
    }

    #[test]
    fn who_was_paused_plays_again_if_nothing_else_happened() {
        let paused: Paused = ["a", "b", "c", "d"]
            .map(|name| (format!("{PREFIX}{name}"), format!(":1.{name}")))
            .into();
        let now = [
            player("a", ":1.a", 1, "Paused", true),
            // The user has let it play, or stopped it, or started it anew.
            player("b", ":1.b", 2, "Playing", true),
            player("c", ":1.c", 3, "Stopped", true),
            player("d", ":1.e", 4, "Paused", true),
            // The user has paused it.
            player("f", ":1.f", 5, "Paused", true),
        ];
        assert_eq!(to_release(&now, &paused), [format!("{PREFIX}a")]);
    }
}
