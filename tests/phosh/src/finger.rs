use crate::spot::Spot;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A virtual pointer of the compositor. It has to be there before the shell is.
pub(crate) struct Finger {
    orders: ChildStdin,
    told: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Finger {
    pub async fn start(mut command: Command, size: Spot) -> Self {
        command.arg(script()).args([size.0.to_string(), size.1.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("setpriv starts; it is in the package util-linux");
        let orders = process.stdin.take().expect("it listens");
        let told = BufReader::new(process.stdout.take().expect("it tells")).lines();
        let mut finger = Self { orders, told, _process: process };
        finger.says("ready").await;
        finger
    }

    pub async fn does(&mut self, order: &str) {
        let line = format!("{order}\n");
        self.orders.write_all(line.as_bytes()).await.expect("the finger listens");
        self.says("done").await;
    }

    async fn says(&mut self, word: &str) {
        let line = crate::soon("the finger", self.told.next_line()).await.expect("it tells");
        assert_eq!(line.as_deref(), Some(word), "see its log");
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("finger.py")
}
