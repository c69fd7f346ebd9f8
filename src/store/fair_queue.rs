//! Places at the database, given in turns: whoever asks much waits behind itself, and not before others.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::error::{Error, Result};

/// So many may wait, for one asker and in all; more are told to come back.
const MOST_EACH: usize = 96;
const MOST: usize = 192;

tokio::task_local! {
    /// Who asks, in what this task does: a number that stands for an organization, or for what else is told apart.
    pub static ASKER: u64;
}

/// The asker of this task; everybody who is not told apart counts as one.
pub(in crate::store) fn asker() -> u64 {
    ASKER.try_with(|asker| *asker).unwrap_or_default()
}

/// The places. Cheap to clone.
#[derive(Clone)]
pub(in crate::store) struct FairQueue(Arc<Mutex<State>>);

struct State {
    free: usize,
    waiting: usize,
    queues: HashMap<u64, VecDeque<oneshot::Sender<Place>>>,
    /// Those who wait, each once, in the order of their turns.
    turns: VecDeque<u64>,
}

/// A place, until it is dropped.
pub(in crate::store) struct Place(Option<FairQueue>);

impl FairQueue {
    /// So many places.
    pub fn new(places: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            free: places.max(1),
            waiting: 0,
            queues: HashMap::new(),
            turns: VecDeque::new(),
        })))
    }

    /// A place, when it is the asker's turn.
    pub async fn enter(&self, asker: u64) -> Result<Place> {
        let turn = {
            let mut state = self.lock();
            if state.free > 0 {
                state.free -= 1;
                return Ok(Place(Some(self.clone())));
            }
            let (sender, turn) = oneshot::channel();
            let is_full = state.waiting >= MOST;
            let queue = state.queues.entry(asker).or_default();
            if is_full || queue.len() >= MOST_EACH {
                return Err(Error::Busy);
            }
            queue.push_back(sender);
            if queue.len() == 1 {
                state.turns.push_back(asker);
            }
            state.waiting += 1;
            turn
        };
        turn.await.map_err(|_| Error::Busy)
    }

    /// Gives a place to the next whose turn it is, and who still waits.
    fn pass_on(&self) {
        while let Some(next) = self.next() {
            match next.send(Place(Some(self.clone()))) {
                Ok(()) => return,
                // Its asker has gone; what comes back must not pass the place on once more.
                Err(mut place) => place.0 = None,
            }
        }
    }

    fn next(&self) -> Option<oneshot::Sender<Place>> {
        let mut state = self.lock();
        let Some(asker) = state.turns.pop_front() else {
            state.free += 1;
            return None;
        };
        let queue = state.queues.entry(asker).or_default();
        let next = queue.pop_front();
        if queue.is_empty() {
            state.queues.remove(&asker);
        } else {
            state.turns.push_back(asker);
        }
        state.waiting -= 1;
        next
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(queue) = self.0.take() {
            queue.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_once_waits_for_no_more_than_one_of_who_asks_much() {
        actix_web::rt::System::new().block_on(async {
            let queue = FairQueue::new(1);
            let first = queue.enter(1).await.unwrap();
            let order = Arc::new(Mutex::new(Vec::new()));
            let ask = |asker| {
                let (queue, order) = (queue.clone(), Arc::clone(&order));
                actix_web::rt::spawn(async move {
                    let place = queue.enter(asker).await.unwrap();
                    order.lock().unwrap().push(asker);
                    drop(place);
                })
            };
            let mut tasks: Vec<_> = (0..50).map(|_| ask(1)).collect();
            tokio::task::yield_now().await;
            tasks.push(ask(2));
            // One that has gone away holds nobody up.
            let gone = ask(3);
            tokio::task::yield_now().await;
            gone.abort();
            tokio::task::yield_now().await;
            drop(first);
            for task in tasks {
                task.await.unwrap();
            }
            let place = order.lock().unwrap().iter().position(|asker| *asker == 2);
            assert!(place.unwrap() <= 1, "{place:?}");
            drop(queue.enter(3).await.unwrap());
        });
    }

    #[test]
    fn who_waits_too_much_is_told_to_come_back() {
        actix_web::rt::System::new().block_on(async {
            let queue = FairQueue::new(1);
            let _first = queue.enter(1).await.unwrap();
            let mut tasks = Vec::new();
            for _ in 0..MOST_EACH {
                let queue = queue.clone();
                tasks.push(actix_web::rt::spawn(
                    async move { queue.enter(1).await.map(drop) },
                ));
            }
            // Some of them have their turn with each.
            for _ in 0..MOST_EACH {
                tokio::task::yield_now().await;
            }
            assert!(matches!(queue.enter(1).await, Err(Error::Busy)));
            let other = queue.clone();
            let other = actix_web::rt::spawn(async move { other.enter(2).await.map(drop) });
            tokio::task::yield_now().await;
            assert!(!other.is_finished(), "others still may");
        });
    }
}
