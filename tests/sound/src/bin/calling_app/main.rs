//! A calling app as a process of its own: `calling_app FILE`, in the file a `Plan` as JSON. It is told what to
//! do on standard input and says what happens on standard output; what plays and records for it are programs it runs.
//!
//! It ignores mute and hold: it says that it did them, and its streams go on. Real apps are that bad.

mod delegate;
mod parts;

use delegate::{Delegate, Stage};
use hookswitch::{
    Adoption, CallState, CallUpdate, CallUuid, EndedReason, Handle, HandleKind, Provider,
};
use hookswitch_sound::Moment;
use hookswitch_sound::orders::{Order, Plan, Told, What};
use parts::Parts;
use std::error::Error;
use std::fmt::Display;
use std::fs::File;
use std::io::Write;
use tokio::sync::mpsc;

/// Says what happens, and when.
#[derive(Clone)]
pub struct Tell(mpsc::UnboundedSender<Told>);

impl Tell {
    /// This happens now.
    pub fn say(&self, what: What) {
        // The story may be over.
        let _ = self.0.send(Told { at: Moment::now().0, what });
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let plan = std::env::args().nth(1).ok_or("Say the file with the plan.")?;
    let plan: Plan = serde_json::from_slice(&std::fs::read(plan)?)?;
    let (tell, mut told) = mpsc::unbounded_channel();
    let tell = Tell(tell);
    let (granted, mut grants) = mpsc::unbounded_channel();
    let mut builder = Provider::builder(plan.app.as_str());
    if let Some(bus) = &plan.bus {
        builder = builder.address(bus.as_str());
    }
    let delegate = Delegate::new(tell.clone(), granted);
    let willing = delegate.willing();
    let provider = builder.register(delegate).await?;
    let mut output: Box<dyn Write> = match &plan.told {
        Some(path) => Box::new(File::create(path)?),
        None => Box::new(std::io::stdout()),
    };
    if let Some((call, who)) = &plan.rings {
        ring(&provider, &tell, call, who).await;
    }
    let mut parts = Parts::default();
    let mut orders = orders();
    let mut listens = plan.told.is_none();
    loop {
        tokio::select! {
            Some(told) = told.recv() => {
                writeln!(output, "{}", serde_json::to_string(&told)?)?;
                output.flush()?;
            }
            Some((stage, grant)) = grants.recv() => {
                parts.granted(&grant);
                if stage == Stage::Prepared {
                    continue;
                }
                for (name, command) in &plan.at_grant {
                    parts.run(name, command)?;
                }
            }
            order = orders.recv(), if listens => match order {
                Some(order) => match order {
                    Order::Willing(yes) => {
                        willing.store(yes, std::sync::atomic::Ordering::SeqCst);
                        tell.say(What::Done);
                    }
                    Order::Run { name, command } => say(&tell, parts.run(&name, &command)),
                    Order::Stop { name } => {
                        parts.stop(&name).await;
                        tell.say(What::Done);
                    }
                    order => carry_out(&provider, &tell, order).await,
                },
                // The story is over.
                None => listens = false,
            },
            closed = provider.closed() => return Err(closed.into()),
        }
        if !listens && plan.told.is_none() {
            return Ok(());
        }
    }
}

/// What it is told on standard input, until that ends.
fn orders() -> mpsc::UnboundedReceiver<Order> {
    let (give, orders) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            match serde_json::from_str(&line) {
                Ok(order) => drop(give.send(order)),
                Err(error) => eprintln!("calling_app: {line}: {error}"),
            }
        }
    });
    orders
}

async fn ring(provider: &Provider, tell: &Tell, id: &str, who: &str) {
    let update = CallUpdate {
        remote_handle: Some(Handle::new(HandleKind::Generic, who)),
        ..CallUpdate::default()
    };
    let Ok(call) = id.parse::<CallUuid>() else {
        tell.say(What::Refused(format!("{id} is no id of a call")));
        return;
    };
    let what = match provider.report_new_incoming_call(call, update).await {
        Ok(_) => What::Admitted { call: id.to_owned() },
        Err(error) => What::Refused(error.to_string()),
    };
    tell.say(what);
}

async fn carry_out(provider: &Provider, tell: &Tell, order: Order) {
    let known = |id: &str| id.parse::<CallUuid>().unwrap_or(CallUuid(0));
    match order {
        Order::Ring { call, who } => ring(provider, tell, &call, &who).await,
        Order::Ended { call } => {
            say(
                tell,
                provider.report_call_ended(known(&call), None, EndedReason::RemoteEnded).await,
            );
        }
        Order::Adopt { call, held, muted } => {
            let state = if held { CallState::Held } else { CallState::Active };
            let update = CallUpdate::default();
            let adoption = Adoption { state, muted, group_with: None, update };
            say(tell, provider.adopt_call(known(&call), adoption).await);
        }
        Order::Endpoint { call, endpoint } => {
            say(tell, provider.request_endpoint(known(&call), &endpoint).await);
        }
        Order::Willing(_) | Order::Run { .. } | Order::Stop { .. } => {}
    }
}

fn say<T, E: Display>(tell: &Tell, result: Result<T, E>) {
    let what = match result {
        Ok(_) => What::Done,
        Err(error) => What::Refused(error.to_string()),
    };
    tell.say(what);
}
