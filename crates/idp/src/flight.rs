//! Lookups that a crowd shares: while one is under way, whoever else asks waits for the next.
//!
//! Nobody is given what a lookup found that began before they asked: it could be older than a change they know of.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

/// Lookups under way, by what they look for.
pub(crate) struct Flights<T> {
    slots: Mutex<HashMap<String, Slot<T>>>,
}

struct Slot<T> {
    /// Held by the lookup under way.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// The one that has not begun.
    next: Option<Arc<OnceCell<T>>>,
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self { slots: Mutex::default() }
    }
}

impl<T: Clone> Flights<T> {
    fn slots(&self) -> MutexGuard<'_, HashMap<String, Slot<T>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks something up, or waits for a lookup of the same that begins from now on.
    pub(crate) async fn share(&self, key: &str, look: impl Future<Output = T>) -> T {
        let (turn, cell) = {
            let mut slots = self.slots();
            let new = || Slot { turn: Arc::default(), next: None };
            let slot = slots.entry(key.to_owned()).or_insert_with(new);
            (slot.turn.clone(), slot.next.get_or_insert_with(Arc::default).clone())
        };
        let look = async {
            let _turn = turn.lock().await;
            let begun = Begun { flights: self, key, cell: &cell };
            begun.close();
            look.await
        };
        cell.get_or_init(|| look).await.clone()
    }
}

/// A lookup that has begun, so that nobody else may join it. Its slot goes with it, unless another waits.
struct Begun<'a, T: Clone> {
    flights: &'a Flights<T>,
    key: &'a str,
    cell: &'a Arc<OnceCell<T>>,
}

impl<T: Clone> Begun<'_, T> {
    fn close(&self) {
        if let Some(slot) = self.flights.slots().get_mut(self.key)
            && slot.next.as_ref().is_some_and(|next| Arc::ptr_eq(next, self.cell))
        {
            slot.next = None;
        }
    }
}

impl<T: Clone> Drop for Begun<'_, T> {
    fn drop(&mut self) {
        let mut slots = self.flights.slots();
        if slots.get(self.key).is_some_and(|slot| slot.next.is_none()) {
            slots.remove(self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[tokio::test]
    async fn a_crowd_asks_twice_and_nobody_gets_an_older_answer() {
        let flights = Arc::new(Flights::<usize>::default());
        let (asked, open) = (Arc::new(AtomicUsize::new(0)), Arc::new(tokio::sync::Semaphore::new(0)));
        let ask = || {
            let (flights, asked, open) = (flights.clone(), asked.clone(), open.clone());
            tokio::spawn(async move {
                let look = async {
                    let nth = asked.fetch_add(1, Ordering::SeqCst) + 1;
                    open.acquire().await.unwrap().forget();
                    nth
                };
                flights.share("host", look).await
            })
        };
        let first = ask();
        while asked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let crowd: Vec<_> = (0..50).map(|_| ask()).collect();
        tokio::time::sleep(Duration::from_millis(1)).await;
        open.add_permits(100);
        assert_eq!(first.await.unwrap(), 1);
        for one in crowd {
            assert!(one.await.unwrap() >= 2);
        }
        assert!(asked.load(Ordering::SeqCst) <= 3, "{asked:?}");
        assert!(flights.slots().is_empty());
    }
}
