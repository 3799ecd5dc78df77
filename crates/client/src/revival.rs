use crate::error::Fault;
use crate::line::{Line, Role};
use hookswitch_bus::names::SERVICE;
use std::sync::Weak;
use std::time::Duration;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Have the service started again after it left. That it came is seen on the line itself.
pub(crate) async fn revive<R: Role>(line: Weak<Line<R>>) {
    let mut pause = FIRST_PAUSE;
    loop {
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
        drop(line);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
