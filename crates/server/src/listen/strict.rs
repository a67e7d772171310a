//! What the HTTP/1 parser would let pass: two lengths, folded lines, bare line feeds, two hosts.
//!
//! Bytes are looked at on their way to the parser. At the first violation the byte becomes a NUL, which no
//! parser accepts, and nothing follows but the end of the head: the peer gets 400 and the connection ends. Reading is strict about
//! where a request begins, so every head of a connection is looked at and no body is.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::stall::Stall;

mod head;
use head::Heads;

/// How long, and for how much, a closed connection is read so that the peer sees the last answer.
const LINGER_TIME: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 1 << 20;

/// What follows a violation, so that the parser doesn't wait for the rest of the head.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// A stream whose heads are checked and whose peer may not stall.
pub(super) struct Strict<S> {
    stream: S,
    heads: Heads,
    /// Bytes of [`HEAD_END`] that were given after a violation.
    ended: usize,
    /// When the first head must be complete; later ones are the parser's to time.
    first_head: Option<Pin<Box<Sleep>>>,
    stall: Stall,
    linger: Option<(Pin<Box<Sleep>>, usize)>,
    closed: bool,
}

impl<S> Strict<S> {
    pub(super) fn new(stream: S, first_head: Duration) -> Self {
        let first_head = Some(Box::pin(sleep(first_head)));
        let heads = Heads::default();
        Self { stream, heads, ended: 0, first_head, stall: Stall::default(), linger: None, closed: false }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Strict<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.heads.are_over() {
            let end = &HEAD_END[this.ended..];
            let end = &end[..end.len().min(buffer.remaining())];
            buffer.put_slice(end);
            this.ended += end.len();
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        if Pin::new(&mut this.stream).poll_read(cx, buffer)?.is_pending() {
            let Some(deadline) = &mut this.first_head else { return Poll::Pending };
            ready!(deadline.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if let Some(violation) = this.heads.check(&mut buffer.filled_mut()[before..]) {
            buffer.set_filled(before + violation + 1);
        }
        if this.heads.had_one() {
            this.first_head = None;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Strict<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.stall.bound(cx, polled, |taken| *taken)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write_vectored(cx, slices);
        this.stall.bound(cx, polled, |taken| *taken)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_flush(cx);
        this.stall.bound(cx, polled, |()| 0)
    }

    /// Ends our half, then reads what the peer still sends: bytes that nobody read would turn the end into a
    /// reset, and the peer might never see the answer.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.closed {
            let polled = Pin::new(&mut this.stream).poll_shutdown(cx);
            ready!(this.stall.bound(cx, polled, |()| 0))?;
            this.closed = true;
        }
        let (deadline, left) = this.linger.get_or_insert_with(|| {
            (Box::pin(tokio::time::sleep_until(Instant::now() + LINGER_TIME)), LINGER_BYTES)
        });
        let mut space = [0; 4096];
        while *left > 0 {
            let mut buffer = ReadBuf::new(&mut space);
            match Pin::new(&mut this.stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    *left = left.saturating_sub(buffer.filled().len());
                }
                Poll::Ready(_) => break,
                Poll::Pending => {
                    ready!(deadline.as_mut().poll(cx));
                    break;
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}
