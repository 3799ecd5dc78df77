//! The phone, on a thread of its own: what the user wants goes in, what happens comes out. The window never waits for it.

use hookswitch::{CallListEvent, CallUuid, Handle, HandleKind, Request, StartCall, new_call};
use speakerbox::{Arguments, Phone, Remote, StartError};
use std::io;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What the user wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Call this address.
    Call(String),
    /// Answer.
    Answer(CallUuid),
    /// End, decline or cancel.
    End(CallUuid),
    /// Hold, or resume.
    SetHeld(CallUuid, bool),
    /// Mute, or unmute.
    SetMuted(CallUuid, bool),
    /// Be called by somebody who is made up, so much later.
    Simulate(Duration),
    /// End everything.
    Leave,
}

/// What the window hears.
#[derive(Debug)]
pub enum News {
    /// Of the app's own calls.
    Calls(CallListEvent),
    /// A sentence for the user.
    Said(String),
    /// The phone has ended; with why, if not because it was asked to.
    Over(Option<String>),
}

/// The thread, from outside.
pub struct PhoneLine {
    /// For what the user wants.
    pub wishes: UnboundedSender<Wish>,
    /// What happens.
    pub news: UnboundedReceiver<News>,
    /// It ends soon after [`News::Over`].
    pub thread: JoinHandle<()>,
}

impl PhoneLine {
    /// Start the phone.
    ///
    /// # Errors
    /// The system has no threads left.
    pub fn open(arguments: Arguments) -> io::Result<Self> {
        let (wishes, wished) = unbounded_channel();
        let (tell, news) = unbounded_channel();
        let thread = thread::Builder::new().name("phone".to_owned()).spawn(move || {
            let over = run(arguments, wished, &tell).err().map(|error| error.to_string());
            let _ = tell.send(News::Over(over));
        })?;
        Ok(Self { wishes, news, thread })
    }
}

fn run(
    arguments: Arguments,
    mut wished: UnboundedReceiver<Wish>,
    tell: &UnboundedSender<News>,
) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| StartError::System("event loop", error))?;
    runtime.block_on(async {
        let phone = Phone::start(arguments).await?;
        let remote = phone.remote();
        let (mut calls, mut said) = (remote.calls().events(), remote.sentences());
        let mut running = std::pin::pin!(phone.run());
        loop {
            let news = tokio::select! {
                over = &mut running => return over,
                // A window that is gone wants nothing any more.
                wish = wished.recv() => {
                    perform(&remote, wish.unwrap_or(Wish::Leave), tell);
                    continue;
                }
                Some(event) = calls.next() => News::Calls(event),
                Some(words) = said.recv() => News::Said(words),
            };
            let _ = tell.send(news);
        }
    })
}

fn perform(remote: &Remote, wish: Wish, tell: &UnboundedSender<News>) {
    let controller = remote.controller();
    let (what, request): (_, Request) = match wish {
        Wish::Call(callee) => {
            let callee = Handle::new(HandleKind::Generic, callee);
            ("dialed", controller.start_call(StartCall::new(new_call(), callee)))
        }
        Wish::Answer(call) => ("answered", controller.answer_call(call)),
        Wish::End(call) => ("ended", controller.end_call(call)),
        Wish::SetHeld(call, true) => ("held", controller.set_held(call, true)),
        Wish::SetHeld(call, false) => ("resumed", controller.set_held(call, false)),
        Wish::SetMuted(call, true) => ("muted", controller.set_muted(call, true)),
        Wish::SetMuted(call, false) => ("unmuted", controller.set_muted(call, false)),
        Wish::Simulate(after) => return remote.simulate_incoming(after),
        Wish::Leave => return remote.terminate(),
    };
    let tell = tell.clone();
    tokio::spawn(async move {
        if let Err(error) = request.await {
            let _ = tell.send(News::Said(format!("The call cannot be {what}: {error}")));
        }
    });
}
