use crate::args::Incoming;
use crate::failure::Failure;
use crate::words;
use hookswitch::{
    Adoption, AnswerCallAction, CallState, CallUpdate, CallUuid, Configuration, EndCallAction,
    EndedReason, Handle, HandleKind, PlayDtmfCallAction, Provider, ProviderDelegate, Reset,
    SetHeldCallAction, SetMutedCallAction, SetVideoCallAction, StartCallAction, TimedOut, new_call,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Somebody calls; what the user does is done; it ends with the call.
pub async fn incoming(incoming: Incoming, json: bool) -> Result<(), Failure> {
    let say = Say { json };
    let (lines, mut watched) = watch::channel(Lines::default());
    let (takes, fails) = (incoming.answer_takes, incoming.answer_fails);
    let delegate = Simulator { say, lines: lines.clone(), takes, fails };
    let configuration = Configuration {
        supports_video: true,
        supported_handle_kinds: HandleKind::ALL.to_vec(),
        ..Configuration::default()
    };
    let provider = Provider::builder(incoming.app.clone())
        .configuration(configuration)
        .register(delegate)
        .await?;
    let mut terminated = signal(SignalKind::terminate())
        .map_err(|error| Failure::new(format!("cannot wait for signals: {error}.")))?;
    let call = new_call();
    let mut hangs_up = None;
    let mut begins = Some(Instant::now() + incoming.after);
    let done = loop {
        tokio::select! {
            () = at(begins) => {
                begins = None;
                lines.send_modify(|lines| {
                    lines.live.insert(call, (CallState::Ringing, false));
                });
                let number = match provider.report_new_incoming_call(call, update(&incoming)).await {
                    Ok(number) => number,
                    Err(error) => break Err(error.into()),
                };
                say.line("rings", &format!("Call {number} rings: {}.", words::clean(&incoming.name)));
                let limit = incoming.caller_hangs_up_after;
                hangs_up = limit.map(|limit| Instant::now() + limit);
            }
            () = at(hangs_up) => {
                hangs_up = None;
                let gone = provider.report_call_ended(call, None, EndedReason::RemoteEnded).await;
                // Refused: the user was faster, and the end is on its way.
                if gone.is_ok() {
                    lines.send_modify(|lines| lines.end(call));
                    say.line("caller_hung_up", "The caller hung up.");
                    break Ok(());
                }
            }
            _ = watched.wait_for(|lines| begins.is_none() && lines.is_over(call)) => break Ok(()),
            why = provider.closed() => break Err(why.into()),
            _ = tokio::signal::ctrl_c() => break Ok(()),
            _ = terminated.recv() => break Ok(()),
        }
    };
    if !provider.is_closed() {
        // Whatever is left ends here; that there is no service to tell is no reason to fail.
        let left = lines.borrow().live.contains_key(&call);
        if left {
            let _ = provider.report_call_ended(call, None, EndedReason::RemoteEnded).await;
        }
        let _ = provider.invalidate().await;
    }
    done
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

fn update(incoming: &Incoming) -> CallUpdate {
    CallUpdate {
        remote_handle: Some(Handle::new(HandleKind::Generic, incoming.handle.clone())),
        localized_caller_name: Some(incoming.name.clone()),
        supports_holding: Some(!incoming.no_holding),
        supports_dtmf: Some(!incoming.no_dtmf),
        has_video: Some(incoming.video),
        ..CallUpdate::default()
    }
}

/// How it tells what happens.
#[derive(Clone, Copy)]
struct Say {
    json: bool,
}

impl Say {
    fn line(self, event: &str, text: &str) {
        if self.json {
            println!("{}", json!({ "event": event, "text": text }));
        } else {
            println!("{text}");
        }
        let _ = std::io::stdout().flush();
    }
}

/// The app's calls, as it has them.
#[derive(Default)]
struct Lines {
    live: BTreeMap<CallUuid, (CallState, bool)>,
    ended: Vec<CallUuid>,
}

impl Lines {
    fn end(&mut self, call: CallUuid) {
        self.live.remove(&call);
        self.ended.push(call);
    }

    /// Whether this call ended and no other goes on.
    fn is_over(&self, call: CallUuid) -> bool {
        self.ended.contains(&call) && self.live.is_empty()
    }
}

/// An app without a network: it does at once what it is asked.
struct Simulator {
    say: Say,
    lines: watch::Sender<Lines>,
    takes: Option<Duration>,
    fails: bool,
}

impl Simulator {
    fn set(&self, call: CallUuid, state: CallState) {
        self.lines.send_modify(|lines| {
            lines.live.entry(call).or_insert((state, false)).0 = state;
        });
    }

    fn end(&self, call: CallUuid) {
        self.lines.send_modify(|lines| lines.end(call));
    }
}

impl ProviderDelegate for Simulator {
    fn did_begin(&mut self, provider: &Provider) {
        let known = if provider.registration().verified { "" } else { ", unverified" };
        self.say.line("registered", &format!("Registered as {}{known}.", provider.app()));
    }

    fn did_reset(&mut self, provider: &Provider, reset: Reset) {
        self.say.line("reset", "The call service restarted.");
        for (call, (state, muted)) in self.lines.borrow().live.clone() {
            if reset.adopt_within.is_some() {
                let adoption =
                    Adoption { state, muted, group_with: None, update: CallUpdate::default() };
                provider.adopt_call(call, adoption).forget();
            } else {
                self.end(call);
            }
        }
    }

    fn perform_start_call(&mut self, provider: &Provider, action: StartCallAction) {
        let call = action.call;
        self.say.line("start", "Dialing; they answer at once.");
        self.set(call, CallState::Active);
        action.fulfill();
        provider.report_outgoing_call_started_connecting(call, None).forget();
        provider.report_outgoing_call_connected(call, None).forget();
    }

    fn perform_answer_call(&mut self, _: &Provider, action: AnswerCallAction) {
        if self.fails {
            self.say.line("answer_failed", "Answered, but it does not connect.");
            // The service ends the call then, and asks for that, too.
            return action.fail("The simulator was told to fail.");
        }
        self.say.line("answer", "Answered.");
        self.set(action.call, CallState::Active);
        match self.takes {
            None => action.fulfill(),
            Some(takes) => drop(tokio::spawn(async move {
                tokio::time::sleep(takes).await;
                action.fulfill();
            })),
        }
    }

    fn perform_end_call(&mut self, _: &Provider, action: EndCallAction) {
        self.say.line("end", &format!("Ended: {}.", action.kind.name().replace('_', " ")));
        self.end(action.call);
        action.fulfill();
    }

    fn perform_set_held(&mut self, _: &Provider, action: SetHeldCallAction) {
        let (event, text, state) = match action.on_hold {
            true => ("hold", "On hold.", CallState::Held),
            false => ("resume", "Resumed.", CallState::Active),
        };
        self.say.line(event, text);
        self.set(action.call, state);
        action.fulfill();
    }

    fn perform_set_muted(&mut self, _: &Provider, action: SetMutedCallAction) {
        let (event, text) = if action.muted { ("mute", "Muted.") } else { ("unmute", "Unmuted.") };
        self.say.line(event, text);
        self.lines.send_modify(|lines| {
            if let Some((_, muted)) = lines.live.get_mut(&action.call) {
                *muted = action.muted;
            }
        });
        action.fulfill();
    }

    fn perform_set_video(&mut self, _: &Provider, action: SetVideoCallAction) {
        let (event, text) = match action.video {
            true => ("video_on", "Video: on."),
            false => ("video_off", "Video: off."),
        };
        self.say.line(event, text);
        action.fulfill();
    }

    fn perform_play_dtmf(&mut self, _: &Provider, action: PlayDtmfCallAction) {
        // Not which ones: they may be a PIN.
        let count = action.digits.as_str().len();
        self.say.line("dtmf", &format!("{count} tones."));
        action.fulfill();
    }

    fn timed_out_performing(&mut self, _: &Provider, _: TimedOut) {
        self.say.line("timed_out", "Too late: the service gave up waiting.");
    }

    fn did_activate_audio_session(&mut self, _: &Provider, _: CallUuid) {
        self.say.line("audio_on", "Audio: on.");
    }

    fn did_deactivate_audio_session(&mut self, _: &Provider, _: CallUuid) {
        self.say.line("audio_off", "Audio: off.");
    }
}
