//! What draws the call screens.

use hookswitch_desktop::{Desktop, Size};
use hookswitch_journeys::program;
use std::fs;

#[tokio::test]
async fn the_processor_draws_unless_somebody_says_otherwise() {
    for (said, draws) in [(None, "cairo"), (Some("gl"), "gl")] {
        let environment = [("HOOKSWITCH_SCREEN", "off".into())];
        let desktop = Desktop::start_with(Size::PHONE, "", &environment).await;
        let mut phone = desktop.command(program("hookswitch-phone"));
        phone.arg("--gapplication-service").env_remove("GSK_RENDERER");
        phone.envs(said.map(|name| ("GSK_RENDERER", name)));
        let phone = phone.spawn().expect("the call screens start");
        let process = phone.id().expect("they run");
        desktop
            .run("gdbus", &["wait", "--session", "--timeout", "60", "org.hookswitch.Phone"])
            .await;
        let environment = fs::read(format!("/proc/{process}/environ")).expect("they run");
        let draws = format!("GSK_RENDERER={draws}");
        let all: Vec<&[u8]> = environment.split(|byte| *byte == 0).collect();
        let of: Vec<_> = all.iter().filter(|one| one.starts_with(b"GSK_RENDERER=")).collect();
        assert_eq!(of, [&draws.as_bytes()]);
    }
}
