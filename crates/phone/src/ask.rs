//! What the main window asks of the service, and what it is answered. Nothing of it changes a call that lives.

use hookswitch::{Dial, Recent, RecentsQuery, StatusRecord, Surface, TestRing};

/// A question, or a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The calls that were.
    Recents {
        /// Only missed ones.
        missed: bool,
        /// At most so many, 1 to 1000.
        limit: u32,
    },
    /// Which apps are there, and what does not work.
    Status,
    /// Call somebody.
    Dial(Dial),
    /// Ring, to hear whether calls are heard.
    TestRing,
}

/// The answer to it; a refusal in the service's own words.
#[derive(Debug)]
pub enum Answer {
    /// The calls that were, newest first.
    Recents {
        /// Whether only missed ones were asked for.
        missed: bool,
        /// How many were asked for.
        limit: u32,
        /// They.
        lines: Result<Vec<Recent>, String>,
    },
    /// How the service is.
    Status(Result<Box<StatusRecord>, String>),
    /// The app was asked to dial, or it was refused.
    Dialled(Result<(), String>),
    /// It rings.
    Rings(Result<TestRing, String>),
}

/// Ask the service.
pub async fn ask(surface: &Surface, ask: Ask) -> Answer {
    match ask {
        Ask::Recents { missed, limit } => {
            let query = RecentsQuery {
                limit: Some(limit),
                missed: missed.then_some(true),
                ..RecentsQuery::default()
            };
            let lines = surface.recents(query).await.map_err(|error| error.to_string());
            Answer::Recents { missed, limit, lines }
        }
        Ask::Status => {
            let status = surface.status().await;
            Answer::Status(status.map(Box::new).map_err(|error| error.to_string()))
        }
        Ask::Dial(dial) => {
            let outcome = surface.start_call(dial).outcome().await;
            Answer::Dialled(outcome.map(drop).map_err(|error| error.to_string()))
        }
        Ask::TestRing => {
            Answer::Rings(surface.test_ring().await.map_err(|error| error.to_string()))
        }
    }
}
