//! What one asker may take of the service: requests of an organization within a time, and its turn at the database.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

/// An organization may save up as many requests as it may make in so many seconds.
const WINDOW: u32 = 10;
/// So many credentials are remembered; then remembering begins anew.
const REMEMBERED: usize = 10_000;

type PerOrganization = RateLimiter<i32, HashMapStateStore<i32>, DefaultClock, StateInformationMiddleware>;

/// What is limited, and who is known. Cheap to clone.
#[derive(Clone, Default)]
pub struct Limits(Arc<Shared>);

#[derive(Default)]
struct Shared {
    rate: Option<Rate>,
    /// The organizations behind credentials that once held, by a hash that differs from process to process. Whether they
    /// still hold is not asked here.
    known: Mutex<HashMap<u64, i32>>,
    hasher: RandomState,
    is_stopping: AtomicBool,
}

struct Rate {
    quota: u32,
    limiter: PerOrganization,
}

/// What an organization has left.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Requests within the window.
    pub quota: u32,
    /// The window, in seconds.
    pub window: u32,
    /// Requests at this moment.
    pub remaining: u32,
    /// Seconds until there are more (where there are none), or until all are there again.
    pub reset: u32,
}

impl Limits {
    /// So many requests a second for each organization; 0 sets no limit.
    pub fn new(per_second: u32) -> Self {
        let rate = NonZeroU32::new(per_second).and_then(|per_second| {
            let quota = NonZeroU32::new(per_second.get().saturating_mul(WINDOW))?;
            let limiter = RateLimiter::hashmap(Quota::per_second(per_second).allow_burst(quota));
            Some(Rate {
                quota: quota.get(),
                limiter: limiter.with_middleware(),
            })
        });
        Self(Arc::new(Shared {
            rate,
            ..Shared::default()
        }))
    }

    /// What stands for whoever presents these credentials, if any are presented.
    fn hash(&self, request: &HttpRequest) -> Option<u64> {
        let presented = request.headers().get(AUTHORIZATION)?;
        Some(self.0.hasher.hash_one(presented.as_bytes()))
    }

    /// The organization behind the credentials of a request, if they are known.
    pub fn organization(&self, request: &HttpRequest) -> Option<i32> {
        let hash = self.hash(request)?;
        self.lock().get(&hash).copied()
    }

    /// Remembers whose the credentials of a request are.
    pub fn remember(&self, request: &HttpRequest, organization_id: i32) {
        let Some(hash) = self.hash(request) else { return };
        let mut known = self.lock();
        if known.len() >= REMEMBERED {
            known.clear();
            if let Some(rate) = &self.0.rate {
                rate.limiter.retain_recent();
            }
        }
        known.insert(hash, organization_id);
    }

    /// Takes one request of what an organization has left: what then is left, or how long to wait. Nothing where
    /// nothing is limited.
    pub fn take(&self, organization_id: i32) -> Option<std::result::Result<Budget, Budget>> {
        let rate = self.0.rate.as_ref()?;
        let budget = |remaining, reset| Budget {
            quota: rate.quota,
            window: WINDOW,
            remaining,
            reset,
        };
        Some(match rate.limiter.check_key(&organization_id) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let missing = rate.quota.saturating_sub(remaining);
                Ok(budget(remaining, missing.div_ceil(rate.quota / WINDOW)))
            }
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                Err(budget(0, seconds(wait)))
            }
        })
    }

    /// From now on, the service is not ready for more.
    pub fn stop(&self) {
        self.0.is_stopping.store(true, Ordering::Relaxed);
    }

    /// Whether it is about to stop.
    pub fn is_stopping(&self) -> bool {
        self.0.is_stopping.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, i32>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whole seconds, at least one.
fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis().div_ceil(1_000)).map_or(u32::MAX, |seconds| seconds.max(1))
}
