use super::stage::Stage;
use crate::failure::Failure;
use futures_util::future::LocalBoxFuture;
use std::time::{Duration, Instant};

/// One thing to try, and how.
pub struct Row<T: 'static> {
    /// Its name, for `--only` and for programs.
    pub id: &'static str,
    /// What is right.
    pub sentence: &'static str,
    /// Rows without which this one says nothing.
    pub needs: &'static [&'static str],
    pub play: for<'a> fn(&'a mut T) -> LocalBoxFuture<'a, Played>,
}

/// How a row went: passed, perhaps with something worth knowing, or why not.
pub type Played = Result<Option<String>, Stop>;

/// Why a row did not pass.
#[derive(Debug)]
pub enum Stop {
    /// What is tried did something else than it should.
    Miss(Miss),
    /// It cannot be tried here, and why.
    NotRun(String),
    /// The kit itself cannot go on.
    Broken(Failure),
}

/// What was wrong: three sentences.
#[derive(Debug)]
pub struct Miss {
    pub expected: String,
    pub did: String,
    /// What to do about it.
    pub remedy: String,
}

impl Stop {
    pub fn miss(
        expected: impl Into<String>,
        did: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::Miss(Miss { expected: expected.into(), did: did.into(), remedy: remedy.into() })
    }

    pub fn not_run(why: impl Into<String>) -> Self {
        Self::NotRun(why.into())
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Broken(failure)
    }
}

/// How a row ended.
#[derive(Debug)]
pub enum Verdict {
    Passed(Option<String>),
    Failed(Miss),
    NotRun(String),
}

/// A row that is over.
#[derive(Debug)]
pub struct Tried {
    pub id: &'static str,
    pub sentence: &'static str,
    pub verdict: Verdict,
    pub took: Duration,
    /// What the service wrote down meanwhile.
    pub flow: Vec<String>,
}

impl Tried {
    pub fn passed(&self) -> bool {
        matches!(self.verdict, Verdict::Passed(_))
    }

    pub fn failed(&self) -> bool {
        matches!(self.verdict, Verdict::Failed(_))
    }
}

/// The verdict over all rows.
pub fn over_all(
    id: &'static str,
    sentence: &'static str,
    tried: &[Tried],
    miss: Option<Miss>,
) -> Tried {
    let verdict = match miss {
        Some(miss) => Verdict::Failed(miss),
        None if !tried.iter().any(Tried::passed) => {
            Verdict::NotRun("no row passed that would show it".to_owned())
        }
        None => Verdict::Passed(None),
    };
    Tried { id, sentence, verdict, took: Duration::ZERO, flow: Vec::new() }
}

/// What is tried, with everything around it.
pub trait Trial {
    /// Make ready for the next row: it runs, is registered, and has no calls.
    async fn ready(&mut self) -> Result<(), Stop>;

    fn stage(&mut self) -> &mut Stage;
}

/// Try the rows one after the other. `each` hears of each as it ends.
pub async fn try_all<T: Trial>(
    trial: &mut T,
    rows: &[Row<T>],
    only: &[String],
    mut each: impl FnMut(&Tried),
) -> Result<Vec<Tried>, Failure> {
    let mut tried: Vec<Tried> = Vec::new();
    for row in rows.iter().filter(|row| only.is_empty() || only.iter().any(|id| id == row.id)) {
        let begun = Instant::now();
        let missing = row.needs.iter().find(|need| {
            let needed = tried.iter().find(|tried| tried.id == **need);
            needed.is_some_and(|needed| !needed.passed())
        });
        let played = match missing {
            Some(need) => Err(Stop::not_run(format!("it needs `{need}`, which did not pass"))),
            None => play(trial, row, tried.is_empty()).await,
        };
        let verdict = match played {
            Ok(note) => Verdict::Passed(note),
            Err(Stop::Miss(miss)) => Verdict::Failed(miss),
            Err(Stop::NotRun(why)) => Verdict::NotRun(why),
            Err(Stop::Broken(failure)) => return Err(failure),
        };
        let flow = match missing {
            Some(_) => Vec::new(),
            None => trial.stage().flow().await?,
        };
        let (id, sentence, took) = (row.id, row.sentence, begun.elapsed());
        let over = Tried { id, sentence, verdict, took, flow };
        each(&over);
        tried.push(over);
    }
    Ok(tried)
}

async fn play<T: Trial>(trial: &mut T, row: &Row<T>, first: bool) -> Played {
    trial.stage().mark().await?;
    match trial.ready().await {
        // Only the first row is to blame for a start that does not work; the row that ended it says why.
        Err(Stop::Miss(miss)) if !first => Err(Stop::not_run(format!("not ready: {}", miss.did))),
        Err(stop) => Err(stop),
        Ok(()) => {
            trial.stage().mark().await?;
            (row.play)(trial).await
        }
    }
}
