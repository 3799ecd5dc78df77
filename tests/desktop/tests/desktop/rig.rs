use hookswitch_desktop::{Desktop, Size};

#[tokio::test]
async fn a_desktop_has_the_size_that_was_asked_for_and_a_service() {
    let desktop = Desktop::start(Size::PHONE).await;
    let picture = desktop.folder().join("empty.png");
    desktop.screenshot(&picture).await;
    let bytes = std::fs::read(&picture).expect("a picture");
    // Its header: eight bytes of signature, eight of the first chunk, then width and height.
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    assert_eq!((number(16), number(20)), (360, 720));
    let mut screen = desktop.phone().screen().await;
    desktop.phone().app("org.example.Chat").await.rings("Anna").await;
    screen.one(hookswitch::CallState::Ringing).await;
}
