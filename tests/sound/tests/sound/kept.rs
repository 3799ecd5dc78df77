//! A session manager keeps what was set on a stream, and gives it to the next one of the same role: nothing of a call may
//! be kept.

use crate::story::{
    CHAT, DUCKED, FAR, MUSIC, NEAR, NEW, PLAIN, answered, desk_with_music, hangs_up, streams,
};
use hookswitch_journeys::soon;
use hookswitch_sound::device::{DESK, HEADSET_MIC};
use hookswitch_sound::stream::{Door, Stream};

#[tokio::test]
async fn a_stream_that_comes_after_a_call_is_as_loud_as_before() {
    for door in Door::BOTH {
        let (rig, speaker, mut music) = desk_with_music(door, DESK, HEADSET_MIC).await;
        let mut app = rig.app(CHAT).await;
        let mut screen = rig.screen().await;
        let both = streams(CHAT, door);
        let talk = answered(&rig, &mut app, &mut screen, &both, [FAR, NEAR]).await;
        speaker.becomes(MUSIC, DUCKED).await;
        // Music that ends while it is ducked, and a call whose streams end while they are cut.
        music.kill().await.unwrap();
        soon("the hold", screen.surface.set_held(talk.number, true, None).outcome()).await.unwrap();
        rig.until("the cut", |dump| {
            dump.node(&both[0].name).is_some_and(|node| node.volume == 0.0)
        })
        .await;
        hangs_up(&mut app, &mut screen, &talk, &both).await;
        for (name, role) in [("later", "Music"), ("other-call", "Communication")] {
            let mut later = rig.plays(&Stream::new(name, door).role(role), NEW).await;
            speaker.becomes(NEW, PLAIN).await;
            later.kill().await.unwrap();
        }
    }
}
