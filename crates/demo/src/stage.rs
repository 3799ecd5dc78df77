use crate::error::DemoError;
use crate::exchange::Exchange;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Where the project's programs are.
#[derive(Clone, Debug)]
pub struct Programs {
    folder: PathBuf,
    watcher: PathBuf,
}

impl Programs {
    /// Those beside `watcher`, which is this crate's own program.
    pub fn beside(watcher: &Path) -> Self {
        let folder = watcher.parent().map(Path::to_owned).unwrap_or_default();
        Self { folder, watcher: watcher.to_owned() }
    }

    /// The path of one of them.
    ///
    /// # Errors
    /// It is not built.
    pub fn find(&self, name: &str) -> Result<PathBuf, DemoError> {
        let path = self.folder.join(name);
        if path.is_file() { Ok(path) } else { Err(DemoError::NotBuilt(path)) }
    }

    /// This crate's own program, which starts the others.
    pub fn watcher(&self) -> &Path {
        &self.watcher
    }
}

/// A folder of its own, the programs, and an exchange.
#[derive(Debug)]
pub struct Stage {
    /// The project's programs.
    pub programs: Programs,
    /// The exchange.
    pub exchange: Exchange,
    folder: PathBuf,
    temporary: Option<TempDir>,
}

impl Stage {
    /// Starts an exchange with these arguments, in a temporary folder.
    ///
    /// # Errors
    /// It does not start.
    pub async fn set(programs: Programs, policy: &[&str]) -> Result<Self, DemoError> {
        let temporary = tempfile::Builder::new()
            .prefix("hookswitch-demo-")
            .tempdir()
            .map_err(DemoError::file("a temporary folder"))?;
        let folder = temporary.path().to_owned();
        let exchange = Exchange::start(&programs, &folder, policy).await?;
        Ok(Self { programs, exchange, folder, temporary: Some(temporary) })
    }

    /// Where everything is kept.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Leaves the folder where it is, for somebody to look into.
    pub fn keep(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            let _ = temporary.keep();
        }
    }
}
