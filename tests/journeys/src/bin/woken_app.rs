//! An app that a push wakes for a call, as the bus starts it:
//!
//!     woken_app APP-ID CALL-UUID CALLER EXCHANGE
//!
//! It registers and reports the call first, and speaks with its exchange meanwhile. A call is connected when the exchange
//! says so.

use hookswitch::{
    AnswerCallAction, CallUpdate, CallUuid, EndCallAction, Handle, HandleKind, Provider,
    ProviderDelegate, Reset,
};
use std::error::Error;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

struct Delegate {
    answers: mpsc::UnboundedSender<AnswerCallAction>,
}

impl ProviderDelegate for Delegate {
    fn did_reset(&mut self, _: &Provider, _: Reset) {}

    fn perform_answer_call(&mut self, _: &Provider, action: AnswerCallAction) {
        let _ = self.answers.send(action);
    }

    fn perform_end_call(&mut self, _: &Provider, action: EndCallAction) {
        action.fulfill();
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [app, call, caller, exchange] = &given[..] else {
        return Err("Say APP-ID, CALL-UUID, CALLER and EXCHANGE.".into());
    };
    let call: CallUuid = call.parse().map_err(|_| "CALL-UUID is no UUID.")?;
    let (answers, mut answered) = mpsc::unbounded_channel::<AnswerCallAction>();
    // The bus is the session's: a program that the bus starts finds it in its environment.
    let provider = Provider::builder(app.as_str()).register(Delegate { answers }).await?;
    let update = CallUpdate {
        remote_handle: Some(Handle::new(HandleKind::Generic, caller.as_str())),
        ..CallUpdate::default()
    };
    provider.report_new_incoming_call(call, update).await?;
    let exchange = exchange.clone();
    tokio::spawn(async move {
        let mut line = TcpStream::connect(exchange).await.expect("the exchange takes the call");
        let mut ready = [0; 1];
        while line.read_exact(&mut ready).await.is_ok() {
            if let Some(answer) = answered.recv().await {
                answer.fulfill();
            }
        }
    });
    Err(provider.closed().await.into())
}
