//! How many connections there are. When there is no room for another, whichever has idled longest gives way: otherwise
//! a stranger who opens as many as there may be, and says nothing, would keep everybody else out.

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::sync::Notify;

/// All connections of a server.
pub(super) struct Crowd {
    most: usize,
    state: Mutex<State>,
    emptied: Notify,
}

#[derive(Default)]
struct State {
    open: usize,
    /// Rises whenever a connection begins to idle.
    turn: u64,
    /// Those that idle, from the one that has for the longest.
    idle: BTreeMap<u64, Arc<Notify>>,
}

impl Crowd {
    /// Room for so many.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, state: Mutex::default(), emptied: Notify::new() })
    }

    /// Takes a connection in; none while all others are busy.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Arc<Place>> {
        let mut state = self.state();
        if state.open >= self.most {
            let (_, longest) = state.idle.pop_first()?;
            longest.notify_one();
        } else {
            state.open += 1;
        }
        let told = Arc::new(Notify::new());
        let own = Own { busy: 0, turn: state.idles(&told), gone: false };
        Some(Arc::new(Place { crowd: self.clone(), told, own: Mutex::new(own) }))
    }

    /// Waits until nobody is left.
    pub(super) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.open() == 0 {
                return;
            }
            emptied.await;
        }
    }

    /// How many there are.
    pub(super) fn open(&self) -> usize {
        self.state().open
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn idles(&mut self, told: &Arc<Notify>) -> u64 {
        self.turn += 1;
        self.idle.insert(self.turn, told.clone());
        self.turn
    }
}

/// A connection's place among the others.
pub(super) struct Place {
    crowd: Arc<Crowd>,
    told: Arc<Notify>,
    own: Mutex<Own>,
}

struct Own {
    /// Requests that are being answered.
    busy: usize,
    /// When it began to idle, if it does.
    turn: u64,
    /// Another connection has the place now.
    gone: bool,
}

impl Place {
    /// Waits until the connection has to give way.
    pub(super) async fn given_up(&self) {
        self.told.notified().await;
    }

    /// Whether a request is being answered.
    pub(super) fn is_busy(&self) -> bool {
        self.own().busy > 0
    }

    /// A request begins; it ends when what this gives is dropped. Meanwhile the connection doesn't idle.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        let mut own = self.own();
        own.busy += 1;
        if own.busy == 1 {
            own.gone |= self.crowd.state().idle.remove(&own.turn).is_none();
        }
        drop(own);
        Busy(self.clone())
    }

    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut own = self.own();
        let mut state = self.crowd.state();
        own.gone |= state.idle.remove(&own.turn).is_none() && own.busy == 0;
        if own.gone {
            return;
        }
        state.open -= 1;
        if state.open == 0 {
            self.crowd.emptied.notify_waiters();
        }
    }
}

/// A request that is being answered.
pub(super) struct Busy(Arc<Place>);

impl Busy {
    /// Goes on until all of the answer has been sent.
    pub(super) fn until_sent(self, response: Response) -> hyper::Response<UntilSent> {
        response.map(|body| UntilSent { body, _busy: self })
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut own = self.0.own();
        own.busy -= 1;
        if own.busy == 0 && !own.gone {
            own.turn = self.0.crowd.state().idles(&self.0.told);
        }
    }
}

/// A body whose connection doesn't idle while it is sent.
pub(super) struct UntilSent {
    body: Body,
    _busy: Busy,
}

impl HttpBody for UntilSent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    async fn is_told(place: &Place) -> bool {
        tokio::time::timeout(Duration::ZERO, place.given_up()).await.is_ok()
    }

    #[tokio::test]
    async fn whoever_idles_longest_gives_way() {
        let crowd = Crowd::new(3);
        let places: Vec<_> = (0..3).map(|_| crowd.enter().expect("room")).collect();
        // The first has been busy since, so it idles for the shortest time; the second is busy.
        drop(places[0].busy());
        let busy = places[1].busy();
        let fourth = crowd.enter().expect("the third's place");
        assert!(is_told(&places[2]).await && !is_told(&places[0]).await && !is_told(&places[1]).await);
        let fifth = crowd.enter().expect("the first's");
        assert!(is_told(&places[0]).await && !is_told(&fourth).await);
        let all = [fourth.busy(), fifth.busy()];
        assert!(crowd.enter().is_none(), "all are busy");
        assert_eq!(crowd.open(), 3);
        drop((all, busy));
        // Those that gave way leave no room when they go, and a request of theirs that was about to begin changes nothing.
        drop(places[2].busy());
        drop(places);
        assert_eq!(crowd.open(), 2, "the second was the only one that had its place");
        drop((fourth, fifth));
        assert_eq!(crowd.open(), 0);
        crowd.emptied().await;
    }

    #[tokio::test]
    async fn a_request_lasts_until_its_answer_is_sent() {
        let crowd = Crowd::new(1);
        let place = crowd.enter().expect("room");
        let first = place.busy();
        let second = place.busy().until_sent(Response::new(Body::from("abc")));
        assert_eq!((second.body().size_hint().exact(), second.body().is_end_stream()), (Some(3), false));
        drop(first);
        assert!(crowd.enter().is_none());
        drop(second);
        assert!(crowd.enter().is_some());
    }
}
