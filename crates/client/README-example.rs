use hookswitch::*;

struct Phone;

impl ProviderDelegate for Phone {
    fn did_reset(&mut self, _: &Provider, _: Reset) {
        println!("The service restarted: all calls are gone.");
    }

    fn perform_answer_call(&mut self, _: &Provider, action: AnswerCallAction) {
        println!("Connecting."); // Signalling goes here; it may take a while and fulfill later.
        action.fulfill();
    }

    fn did_activate_audio_session(&mut self, _: &Provider, _: CallUuid) {
        println!("Talk now.");
    }

    fn perform_end_call(&mut self, _: &Provider, action: EndCallAction) {
        println!("Hanging up: {}.", action.kind.name());
        action.fulfill();
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider = Provider::builder("org.example.Phone").register(Phone).await?;
    let anna = CallUpdate {
        remote_handle: Some(Handle::new(HandleKind::Generic, "anna@example.org")),
        localized_caller_name: Some("Anna".into()),
        ..CallUpdate::default()
    };
    provider.report_new_incoming_call(new_call(), anna).await?;
    Err(provider.closed().await.into())
}
