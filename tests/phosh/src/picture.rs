//! Pictures of the screen, and what is written on them.

use std::path::Path;
use tokio::process::Command;

/// A picture of the screen, or of a part of it (`X,Y WxH`), as raw pixels in a file format that has no time in it.
pub(crate) async fn take(mut grim: Command, part: Option<&str>) -> Vec<u8> {
    grim.args(["-t", "ppm"]);
    if let Some(part) = part {
        grim.args(["-g", part]);
    }
    let output = grim.arg("-").output().await.expect("grim starts; it is in the package grim");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "no picture of the screen: {said}");
    output.stdout
}

/// The colour of such a picture, if it has only one.
pub(crate) fn colour(picture: &[u8]) -> Option<[u8; 3]> {
    // Three lines of text, then three bytes for each pixel.
    let pixels = picture.splitn(4, |byte| *byte == b'\n').nth(3)?;
    let first = pixels.get(..3)?;
    pixels.chunks_exact(3).all(|pixel| pixel == first).then(|| first.try_into().ok())?
}

/// The words in a picture, as somebody reads them who has never seen it.
pub(crate) async fn read(file: &Path) -> String {
    // Sparse text: a lock screen has no columns.
    let output = Command::new("tesseract")
        .arg(file)
        .args(["stdout", "--psm", "11", "-l", "eng"])
        .env("OMP_THREAD_LIMIT", "1")
        .output()
        .await
        .expect("tesseract starts; it is in the package tesseract-ocr");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the picture cannot be read: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
