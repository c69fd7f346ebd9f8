//! Small submissions to one coalition, which take turns on its clock: while some are applied, others gather, and are
//! then applied together. One that comes alone is applied at once, by itself.

use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::joint;
use super::waiting::Waiting;
use crate::error::{Error, Result};
use crate::store::Db;
use crate::store::idempotency::Answer;

/// Submissions that are applied together at most.
const GROUP: usize = 64;
/// Submissions to one coalition that may wait; more are told to come back.
const MOST_WAITING: usize = 512;
/// One whose turn has not come after so long is given up.
const PATIENCE: Duration = Duration::from_secs(10);

type Answered = Result<(Answer, bool)>;
type Queue = VecDeque<Queued>;

/// The submissions that wait, by coalition; a coalition is there while somebody applies its submissions. Cheap to
/// clone.
#[derive(Clone, Default)]
pub struct Together(Arc<Mutex<HashMap<i32, Queue>>>);

struct Queued {
    waiting: Arc<Waiting>,
    reply: oneshot::Sender<Answered>,
}

impl Queued {
    fn answer(self, answer: Answered) {
        // A caller who has gone away needs no answer.
        let _ = self.reply.send(answer);
    }
}

impl Together {
    /// Applies one, with others that wait, and answers once it is durable.
    pub async fn apply(&self, db: &Db, waiting: Waiting) -> Answered {
        let waiting = Arc::new(waiting);
        let (reply, mut answer) = oneshot::channel();
        let queued = Queued {
            waiting: Arc::clone(&waiting),
            reply,
        };
        if let Some(first) = self.enqueue(queued)? {
            let turns = Turns {
                all: self.clone(),
                coalition_id: waiting.tenant.id(),
                is_over: false,
            };
            actix_web::rt::spawn(turns.serve(db.clone(), first));
        }
        let ended = |_| Error::internal("whoever applied it has ended");
        match tokio::time::timeout(PATIENCE, &mut answer).await {
            Ok(answer) => answer.map_err(ended)?,
            Err(_) if self.give_up(&waiting) => Err(Error::Busy),
            Err(_) => answer.await.map_err(ended)?,
        }
    }

    /// How many wait for their turn.
    pub fn waiting(&self) -> usize {
        self.lock().values().map(Queue::len).sum()
    }

    /// Puts it into its coalition's queue; gives it back where nobody is there to serve that.
    fn enqueue(&self, queued: Queued) -> Result<Option<Queued>> {
        match self.lock().entry(queued.waiting.tenant.id()) {
            Entry::Occupied(queue) if queue.get().len() >= MOST_WAITING => Err(Error::Busy),
            Entry::Occupied(mut queue) => {
                queue.get_mut().push_back(queued);
                Ok(None)
            }
            Entry::Vacant(vacant) => {
                vacant.insert(Queue::new());
                Ok(Some(queued))
            }
        }
    }

    /// Whether it was still waiting, and does not any more.
    fn give_up(&self, waiting: &Arc<Waiting>) -> bool {
        let mut all = self.lock();
        let Some(queue) = all.get_mut(&waiting.tenant.id()) else {
            return false;
        };
        let before = queue.len();
        queue.retain(|queued| !Arc::ptr_eq(&queued.waiting, waiting));
        queue.len() < before
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i32, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves one coalition's queue until it is empty.
struct Turns {
    all: Together,
    coalition_id: i32,
    is_over: bool,
}

impl Turns {
    async fn serve(mut self, db: Db, first: Queued) {
        let mut group = vec![first];
        while !group.is_empty() {
            let is_busy = apply(&db, group).await;
            group = self.next(GROUP);
            if is_busy {
                // Those who came later would wait for the same.
                answer_busy(group);
                answer_busy(self.next(usize::MAX));
                group = self.next(GROUP);
            }
        }
    }

    /// The next group; when there is none, the coalition is no longer served.
    fn next(&mut self, most: usize) -> Vec<Queued> {
        if self.is_over {
            return Vec::new();
        }
        let mut all = self.all.lock();
        let queue = all.entry(self.coalition_id).or_default();
        let group: Vec<Queued> = queue.drain(..most.min(queue.len())).collect();
        if group.is_empty() {
            all.remove(&self.coalition_id);
            self.is_over = true;
        }
        group
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        // A task that ended in the middle leaves nobody waiting.
        if !self.is_over {
            self.all.lock().remove(&self.coalition_id);
        }
    }
}

fn answer_busy(group: Vec<Queued>) {
    group
        .into_iter()
        .for_each(|queued| queued.answer(Err(Error::Busy)));
}

/// Applies and answers a group; whether the database had no time for it.
async fn apply(db: &Db, group: Vec<Queued>) -> bool {
    let left = match group.len() {
        1 => Ok(group),
        _ => apply_jointly(db, group).await,
    };
    let Ok(left) = left else { return true };
    let mut left = left.into_iter();
    while let Some(queued) = left.next() {
        let (tenant, waiting) = (queued.waiting.tenant.clone(), Arc::clone(&queued.waiting));
        let answer = db.write(&tenant, move |tx| waiting.apply(tx)).await;
        let is_busy = matches!(answer, Err(Error::Busy | Error::Unknown));
        queued.answer(answer);
        if is_busy {
            answer_busy(left.collect());
            return true;
        }
    }
    false
}

/// Applies a group in one transaction; answers those that have to be applied by themselves, or that the database had no
/// time for any.
async fn apply_jointly(db: &Db, group: Vec<Queued>) -> std::result::Result<Vec<Queued>, ()> {
    let waiting: Vec<_> = group.iter().map(|queued| Arc::clone(&queued.waiting)).collect();
    let tenants = waiting.iter().map(|waiting| waiting.tenant.clone()).collect();
    let applied = db.write_together(tenants, move |tx| joint::apply(tx, &waiting));
    let outcomes = match applied.await {
        Ok(outcomes) => outcomes,
        Err(Error::Busy) => {
            answer_busy(group);
            return Err(());
        }
        // What may have been kept is not run again.
        Err(Error::Unknown) => {
            group
                .into_iter()
                .for_each(|queued| queued.answer(Err(Error::Unknown)));
            return Err(());
        }
        // What one of them caused must not befall the others.
        Err(_) => return Ok(group),
    };
    let mut left = Vec::new();
    for (queued, outcome) in group.into_iter().zip(outcomes) {
        match outcome {
            Some(answer) => queued.answer(answer.map(|answer| (answer, false))),
            None => left.push(queued),
        }
    }
    Ok(left)
}
