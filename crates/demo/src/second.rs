use crate::error::DemoError;
use hookswitch::{
    AnswerCallAction, CallUpdate, EndCallAction, Handle, HandleKind, Provider, ProviderDelegate,
    Reset, SetHeldCallAction, new_call,
};

/// A second app on a phone, without media: it reports one call and does what the user wants with it.
#[derive(Debug)]
pub struct SecondApp {
    provider: Provider,
}

struct Delegate;

impl ProviderDelegate for Delegate {
    fn did_reset(&mut self, _: &Provider, _: Reset) {}

    fn perform_answer_call(&mut self, _: &Provider, action: AnswerCallAction) {
        action.fulfill();
    }

    fn perform_end_call(&mut self, _: &Provider, action: EndCallAction) {
        action.fulfill();
    }

    fn perform_set_held(&mut self, _: &Provider, action: SetHeldCallAction) {
        action.fulfill();
    }
}

impl SecondApp {
    /// Registers it on the bus at `bus`.
    ///
    /// # Errors
    /// The call service refuses it.
    pub async fn register(bus: &str) -> Result<Self, DemoError> {
        let provider =
            Provider::builder("org.example.Second").address(bus).register(Delegate).await?;
        Ok(Self { provider })
    }

    /// Somebody calls on it.
    ///
    /// # Errors
    /// The call service refuses the call.
    pub async fn ring(&self, who: &str) -> Result<(), DemoError> {
        let update = CallUpdate {
            remote_handle: Some(Handle::new(HandleKind::Generic, who)),
            ..CallUpdate::default()
        };
        let rung = self.provider.report_new_incoming_call(new_call(), update).await;
        rung.map(drop).map_err(|error| DemoError::Command {
            command: "simulate incoming".to_owned(),
            said: error.to_string(),
        })
    }
}
