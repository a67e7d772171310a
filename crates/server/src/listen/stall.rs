//! How long a peer may keep us from writing: one that takes its answer a few bytes at a time, or not at all, holds a
//! connection and what waits to be sent on it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// How long a peer may leave us unable to write, in all, for each [`BYTES`].
const TIME: Duration = Duration::from_secs(30);

/// What a peer must take in that time, which is slower than any line that pages can be read over.
const BYTES: usize = 64 * 1024;

/// The time that writes have waited.
pub(super) struct Stall {
    limit: Duration,
    /// Waited since the last [`BYTES`] were taken.
    waited: Duration,
    /// Taken since then.
    taken: usize,
    /// Since when a write waits, and when that is too long.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Default for Stall {
    fn default() -> Self {
        Self { limit: TIME, waited: Duration::ZERO, taken: 0, waiting: None }
    }
}

impl Stall {
    /// Lets a write wait, but not for ever. `taken` says how much of it went.
    pub(super) fn bound<T>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
        taken: impl Fn(&T) -> usize,
    ) -> Poll<io::Result<T>> {
        let Poll::Ready(result) = polled else {
            let left = self.limit.saturating_sub(self.waited);
            let (_, deadline) = self.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(left))));
            ready!(deadline.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        };
        if let Some((since, _)) = self.waiting.take() {
            self.waited += since.elapsed();
        }
        self.taken += result.as_ref().map_or(0, taken);
        if self.taken >= BYTES {
            (self.waited, self.taken) = (Duration::ZERO, 0);
        }
        Poll::Ready(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::io::{AsyncReadExt, AsyncWrite, duplex};

    /// Writes until it fails or all is written, to a peer that takes `chunk` bytes every 10 ms.
    async fn written(limit: Duration, chunk: usize, all: usize) -> io::Result<usize> {
        let (mut ours, mut theirs) = duplex(1024);
        tokio::spawn(async move {
            let mut space = vec![0; chunk];
            while chunk > 0 && theirs.read(&mut space).await.is_ok_and(|n| n > 0) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            std::future::pending::<()>().await;
        });
        let mut stall = Stall { limit, ..Stall::default() };
        let mut sum = 0;
        while sum < all {
            sum += poll_fn(|cx| {
                let polled = Pin::new(&mut ours).poll_write(cx, &[0; 512]);
                stall.bound(cx, polled, |n| *n)
            })
            .await?;
        }
        Ok(sum)
    }

    #[tokio::test]
    async fn lg_16_who_takes_little_or_nothing_is_dropped() {
        for chunk in [0, 1, 16] {
            let end = written(Duration::from_millis(200), chunk, 1 << 20).await;
            assert_eq!(end.unwrap_err().kind(), io::ErrorKind::TimedOut, "{chunk}");
        }
        // Slow, but steady enough: it waits far longer than the limit in all.
        let end = written(Duration::from_secs(20), 1024, 3 * BYTES).await;
        assert_eq!(end.unwrap(), 3 * BYTES);
    }
}
