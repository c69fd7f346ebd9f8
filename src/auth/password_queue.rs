//! The line in which passwords wait to be hashed: a few at once, a bounded number behind them, and nobody for long.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::rt::{task::spawn_blocking, time::timeout};
use argon2::Block;
use tokio::sync::Semaphore;

use crate::error::{Error, Result};

/// As many may wait as are hashed in a second or two on a small machine.
const WAITING: usize = 64;
/// Whoever has waited this long is asked to come again.
const PATIENCE: Duration = Duration::from_secs(5);

/// What Argon2 works in.
pub(super) type Memory = Vec<Block>;

/// Cheap to clone; the copies are one queue.
#[derive(Clone)]
pub(super) struct PasswordQueue {
    inside: Arc<Semaphore>,
    places: Arc<Semaphore>,
    at_once: usize,
    /// What was allocated for each place, used again: an allocator that keeps some for each thread would pile it up.
    memory: Arc<Mutex<Vec<Memory>>>,
    patience: Duration,
}

impl PasswordQueue {
    /// With this many at once.
    pub(super) fn new(at_once: usize) -> Self {
        Self::of(at_once.max(1), WAITING, PATIENCE)
    }

    fn of(at_once: usize, waiting: usize, patience: Duration) -> Self {
        Self {
            inside: Arc::new(Semaphore::new(at_once + waiting)),
            places: Arc::new(Semaphore::new(at_once)),
            at_once,
            memory: Arc::default(),
            patience,
        }
    }

    /// How many are at it, of how many may be at once.
    pub(super) fn slots(&self) -> (usize, usize) {
        (self.at_once - self.places.available_permits(), self.at_once)
    }

    /// Does the work on a thread of its own; [`Error::Busy`] where too many wait, or this one has waited too long.
    ///
    /// The place goes with the work, since the work goes on when whoever asked for it has hung up: otherwise a flood of
    /// requests that are given up at once would take all the memory.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let _inside = self.inside.try_acquire().map_err(|_| Error::Busy)?;
        let place = timeout(self.patience, self.places.clone().acquire_owned())
            .await
            .map_err(|_| Error::Busy)?
            .map_err(Error::internal)?;
        let all = self.memory.clone();
        let work = spawn_blocking(move || {
            let _place = place;
            let taken = all.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut memory = taken.unwrap_or_default();
            let done = work(&mut memory);
            all.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
            done
        });
        work.await.map_err(Error::internal)?
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;

    use super::*;

    fn run(test: impl AsyncFnOnce()) {
        actix_web::rt::System::new().block_on(test());
    }

    #[test]
    fn more_than_may_wait_are_turned_away_at_once() {
        run(async || {
            let queue = PasswordQueue::of(1, 1, Duration::from_secs(60));
            let (let_go, held) = channel::<()>();
            let first = actix_web::rt::spawn({
                let queue = queue.clone();
                async move { queue.run(move |_| held.recv().map_err(Error::internal)).await }
            });
            let second = actix_web::rt::spawn({
                let queue = queue.clone();
                async move { queue.run(|_| Ok(())).await }
            });
            while queue.inside.available_permits() > 0 {
                actix_web::rt::task::yield_now().await;
            }
            assert!(matches!(queue.run(|_| Ok(())).await, Err(Error::Busy)));
            let_go.send(()).unwrap();
            first.await.unwrap().unwrap();
            second.await.unwrap().unwrap();
            queue.run(|_| Ok(())).await.unwrap();
        });
    }

    #[test]
    fn nobody_waits_for_long() {
        run(async || {
            let queue = PasswordQueue::of(1, 1, Duration::from_millis(20));
            let (let_go, held) = channel::<()>();
            let first = actix_web::rt::spawn({
                let queue = queue.clone();
                async move { queue.run(move |_| held.recv().map_err(Error::internal)).await }
            });
            while queue.places.available_permits() > 0 {
                actix_web::rt::task::yield_now().await;
            }
            assert!(matches!(queue.run(|_| Ok(())).await, Err(Error::Busy)));
            let_go.send(()).unwrap();
            first.await.unwrap().unwrap();
        });
    }

    #[test]
    fn whoever_hangs_up_leaves_the_place_taken_until_the_work_is_done() {
        run(async || {
            let queue = PasswordQueue::of(1, 8, Duration::from_secs(60));
            let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            for _ in 0..8 {
                let (now, most) = (now.clone(), most.clone());
                let work = queue.run(move |_| {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(5));
                    now.fetch_sub(1, Ordering::SeqCst);
                    Ok(())
                });
                let _ = timeout(Duration::from_millis(1), work).await;
            }
            queue.run(|_| Ok(())).await.unwrap();
            assert_eq!(most.load(Ordering::SeqCst), 1);
        });
    }
}
