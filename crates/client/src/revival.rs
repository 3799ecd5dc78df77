use crate::error::Fault;
use crate::line::{Line, Role};
use hookswitch_bus::names::SERVICE;
use std::sync::Weak;
use std::time::{Duration, Instant};

/// A life shorter than this is a sign that the next one will be, too.
const SHORT_LIFE: Duration = Duration::from_secs(2);
/// After a short life in which it did register us.
const SHORT_PAUSE: Duration = Duration::from_millis(200);
/// After a life in which it never did; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How the lives of the service went, so that one that cannot live is not started all the time.
#[derive(Debug, Default)]
pub(crate) struct Lives {
    began: Option<Instant>,
    pause: Duration,
}

impl Lives {
    /// It came: there is nothing to wait for.
    pub fn began(&mut self) -> Duration {
        self.began = Some(Instant::now());
        Duration::ZERO
    }

    /// It left: how long to wait until it is started again.
    pub fn ended(&mut self, knew_us: bool) -> Duration {
        let life = self.began.take().map_or(Duration::ZERO, |began| began.elapsed());
        self.pause = match (knew_us, life < SHORT_LIFE) {
            (_, false) => Duration::ZERO,
            (true, true) => SHORT_PAUSE,
            (false, true) => longer(self.pause),
        };
        self.pause
    }
}

fn longer(pause: Duration) -> Duration {
    (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE)
}

/// Have the service started again after it left. That it came is seen on the line itself.
pub(crate) async fn revive<R: Role>(line: Weak<Line<R>>, mut pause: Duration) {
    loop {
        tokio::time::sleep(pause).await;
        let Some(line) = line.upgrade() else { return };
        if line.is_settled() {
            return;
        }
        match line.ask_bus("StartServiceByName", &(SERVICE, 0u32)).await {
            Ok(_) => return,
            // The bus cannot start it: somebody else will, or nobody.
            Err(Fault::Reply { name, .. }) if name.ends_with(".ServiceUnknown") => {
                tracing::info!("the call service left the bus; waiting for it to come back");
                return;
            }
            Err(Fault::Reply { name, .. }) => {
                tracing::warn!(error = name, "the call service does not start; trying again");
            }
            Err(Fault::Service(_)) => return,
        }
        pause = longer(pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_cannot_live_is_left_in_peace_longer_and_longer() {
        let mut lives = Lives::default();
        let pauses: Vec<_> = (0..7)
            .map(|_| {
                lives.began();
                lives.ended(false).as_secs()
            })
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        lives.began();
        assert_eq!(lives.ended(true), SHORT_PAUSE);
    }

    #[test]
    fn one_that_lived_is_started_at_once() {
        let began = Instant::now().checked_sub(SHORT_LIFE * 2);
        let mut lives = Lives { began, pause: LONGEST_PAUSE };
        assert_eq!(lives.ended(true), Duration::ZERO);
    }
}
