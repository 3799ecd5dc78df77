//! The service is not installed: somebody started it.

use hookswitch::CallState;
use hookswitch_journeys::Phone;

#[tokio::test]
async fn apps_and_screens_find_a_service_that_was_started_by_hand() {
    let phone = Phone::new();
    let mut service = phone.starts_service_by_hand().await;
    let mut screen = phone.screen().await;
    let app = phone.willing_app("org.example.Chat").await;
    app.rings("Anna").await;
    assert_eq!(screen.one(CallState::Ringing).await.who(), "Anna");
    service.kill().expect("it runs");
    service.wait().expect("it was started here");
}
