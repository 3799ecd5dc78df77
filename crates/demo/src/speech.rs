use crate::error::DemoError;
use std::path::Path;
use tokio::process::Command;

/// Lets espeak-ng read a text into a WAV file.
///
/// # Errors
/// It is not installed, or has no voice.
pub async fn speak(text: &str, voice: &str, path: &Path) -> Result<(), DemoError> {
    let spoken = Command::new("espeak-ng")
        .args(["-v", voice, "-s", "160", "-w"])
        .arg(path)
        .arg(text)
        .output()
        .await
        .map_err(|error| DemoError::NotStarted("espeak-ng".to_owned(), error))?;
    if !spoken.status.success() {
        let said = String::from_utf8_lossy(&spoken.stderr).trim().to_owned();
        return Err(DemoError::Speech(said));
    }
    Ok(())
}
