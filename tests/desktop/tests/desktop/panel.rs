//! What panels and docks show of a call. The bar of sway is the panel, and draws; docks are heard on the bus.

use crate::call_screen::{SETTLED, Seen};
use futures_util::StreamExt;
use hookswitch::{CallState, EndedReason};
use hookswitch_desktop::{Desktop, Size, soon};
use hookswitch_journeys::{Mock, Telephone};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Write;
use std::process::Stdio;
use tokio::process::Child;
use zbus::{MessageStream, OwnedVariant};

/// Thick enough for a click; its icons are as wide as it is high, without their edges.
const BAR: &str = "bar panel {\n\
                   swaybar_command true\n\
                   position bottom\n\
                   height 32\n\
                   tray_padding 4\n\
                   icon_theme Adwaita\n\
                   colors {\n background #f0f0f0\n }\n\
                   }\n";
/// Where the only item of the bar is, on a laptop.
const ITEM: (u32, u32) = (1280 - 16, 800 - 16);
const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const CHAT: &str = "org.example.Chat";
const TALK: &str = "org.example.Talk";

impl Seen {
    /// Tell sway of a bar, and start it on the bus of this desktop, which sway itself is not on.
    async fn has_bar(&self) -> Child {
        let run = self.desktop.folder().join("run");
        let settings = fs::OpenOptions::new().append(true).open(run.join("sway.conf"));
        settings.expect("sway has one").write_all(BAR.as_bytes()).expect("room for a bar");
        self.sway(&["reload"]).await;
        self.bar().await
    }

    async fn bar(&self) -> Child {
        let log = fs::File::create(self.desktop.folder().join("swaybar.log")).expect("a log");
        let mut bar = self.desktop.command("swaybar");
        bar.args(["-b", "panel", "-s"]).arg(self.sway_socket()).stdout(Stdio::null()).stderr(log);
        let bar = bar.spawn().expect("swaybar starts; it is in the package sway");
        self.desktop.run("gdbus", &["wait", "--session", "--timeout", "60", WATCHER]).await;
        bar
    }

    /// What the bar knows of: none, or one, as `:1.7`.
    async fn items(&self, what: &str, look: impl Fn(&[String]) -> bool) -> Vec<String> {
        let call = ["call", "--session", "-d", WATCHER, "-o", "/StatusNotifierWatcher", "-m"];
        let get = format!("{PROPERTIES}.Get");
        let words = [&call[..], &[&get, WATCHER, "RegisteredStatusNotifierItems"]].concat();
        soon(what, async {
            loop {
                let said = self.desktop.run("gdbus", &words).await;
                let parts =
                    said.split('\'').filter_map(|part| part.strip_suffix("/StatusNotifierItem"));
                let items: Vec<String> = parts.map(str::to_owned).collect();
                if look(&items) {
                    return items;
                }
            }
        })
        .await
    }

    /// Wait until there is something on the bar where its item is.
    async fn draws_item(&self) {
        let picture = self.desktop.folder().join("bar.png");
        let there = format!("16x16+{}+{}", ITEM.0 - 8, ITEM.1 - 8);
        let path = picture.to_string_lossy();
        let count = [&*path, "-crop", &there, "+repage", "-format", "%k", "info:"];
        soon("the item on the bar", async {
            loop {
                self.desktop.screenshot(&picture).await;
                let colours = self.desktop.run("convert", &count).await;
                if colours.trim().parse().is_ok_and(|colours: u32| colours > 1) {
                    return;
                }
            }
        })
        .await;
    }

    async fn item(&self) -> String {
        self.items("an item", |items| items.len() == 1).await.remove(0)
    }

    async fn has_no_item(&self) {
        self.items("no item", <[String]>::is_empty).await;
    }

    /// Wait until this item says all of that, and what else it says.
    async fn item_says(&self, item: &str, words: &[&str]) -> String {
        let call = ["call", "--session", "-d", item, "-o", "/StatusNotifierItem", "-m"];
        let all = format!("{PROPERTIES}.GetAll");
        let call = [&call[..], &[&all, "org.kde.StatusNotifierItem"]].concat();
        soon(&words.join(", "), async {
            loop {
                let said = self.desktop.run("gdbus", &call).await;
                // With the marks that keep a number in its order, as gdbus prints them.
                let said = said.replace("\\u2066", "").replace("\\u2069", "");
                if words.iter().all(|word| said.contains(word)) {
                    return said;
                }
            }
        })
        .await
    }

    /// Do with it what a host does.
    async fn tells_item(&self, item: &str, words: &[&str]) {
        let call = ["call", "--session", "-d", item, "-o", "/StatusNotifierItem", "-m"];
        self.desktop.run("gdbus", &[&call[..], words].concat()).await;
    }
}

/// A dock: what it has heard of badges, by app: how many calls, and whether somebody is to look.
struct Dock {
    bus: zbus::Connection,
    stream: MessageStream,
    badges: BTreeMap<String, Badge>,
    /// Who said it, and where to ask.
    origins: BTreeMap<String, (String, String)>,
}

type Badge = (i64, bool, bool);

impl Dock {
    async fn at(seen: &Seen) -> Self {
        let rule = "type='signal',interface='com.canonical.Unity.LauncherEntry',member='Update'";
        let bus = seen.desktop.phone().stranger().await;
        let stream = MessageStream::for_match_rule(rule, &bus, None).await;
        let stream = stream.expect("the bus takes it");
        Self { bus, stream, badges: BTreeMap::new(), origins: BTreeMap::new() }
    }

    /// Wait until this app has that badge.
    async fn shows(&mut self, app: &str, badge: Badge) {
        let uri = format!("application://{app}.desktop");
        soon(&format!("{badge:?} on {app}"), async {
            while self.badges.get(&uri) != Some(&badge) {
                let message = self.stream.next().await.expect("the bus lives").expect("a message");
                let body = message.body();
                let (uri, words): (String, HashMap<String, OwnedVariant>) =
                    body.deserialize().expect("an app and its badge");
                let header = message.header();
                let sender = header.sender().expect("it has one").to_string();
                let path = header.path().expect("it has one").to_string();
                self.origins.insert(uri.clone(), (sender, path));
                self.badges.insert(uri, read(&words));
            }
        })
        .await;
    }

    /// Ask whoever said it.
    async fn asks(&self, app: &str) -> Badge {
        let (sender, path) = &self.origins[&format!("application://{app}.desktop")];
        let entry = Some("com.canonical.Unity.LauncherEntry");
        let asked = self.bus.call_method(Some(sender.as_str()), path.as_str(), entry, "Query", &());
        let answer = soon("the badge", asked).await.expect("it is answered");
        read(&answer.body().deserialize().expect("a badge"))
    }
}

fn read(words: &HashMap<String, OwnedVariant>) -> Badge {
    let of = |name: &str| words[name].try_clone().expect("no descriptor");
    let flag = |name: &str| bool::try_from(of(name)).expect("yes or no");
    (i64::try_from(of("count")).expect("a number"), flag("count-visible"), flag("urgent"))
}

const NONE: Badge = (0, false, false);

#[tokio::test]
async fn the_item_in_the_bar_says_the_call_and_leads_back_to_it() {
    let mut seen = Seen::start(Size::LAPTOP).await;
    let mut bar = seen.has_bar().await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    seen.opens().await;
    seen.reads(&["wait", "No Calls Yet"]).await;
    seen.has_no_item().await;
    chat.rings("Anna").await;
    let item = seen.item().await;
    let rings = ["'Incoming call from Anna with Chat'", "<'NeedsAttention'>"];
    seen.item_says(&item, &rings).await;
    seen.picture("panel-rings").await;
    seen.reads(&["press", "Answer", "End Call"]).await;
    seen.screen.one(CallState::Active).await;
    let talks = ["'Call with Anna with Chat · Talking'", "<'Active'>", "'call-start-symbolic'"];
    seen.item_says(&item, &talks).await;
    // A click on it, as it is drawn.
    seen.focuses("Phone").await;
    seen.has_focus("Phone").await;
    seen.picture("panel-talks").await;
    seen.draws_item().await;
    seen.desktop.click(ITEM.0, ITEM.1);
    seen.has_focus("Call with Anna with Chat").await;
    // And as other hosts do it, with a right to the focus, or with anything else.
    for token in ["a-token", &"long".repeat(1_000)] {
        seen.focuses("Phone").await;
        seen.has_focus("Phone").await;
        let provide = "org.kde.StatusNotifierItem.ProvideXdgActivationToken";
        seen.tells_item(&item, &[provide, token]).await;
        let activate = "org.kde.StatusNotifierItem.SecondaryActivate";
        seen.tells_item(&item, &[activate, "0", "0"]).await;
        seen.has_focus("Call with Anna with Chat").await;
    }
    // A bar that was just started has it, too.
    bar.kill().await.expect("it runs");
    let _bar = seen.bar().await;
    assert_eq!(seen.item().await, item);
    seen.reads(&["press", "Hold", "Resume"]).await;
    seen.item_says(&item, &["'Call with Anna with Chat · On hold'"]).await;
    seen.reads(&["press", "End Call", "!End Call"]).await;
    seen.has_no_item().await;
    seen.is_gone(&item).await;
}

#[tokio::test]
async fn each_app_with_a_call_has_a_badge_as_long_as_it_lasts() {
    let mut seen = Seen::start(Size::PHONE).await;
    let mut dock = Dock::at(&seen).await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    let talk = seen.desktop.phone().willing_app(TALK).await;
    chat.rings("Anna").await;
    dock.shows(CHAT, (1, true, true)).await;
    seen.reads(&["press", "Answer", "End Call"]).await;
    dock.shows(CHAT, (1, true, false)).await;
    talk.rings("Ben").await;
    dock.shows(TALK, (1, true, true)).await;
    seen.reads(&["press", "Hold & Accept", "Swap"]).await;
    dock.shows(TALK, (1, true, false)).await;
    chat.rings("Cleo").await;
    dock.shows(CHAT, (2, true, true)).await;
    // A dock that comes now hears all of them, and one that asks is answered.
    let mut late = Dock::at(&seen).await;
    late.bus.request_name("com.canonical.Unity").await.expect("there is no other dock");
    late.shows(TALK, (1, true, false)).await;
    late.shows(CHAT, (2, true, true)).await;
    assert_eq!(late.asks(CHAT).await, (2, true, true));
    seen.reads(&["press", "Decline", "!Decline"]).await;
    dock.shows(CHAT, (1, true, false)).await;
    let ben = seen.call("Ben", CallState::Active).await;
    // The row of Anna comes first, and takes presses a moment after the screen came.
    seen.reads(&["wait", SETTLED]).await;
    seen.reads(&["last", "End Call"]).await;
    seen.screen.over(ben).await;
    dock.shows(TALK, NONE).await;
    dock.shows(CHAT, (1, true, false)).await;
    seen.reads(&["press", "End Call", "!End Call"]).await;
    dock.shows(CHAT, NONE).await;
}

#[tokio::test]
async fn an_app_that_breaks_down_and_a_killed_screen_leave_no_item() {
    let mut seen = Seen::start(Size::LAPTOP).await;
    let _bar = seen.has_bar().await;
    let mut dock = Dock::at(&seen).await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    chat.rings("Anna").await;
    seen.reads(&["press", "Answer", "End Call"]).await;
    let call = seen.screen.one(CallState::Active).await.number;
    let item = seen.item().await;
    dock.shows(CHAT, (1, true, false)).await;
    // Without a word about its call.
    chat.provider.invalidate().await.ok();
    assert_eq!(seen.screen.over(call).await, EndedReason::Failed);
    seen.has_no_item().await;
    seen.is_gone(&item).await;
    dock.shows(CHAT, NONE).await;
    let talk = seen.desktop.phone().willing_app(TALK).await;
    talk.rings("Ben").await;
    let item = seen.item().await;
    dock.shows(TALK, (1, true, true)).await;
    seen.kills_phone().await;
    // Docks forget the badges of whoever is gone.
    seen.has_no_item().await;
    seen.is_gone(&item).await;
}

#[tokio::test]
async fn the_item_names_nobody_while_that_is_hidden() {
    let seen = Seen::start(Size::LAPTOP).await;
    let _bar = seen.has_bar().await;
    let folder = seen.desktop.folder().join("config/hookswitch");
    fs::create_dir_all(&folder).expect("a folder for settings");
    fs::write(folder.join("notifications.json"), r#"{"hide_details": true}"#).expect("a setting");
    let (saver, path) = ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver");
    let mock = Mock::on(seen.desktop.phone(), saver, path, saver).await;
    mock.has("GetActive", "", "b", "ret = getattr(self, 'is_active', True)").await;
    let sets = "self.is_active = args[0]; self.EmitSignal('', 'ActiveChanged', 'b', [args[0]])";
    mock.has("SetActive", "b", "", sets).await;
    let chat = seen.desktop.phone().willing_app(CHAT).await;
    chat.rings("Anna").await;
    let item = seen.item().await;
    let said = seen.item_says(&item, &["'Incoming call with Chat'"]).await;
    assert!(!said.contains("Anna"), "{said}");
    mock.tell(path, saver, "SetActive", &(false,)).await;
    seen.item_says(&item, &["'Incoming call from Anna with Chat'"]).await;
}

impl Seen {
    /// Wait until nobody has this name of the bus.
    async fn is_gone(&self, name: &str) {
        let stranger = self.desktop.phone().stranger().await;
        let bus = zbus::fdo::DBusProxy::new(&stranger).await.expect("the bus can be asked");
        soon("the end of a connection", async {
            let name = zbus::names::BusName::try_from(name).expect("a name");
            while bus.name_has_owner(name.clone()).await.expect("the bus answers") {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_call_of_gnome_calls_has_no_second_window_until_the_user_wants_one() {
    // The service is here before GNOME Calls, and is to leave it its name.
    let environment = [("HOOKSWITCH_SCREEN", "off".into()), ("HOOKSWITCH_PHOSH", "never".into())];
    let desktop = Desktop::start_with(Size::LAPTOP, "", &environment).await;
    let mut seen = Seen::on(desktop, &[]).await;
    let _bar = seen.has_bar().await;
    let mut telephone = Telephone::on(seen.desktop.phone()).await;
    telephone.rings("+49301234567", "Anna").await;
    let call = seen.screen.one(CallState::Ringing).await.number;
    let item = seen.item().await;
    seen.item_says(&item, &["Anna"]).await;
    assert_eq!(seen.windows().await, 0);
    seen.tells_item(&item, &["org.kde.StatusNotifierItem.Activate", "0", "0"]).await;
    seen.reads(&["wait", "Incoming call from Anna with .*"]).await;
    seen.reads(&["press", "Decline", "!Decline"]).await;
    assert_eq!(seen.screen.over(call).await, EndedReason::Declined);
    seen.reads(&["gone", "Incoming call from Anna with .*"]).await;
    // Beside another app's call it is on the screen; and the next alone is not.
    let app = seen.desktop.phone().app(CHAT).await;
    for beside in [true, false] {
        let path = telephone.rings("+49301234567", "Anna").await;
        let telephone_call = seen.call("Anna", CallState::Ringing).await;
        seen.item().await;
        if beside {
            let id = app.rings("Ben").await;
            seen.reads(&["wait", ".*Anna.*"]).await;
            assert_eq!(seen.windows().await, 1);
            let ended = app.provider.report_call_ended(id, None, EndedReason::RemoteEnded);
            ended.await.expect("it rings");
        } else {
            assert_eq!(seen.windows().await, 0);
        }
        seen.screen.surface.end(telephone_call, None).outcome().await.expect("it is declined");
        assert_eq!(seen.screen.over(telephone_call).await, EndedReason::Declined);
        telephone.forgets(&path).await;
        seen.has_no_item().await;
    }
}
