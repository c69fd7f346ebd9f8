//! Places at the database, given in turns: whoever asks much waits behind itself, and not before others; and holds no
//! more than its part of the places while others ask.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::recent_use::RecentUse;
use crate::error::{Error, Result};

/// So many may wait, for one asker and in all; more are told to come back.
const MOST_EACH: usize = 96;
const MOST: usize = 192;

/// One asker holds no more than this part of the places while others ask too, so that who asks seldom finds a place
/// free, and the database not at work for the other on every processor.
const SHARES: u32 = 4;
/// Who has asked alone for so long has all places.
const ALONE_AFTER: Duration = Duration::from_secs(1);

tokio::task_local! {
    /// Who asks, in what this task does: a number that stands for an organization, or for what else is told apart.
    pub static ASKER: u64;
}

/// The asker of this task. What is done for no single request, such as submissions that are applied together, is its
/// coalition's; everybody who is not told apart counts as one.
pub(in crate::store) fn asker(coalition_id: Option<i32>) -> u64 {
    let of_coalition = || coalition_id.map_or(0, |id| 1 << 32 | u64::from(id.cast_unsigned()));
    ASKER.try_with(|asker| *asker).unwrap_or_else(|_| of_coalition())
}

/// The places. Cheap to clone.
#[derive(Clone)]
pub(in crate::store) struct FairQueue(Arc<Mutex<State>>);

struct State {
    places: usize,
    free: usize,
    /// How many each holds who holds any.
    held: HashMap<u64, usize>,
    waiting: usize,
    queues: HashMap<u64, VecDeque<oneshot::Sender<Place>>>,
    /// Those who wait, each once, in the order of their turns.
    turns: VecDeque<u64>,
    /// Who asked last, and when last somebody else than the one before did.
    last: Option<u64>,
    shared_at: Option<Instant>,
    recent: RecentUse,
}

/// A place, until it is dropped.
pub(in crate::store) struct Place(Option<Taken>);

struct Taken {
    queue: FairQueue,
    asker: u64,
    at: Instant,
}

impl FairQueue {
    /// So many places.
    pub fn new(places: usize) -> Self {
        let places = places.max(1);
        Self(Arc::new(Mutex::new(State {
            places,
            free: places,
            held: HashMap::new(),
            waiting: 0,
            queues: HashMap::new(),
            turns: VecDeque::new(),
            last: None,
            shared_at: None,
            recent: RecentUse::new(places, SHARES),
        })))
    }

    /// A place, when it is the asker's turn.
    pub async fn enter(&self, asker: u64) -> Result<Place> {
        let turn = {
            let mut state = self.lock();
            state.note(asker);
            if state.may_take(asker) {
                state.take(asker);
                return Ok(self.place(asker));
            }
            state.wait(asker)?
        };
        turn.await.map_err(|_| Error::Busy)
    }

    /// Whether the asker would be given a place, or could wait for one.
    pub fn has_room(&self, asker: u64) -> bool {
        let state = self.lock();
        state.may_take(asker) || state.may_wait(asker)
    }

    /// Whether what the asker wants may be done where requests are served, and so before what others are about to ask:
    /// unless others ask, and it has lately had more than its part of the time of all places.
    pub fn is_modest(&self, asker: u64) -> bool {
        let mut state = self.lock();
        !(state.is_shared() && state.recent.is_much(asker))
    }

    fn place(&self, asker: u64) -> Place {
        Place(Some(Taken {
            queue: self.clone(),
            asker,
            at: Instant::now(),
        }))
    }

    /// Takes a place back, and gives what is free to those whose turn it is, and who still wait.
    fn leave(&self, asker: u64, used: Duration) {
        {
            let mut state = self.lock();
            state.give_back(asker);
            state.recent.add(asker, used);
        }
        loop {
            let Some((next, turn)) = self.lock().next() else {
                return;
            };
            if let Err(mut place) = turn.send(self.place(next)) {
                // Its asker has gone; what comes back must not be taken back once more.
                place.0 = None;
                self.lock().give_back(next);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn note(&mut self, asker: u64) {
        if self.last.replace(asker).is_some_and(|last| last != asker) {
            self.shared_at = Some(Instant::now());
        }
    }

    fn is_shared(&self) -> bool {
        self.shared_at.is_some_and(|at| at.elapsed() < ALONE_AFTER)
    }

    /// So many places one asker may hold: all of them, unless somebody else has been here.
    fn most_held(&self) -> usize {
        if self.is_shared() {
            self.places.div_ceil(SHARES as usize)
        } else {
            self.places
        }
    }

    fn may_take(&self, asker: u64) -> bool {
        self.free > 0 && self.held.get(&asker).copied().unwrap_or_default() < self.most_held()
    }

    fn take(&mut self, asker: u64) {
        self.free -= 1;
        *self.held.entry(asker).or_default() += 1;
    }

    fn give_back(&mut self, asker: u64) {
        self.free += 1;
        if let Entry::Occupied(mut held) = self.held.entry(asker) {
            *held.get_mut() -= 1;
            if *held.get() == 0 {
                held.remove();
            }
        }
    }

    fn may_wait(&self, asker: u64) -> bool {
        let waiting = self.queues.get(&asker).map_or(0, VecDeque::len);
        self.waiting < MOST && waiting < MOST_EACH
    }

    fn wait(&mut self, asker: u64) -> Result<oneshot::Receiver<Place>> {
        if !self.may_wait(asker) {
            return Err(Error::Busy);
        }
        let queue = self.queues.entry(asker).or_default();
        let (sender, turn) = oneshot::channel();
        queue.push_back(sender);
        if queue.len() == 1 {
            self.turns.push_back(asker);
        }
        self.waiting += 1;
        Ok(turn)
    }

    /// Who comes next, with a place taken for it.
    fn next(&mut self) -> Option<(u64, oneshot::Sender<Place>)> {
        let at = self.turns.iter().position(|asker| self.may_take(*asker))?;
        let asker = self.turns.remove(at)?;
        let queue = self.queues.get_mut(&asker)?;
        let turn = queue.pop_front()?;
        if queue.is_empty() {
            self.queues.remove(&asker);
        } else {
            self.turns.push_back(asker);
        }
        self.waiting -= 1;
        self.take(asker);
        Some((asker, turn))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(Taken { queue, asker, at }) = self.0.take() {
            queue.leave(asker, at.elapsed());
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
    fn work_for_no_request_counts_for_its_coalition() {
        actix_web::rt::System::new().block_on(async {
            assert_eq!(ASKER.scope(7, async { asker(Some(1)) }).await, 7);
            let all = [asker(None), asker(Some(1)), asker(Some(2)), 1, 2];
            assert_eq!(all[0], 0, "with all who are not told apart");
            let apart: std::collections::HashSet<u64> = all.into_iter().collect();
            assert_eq!(apart.len(), all.len(), "apart from organizations, too");
        });
    }

    #[test]
    fn who_asks_much_leaves_places_to_others() {
        actix_web::rt::System::new().block_on(async {
            let queue = FairQueue::new(8);
            let enter = |asker| {
                let queue = queue.clone();
                actix_web::rt::spawn(async move { queue.enter(asker).await.unwrap() })
            };
            // Alone it has all of them.
            let mut alone = Vec::new();
            for _ in 0..8 {
                alone.push(enter(1).await.unwrap());
            }
            drop(alone);
            drop(queue.enter(2).await.unwrap());
            let (first, second) = (enter(1).await.unwrap(), enter(1).await.unwrap());
            let third = enter(1);
            tokio::task::yield_now().await;
            assert!(!third.is_finished(), "the other's places stay free");
            let other = queue.enter(2).await.unwrap();
            drop(first);
            let third = third.await.unwrap();
            drop((second, third, other));
            assert_eq!(queue.lock().free, 8);
            assert!(queue.lock().held.is_empty());
        });
    }

    #[test]
    fn who_has_had_more_than_its_part_is_not_modest_while_others_ask() {
        let queue = FairQueue::new(2);
        queue.lock().note(1);
        queue.lock().recent.add(1, ALONE_AFTER);
        assert!(queue.is_modest(1), "alone");
        queue.lock().note(2);
        assert!(!queue.is_modest(1) && queue.is_modest(2));
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
            assert!(!queue.has_room(1) && queue.has_room(2));
            assert!(matches!(queue.enter(1).await, Err(Error::Busy)));
            let other = queue.clone();
            let other = actix_web::rt::spawn(async move { other.enter(2).await.map(drop) });
            tokio::task::yield_now().await;
            assert!(!other.is_finished(), "others still may");
        });
    }
}
