//! Notification servers of others, as the user has them.

use hookswitch_desktop::{Desktop, soon};
use std::fs;
use std::path::Path;
use std::time::Duration;
use tokio::process::Child;

/// How often to look what is shown: nobody tells.
const LOOK: Duration = Duration::from_millis(20);

/// Start a server that is on this desktop's bus under the name of all notification servers.
pub async fn start(desktop: &Desktop, program: &str, arguments: &[&str]) -> Child {
    let log = fs::File::create(desktop.folder().join(format!("{program}.log"))).expect("a log");
    let again = log.try_clone().expect("a log");
    let mut command = desktop.command(program);
    let child = command.args(arguments).stdout(log).stderr(again).spawn();
    let child = child.unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
    let stranger = desktop.phone().stranger().await;
    let bus = zbus::fdo::DBusProxy::new(&stranger).await.expect("the bus can be asked");
    let name = zbus::names::BusName::try_from("org.freedesktop.Notifications").expect("a name");
    soon(program, async {
        while !bus.name_has_owner(name.clone()).await.expect("the bus answers") {
            tokio::time::sleep(LOOK).await;
        }
    })
    .await;
    child
}

/// Ask this program what is shown until it says what `look` looks for.
pub async fn until(
    desktop: &Desktop,
    what: &str,
    (program, arguments): (&str, &[&str]),
    look: impl Fn(&str) -> bool,
) -> String {
    soon(what, async {
        loop {
            let said = desktop.run(program, arguments).await;
            if look(&said) {
                return said;
            }
            tokio::time::sleep(LOOK).await;
        }
    })
    .await
}

/// Wait until this word is read on the output, and say where its middle is, in pixels.
pub async fn read(desktop: &Desktop, word: &str, picture: &Path) -> (u32, u32) {
    let large = picture.with_extension("large.png");
    soon(word, async {
        loop {
            desktop.screenshot(picture).await;
            let (from, to) = (picture.to_string_lossy(), large.to_string_lossy());
            // Who reads paper wants large dark letters on white.
            let as_paper = ["-colorspace", "Gray", "-negate", "-resize", "300%"];
            desktop.run("convert", &[&[&*from], &as_paper[..], &[&*to]].concat()).await;
            let said = desktop.run("tesseract", &[&to, "-", "--psm", "11", "tsv"]).await;
            if let Some(place) = said.lines().find_map(|line| place(line, word)) {
                return place;
            }
            tokio::time::sleep(LOOK).await;
        }
    })
    .await
}

/// The middle of a word, by a line of what tesseract says of a picture three times as large.
fn place(line: &str, word: &str) -> Option<(u32, u32)> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [.., left, top, width, height, _, text] = cells[..] else { return None };
    let number = |text: &str| text.parse::<u32>().ok();
    let middle = |from: &str, long: &str| Some((number(from)? + number(long)? / 2) / 3);
    (text == word).then_some(())?;
    Some((middle(left, width)?, middle(top, height)?))
}
