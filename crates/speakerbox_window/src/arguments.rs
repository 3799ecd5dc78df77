use crate::contacts::{Contact, read};
use clap::Parser;
use std::io;
use std::path::PathBuf;

/// A VoIP app with a window that calls through the Hookswitch call service.
#[derive(Debug, Parser)]
#[command(version)]
pub struct WindowArguments {
    /// The phone behind it.
    #[command(flatten)]
    pub phone: speakerbox::Arguments,
    /// File with who can be called, one a line: the address, a space, the name.
    #[arg(long)]
    pub contacts: Option<PathBuf>,
}

/// The contacts cannot be read.
#[derive(Debug)]
pub struct ContactsError(io::Error);

impl std::fmt::Display for ContactsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "--contacts: the file cannot be read: {}. Check the path.", self.0)
    }
}

impl WindowArguments {
    /// Who can be called; nobody, if no file is named.
    pub fn contacts(&self) -> Result<Vec<Contact>, ContactsError> {
        let Some(path) = &self.contacts else { return Ok(Vec::new()) };
        std::fs::read_to_string(path).map(|text| read(&text)).map_err(ContactsError)
    }
}
