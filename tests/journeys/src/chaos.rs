use crate::{Dice, Moody, Phone, soon};
use hookswitch::{
    Call, CallUpdate, Choice, ChoiceKind, Dial, Direction, EndedReason, Error, Handle, HandleKind,
    OwnCall, Request, ServiceError, StartCall, Surface, new_call,
};
use tokio::task::JoinSet;

/// Deadlines so short that what nobody does runs out of time.
const POLICY: &str = "answer=400,start=400,hold=300,mute=300,group=300,video=300,dtmf=300,end=300";

/// Two apps in a changing mood and two screens on which somebody presses at the same time.
pub struct Chaos {
    /// The phone it happens on.
    pub phone: Phone,
    /// The apps.
    pub apps: Vec<Moody>,
    /// The screens.
    pub screens: Vec<Surface>,
    dice: Dice,
    met: usize,
    requests: JoinSet<()>,
}

impl Chaos {
    /// Everybody is there, and nothing happened yet.
    pub async fn begin(story: &str) -> Self {
        let mut dice = Dice::new(story);
        let phone = Phone::with_policy(POLICY);
        let mut apps = Vec::new();
        for id in ["org.example.Chat", "org.example.Talk"] {
            apps.push(Moody::start(&phone, id, dice.split()).await);
        }
        let mut screens = Vec::new();
        for name in ["wall", "wrist"] {
            screens.push(Self::look(&phone, name).await);
        }
        Self { phone, apps, screens, dice, met: 0, requests: JoinSet::new() }
    }

    async fn look(phone: &Phone, name: &str) -> Surface {
        let connected = Surface::connect_at(Some(phone.address()), name);
        let (surface, events) = soon("a screen", connected).await.expect("it may be a surface");
        drop(events);
        surface
    }

    /// What the service has: what a screen is told that comes now.
    pub async fn truth(&self) -> Vec<Call> {
        Self::look(&self.phone, "newcomer").await.calls()
    }

    /// Dice for whoever watches.
    pub fn below(&mut self, sides: usize) -> usize {
        self.dice.below(sides)
    }

    /// Something happens. Nobody waits for what comes of it, so that what is done next crosses it.
    pub fn step(&mut self) {
        // So many dice each time, whatever there is to choose from: the next step does not depend on it.
        let [kind, who, which, what] = [16, 2, 64, 64].map(|sides| self.dice.below(sides));
        match kind {
            0 | 1 => {
                let update = CallUpdate {
                    remote_handle: Some(self.somebody()),
                    supports_holding: Some(!what.is_multiple_of(8)),
                    ..CallUpdate::default()
                };
                self.apps[who].provider.report_new_incoming_call(new_call(), update).forget();
            }
            2 => {
                let start = StartCall::new(new_call(), self.somebody());
                let asked = self.apps[who].provider.controller().start_call(start);
                self.ask(asked);
            }
            3 => {
                let app = self.apps[1 - who].provider.app().clone();
                let dial = Dial::new(app, self.somebody());
                let asked = self.screens[who].start_call(dial);
                self.ask(asked);
            }
            4..=6 => self.press(who, which, what),
            7 => {
                // Both press, each on what it sees.
                self.press(0, which, what);
                self.press(1, which, what + 1);
            }
            8 => {
                let calls = self.screens[who].calls();
                if let Some(call) = pick(&calls, which) {
                    let asked = self.screens[who].set_muted(call.number, !call.muted, None);
                    self.ask(asked);
                }
            }
            9 | 10 => self.app_asks(who, which, what),
            11 | 12 => self.far_side_comes(who, which),
            13 => self.far_side_changes(who, which, what),
            14 if which.is_multiple_of(3) => self.far_side_goes(who, which),
            _ => self.apps[who].go_on(),
        }
    }

    /// `kill -9` of the service, at whatever it is; false: not everybody is back from the last time.
    pub async fn kill_service(&self) -> bool {
        let back = self.apps.iter().all(|app| app.calls.is_in_step());
        back && self.phone.kill_service_if_any().await
    }

    /// Wait until nobody waits for anything: each request was answered, and nothing is left that an app was asked.
    pub async fn quiet(&mut self) {
        if self.dice.below(2) == 0 {
            self.apps.iter().for_each(Moody::go_on);
        }
        soon("an answer to each request", async {
            while let Some(asked) = self.requests.join_next().await {
                asked.expect("a request is answered or refused with a reason");
            }
        })
        .await;
        for app in &self.apps {
            app.is_up_to_date().await;
            // What waits runs out of time, or its call is over and nobody asks for it any more.
            soon("the end of what an app was asked", async {
                while !app.provider.pending_actions().is_empty() {
                    app.is_up_to_date().await;
                    app.give_up_what_is_over();
                }
            })
            .await;
        }
    }

    /// Hang up on everybody, as far as there is anybody.
    pub async fn over(&mut self) {
        for call in self.truth().await {
            let asked = self.screens[0].end(call.number, None);
            self.ask(asked);
        }
        self.quiet().await;
    }

    fn somebody(&mut self) -> Handle {
        self.met += 1;
        Handle::new(HandleKind::Generic, format!("caller{}", self.met))
    }

    /// The next is asked already; see to it that it is answered.
    fn ask(&mut self, asked: Request) {
        self.requests.spawn(async {
            match asked.outcome().await {
                Ok(_) | Err(Error::Refused { .. }) => {}
                Err(Error::Service(ServiceError::Restarting)) => {}
                Err(other) => panic!("{other:?}"),
            }
        });
    }

    /// One of the choices that a screen shows for one of the calls it shows.
    fn press(&mut self, screen: usize, which: usize, what: usize) {
        let calls = self.screens[screen].calls();
        let Some(call) = pick(&calls, which) else { return };
        // Mostly one that ends nothing, or there would seldom be more than one call.
        let (ends, keeps): (Vec<Choice>, Vec<Choice>) =
            call.choices.iter().copied().partition(ends);
        let choices: Vec<_> = if what.is_multiple_of(6) || keeps.is_empty() { ends } else { keeps };
        let merge = choices.iter().find(|choice| choice.kind == ChoiceKind::Merge).copied();
        let choice = merge.filter(|_| what.is_multiple_of(2)).or_else(|| pick(&choices, which));
        let Some(choice) = choice else { return };
        // Most buttons say what was seen; a few are blind, as a headset's.
        let revision = Some(call.choices_revision).filter(|_| !what.is_multiple_of(5));
        let asked = self.screens[screen].choose(call.number, choice.kind, revision);
        self.ask(asked);
    }

    fn app_asks(&mut self, who: usize, which: usize, what: usize) {
        let calls = self.apps[who].calls.calls();
        let Some(call) = pick(&calls, which) else { return };
        let other = pick(&calls, which + 1).map(|other| other.call);
        let controller = self.apps[who].provider.controller();
        let asked = match what % 8 {
            0 => controller.end_call(call.call),
            1 => controller.answer_call(call.call),
            2 | 3 => controller.set_held(call.call, !call.is_on_hold()),
            4 => controller.set_muted(call.call, !call.muted),
            5 => controller.set_group(call.call, other.filter(|other| *other != call.call)),
            6 => controller.set_video(call.call, !call.video),
            _ => controller.answer_call(call.call),
        };
        self.ask(asked);
    }

    fn far_side_comes(&self, who: usize, which: usize) {
        let app = &self.apps[who];
        let dialed =
            |call: &OwnCall| call.direction == Direction::Outgoing && call.connected.is_none();
        let dialed = app.calls.calls().into_iter().find(dialed);
        let Some(call) = dialed else { return };
        if which.is_multiple_of(3) {
            app.provider.report_outgoing_call_started_connecting(call.call, None).forget();
        } else {
            app.provider.report_outgoing_call_connected(call.call, None).forget();
        }
    }

    fn far_side_changes(&self, who: usize, which: usize, what: usize) {
        let app = &self.apps[who];
        let Some(call) = pick(&app.calls.calls(), which) else { return };
        let update = match what % 3 {
            0 => CallUpdate { has_video: Some(!call.video), ..CallUpdate::default() },
            1 => CallUpdate {
                supports_holding: Some(!call.supports_holding),
                ..CallUpdate::default()
            },
            _ => CallUpdate {
                localized_caller_name: Some(format!("Somebody {what}")),
                ..CallUpdate::default()
            },
        };
        app.provider.report_call_updated(call.call, update).forget();
    }

    fn far_side_goes(&self, who: usize, which: usize) {
        let app = &self.apps[who];
        let Some(call) = pick(&app.calls.calls(), which) else { return };
        app.provider.report_call_ended(call.call, None, EndedReason::RemoteEnded).forget();
    }
}

fn ends(choice: &Choice) -> bool {
    use ChoiceKind::{Cancel, Decline, End, EndGroup};
    choice.ends.is_some() || matches!(choice.kind, Cancel | Decline | End | EndGroup)
}

fn pick<T: Clone>(all: &[T], which: usize) -> Option<T> {
    all.get(which.checked_rem(all.len())?).cloned()
}
