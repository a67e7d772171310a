//! The server's clock, which a test may move.

use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

/// Talks to the control socket of one node.
pub struct Clock {
    socket: PathBuf,
}

impl Clock {
    pub(crate) fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// Moves the clock forward; answers the new time in microseconds since the epoch.
    pub async fn advance(&self, by: Duration) -> i64 {
        self.ask(&format!("clock advance {}", by.as_micros())).await
    }

    /// Sets the clock to microseconds since the epoch.
    pub async fn set(&self, micros: i64) -> i64 {
        self.ask(&format!("clock set {micros}")).await
    }

    /// Stops the clock where it is; only `advance` and `set` move it from then on.
    pub async fn freeze(&self) -> i64 {
        self.ask("clock freeze").await
    }

    /// Has this node's machine be wrong about the time by microseconds; time itself, which the database keeps on
    /// PostgreSQL, stays as it is. Answers what the node takes for the time.
    pub async fn skew(&self, micros: i64) -> i64 {
        self.ask(&format!("clock skew {micros}")).await
    }

    pub(crate) async fn ask(&self, line: &str) -> i64 {
        let answer = tokio::time::timeout(Duration::from_secs(10), self.exchange(line))
            .await
            .unwrap_or_else(|_| panic!("no answer to “{line}” from {}", self.socket.display()))
            .unwrap_or_else(|error| panic!("“{line}” at {}: {error}", self.socket.display()));
        answer
            .trim()
            .strip_prefix("ok ")
            .and_then(|now| now.parse().ok())
            .unwrap_or_else(|| panic!("“{line}” was answered with “{}”", answer.trim()))
    }

    async fn exchange(&self, line: &str) -> std::io::Result<String> {
        let mut stream = UnixStream::connect(&self.socket).await?;
        stream.write_all(format!("{line}\n").as_bytes()).await?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).await?;
        Ok(answer)
    }
}
