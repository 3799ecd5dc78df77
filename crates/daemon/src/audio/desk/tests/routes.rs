use super::super::super::route::Route;
use super::*;

/// A phone whose loudspeaker, earpiece and jack are routes of one sink.
fn card(server: &mut Server, jack: Option<bool>) {
    let graph = &mut server.desk.graph;
    graph.forget_routes(9, None);
    for (index, form, available) in
        [(0, "speaker", None), (1, "earpiece", None), (2, "headset", jack)]
    {
        graph.put_route(
            9,
            Route {
                index,
                name: format!("[Out] {form}"),
                description: form.to_owned(),
                form: form.to_owned(),
                is_output: true,
                available,
                parts: vec![4],
            },
        );
    }
}

fn phone() -> Server {
    let mut server = Server::new();
    server.desk.graph.remove(31);
    let own = [("device.id", "9"), ("card.profile.device", "4")];
    device(&mut server.desk.graph, 30, "speaker", "Audio/Sink", &own);
    server.desk.graph.put_device(9, properties(&[]));
    card(&mut server, Some(false));
    server.desk.graph.put_open(9, 4, 0);
    server
}

fn open(server: &Server) -> &str {
    let graph = &server.desk.graph;
    graph.named("speaker").and_then(|sink| graph.open_route(sink)).map_or("", |of| &of.form)
}

fn current(server: &Server) -> String {
    server.desk.endpoints().1.map(|endpoint| endpoint.id).unwrap_or_default()
}

#[test]
fn the_routes_of_a_card_are_endpoints_and_the_one_before_is_open_again_after_the_call() {
    let mut server = phone();
    server.settle();
    let (all, current) = server.desk.endpoints();
    let kinds: Vec<_> = all.iter().map(|endpoint| endpoint.kind.name()).collect();
    assert_eq!(kinds, ["speaker", "earpiece"], "nothing is plugged");
    assert_eq!(
        current.map(|of| (of.id, of.sink)),
        Some(("speaker:[Out] earpiece".into(), "speaker".into()))
    );
    assert_eq!(open(&server), "speaker");
    server.are(&[chat(Standing::Without)]);
    assert_eq!(open(&server), "speaker", "it rings there");
    server.are(&[chat(Standing::Up)]);
    assert_eq!(open(&server), "earpiece");
    assert_eq!(server.goes_to(VOICE), Some("speaker"), "also if it is the default sink already");
    assert!(server.desk.touches_others());
    assert!(server.desk.select("speaker").is_some());
    server.settle();
    assert_eq!(open(&server), "speaker");
    assert!(server.desk.select("speaker:[Out] earpiece").is_some());
    server.settle();
    assert_eq!(open(&server), "earpiece");
    server.are(&[chat(Standing::Without)]);
    assert_eq!(open(&server), "speaker", "while it is held");
    server.are(&[chat(Standing::Up)]);
    assert_eq!(open(&server), "earpiece");
    server.are(&[]);
    assert_eq!(open(&server), "speaker");
    assert!(server.desk.entries.opened.is_empty());
}

#[test]
fn what_is_plugged_or_opened_by_others_is_where_the_call_goes() {
    let mut server = phone();
    server.are(&[chat(Standing::Up)]);
    assert_eq!(open(&server), "earpiece");
    // The session manager opens what was plugged.
    card(&mut server, Some(true));
    server.desk.graph.put_open(9, 4, 2);
    server.settle();
    assert_eq!((open(&server), current(&server).as_str()), ("headset", "speaker:[Out] headset"));
    server.are(&[]);
    assert_eq!(open(&server), "headset", "what it was before is not known any more");
    assert!(server.desk.entries.opened.is_empty());
}

#[test]
fn a_device_that_does_not_open_a_route_is_not_told_for_ever() {
    let mut server = phone();
    server.desk.set_situation(calls(&[chat(Standing::Up)]));
    let mut told = 0;
    for _ in 0..40 {
        let steps = server.desk.look(server.now);
        told += steps.iter().filter(|step| matches!(step, Step::OpenRoute { .. })).count();
        server.now += 100;
    }
    assert_eq!(told as u32, REPEATS + 1);
    assert_eq!(current(&server), "speaker:[Out] speaker");
    assert!(server.desk.entries.opened.is_empty());
}

#[test]
fn after_a_crash_the_route_is_as_before() {
    let mut server = phone();
    server.are(&[chat(Standing::Up)]);
    let (left, graph) = (server.desk.entries.clone(), server.desk.graph.clone());
    let mut next = Server::new();
    next.desk.graph = graph;
    next.desk.inherit(left);
    next.settle();
    assert_eq!(open(&next), "speaker");
    assert!(next.desk.entries.opened.is_empty());
}
