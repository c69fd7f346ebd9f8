//! Failed attempts to prove who one is, counted so that guessing takes ever longer, and so that nobody can use the
//! counting to lock somebody else out.
//!
//! Two counts decide. One is of an account *at an address*: after some failures each further one waits twice as long. The
//! other is of an address over all accounts, and passes over whoever has signed in from there before. No count is of
//! an account alone, since a stranger could fill it; only codes of a second factor are counted so too, since nobody gets
//! as far as a code who does not know the password, and digits are few. Accounts that do not exist are counted like those that do. An
//! attempt counts as failed from its beginning, so that a thousand at once are not a thousand guesses.
//!
//! All of it is in memory, bounded, and forgotten when the process ends; each process counts for itself.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use super::ClientAddress;
use crate::clock::Clock;
use crate::error::{Error, Result};

const SECOND: i64 = 1_000_000;
/// Without a failure for so long, the earlier ones are forgotten.
const MEMORY: i64 = 3_600 * SECOND;
/// An address from which somebody has signed in is known for so long.
const KNOWN: i64 = 30 * 24 * 3_600 * SECOND;
/// Counts are kept in two generations of so many at most; the older one is forgotten when the younger is full.
const MOST: usize = 50_000;

/// How many failures are free, and the longest wait after one, in seconds.
struct Rule {
    free: u32,
    longest: i64,
}
const ACCOUNT_AT_ADDRESS: Rule = Rule {
    free: 5,
    longest: 900,
};
/// Where somebody has signed in before: colleagues may share that address.
const ACCOUNT_AT_KNOWN_ADDRESS: Rule = Rule { free: 5, longest: 60 };
/// Wrong codes of an account from anywhere, beside a right password.
const CODE: Rule = Rule {
    free: 10,
    longest: 900,
};
const ADDRESS: Rule = Rule {
    free: 50,
    longest: 300,
};

#[derive(Clone, Copy, Default)]
struct Count {
    failures: u32,
    last: i64,
    waits_until: i64,
    known_until: i64,
}

impl Count {
    fn add(&mut self, rule: &Rule, now: i64) -> Waits {
        let before = self.waits_until;
        if now - self.last > MEMORY {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        self.last = now;
        if let Some(beyond) = self.failures.checked_sub(rule.free + 1) {
            let seconds = (1_i64 << beyond.min(30)).min(rule.longest);
            self.waits_until = now + seconds * SECOND;
        }
        Waits {
            before,
            after: self.waits_until,
        }
    }

    /// Undoes one addition; what others have added since stands.
    fn take_back(&mut self, waits: Waits) {
        self.failures = self.failures.saturating_sub(1);
        if self.waits_until == waits.after {
            self.waits_until = waits.before;
        }
    }
}

/// Until when a count had to wait before and after an addition.
#[derive(Clone, Copy)]
struct Waits {
    before: i64,
    after: i64,
}

struct Counts {
    hasher: RandomState,
    young: HashMap<u64, Count>,
    old: HashMap<u64, Count>,
}

impl Counts {
    fn find(&mut self, key: impl Hash) -> &mut Count {
        let key = self.hasher.hash_one(key);
        if !self.young.contains_key(&key) && self.young.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
        }
        let from = self.old.remove(&key).unwrap_or_default();
        self.young.entry(key).or_insert(from)
    }
}

/// Counts attempts. Cheap to clone; the copies count together.
#[derive(Clone)]
pub struct Attempts {
    clock: Clock,
    counts: Arc<Mutex<Counts>>,
}

/// An attempt under way: a failed one, unless it is said otherwise.
pub(crate) struct Attempt {
    attempts: Attempts,
    account: String,
    address: ClientAddress,
    is_known: bool,
    waits: Waits,
    waits_at_address: Waits,
    code: Option<(i32, Waits)>,
}

impl Attempts {
    /// None so far.
    pub fn new(clock: Clock) -> Self {
        let counts = Counts {
            hasher: RandomState::new(),
            young: HashMap::new(),
            old: HashMap::new(),
        };
        Self {
            clock,
            counts: Arc::new(Mutex::new(counts)),
        }
    }

    /// Begins an attempt on an account (by whatever names it, in any case) from an address;
    /// [`Error::TooManyAttempts`] while it has to wait.
    pub(crate) fn begin(&self, account: &str, address: ClientAddress) -> Result<Attempt> {
        let (now, account) = (self.clock.now(), account.to_lowercase());
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let own = *counts.find((&account, address));
        let is_known = own.known_until > now;
        let mut until = own.waits_until;
        if !is_known {
            until = until.max(counts.find(address).waits_until);
        }
        if until > now {
            tracing::warn!(%address, "too many failed attempts: this one was not looked at");
            let seconds = (until - now + SECOND - 1) / SECOND;
            return Err(Error::TooManyAttempts(seconds));
        }
        let rule = if is_known {
            &ACCOUNT_AT_KNOWN_ADDRESS
        } else {
            &ACCOUNT_AT_ADDRESS
        };
        let waits = counts.find((&account, address)).add(rule, now);
        let waits_at_address = counts.find(address).add(&ADDRESS, now);
        drop(counts);
        Ok(Attempt {
            attempts: self.clone(),
            account,
            address,
            is_known,
            waits,
            waits_at_address,
            code: None,
        })
    }
}

impl Attempt {
    /// Goes on with a code, the password having been right; [`Error::TooManyAttempts`] while codes of that account have to
    /// wait, unless it has signed in from there before.
    pub(crate) fn with_code(mut self, account_id: i32) -> Result<Self> {
        let attempts = self.attempts.clone();
        let now = attempts.clock.now();
        let mut counts = attempts.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.find(("code", account_id));
        let left = count.waits_until - now;
        if left > 0 && !self.is_known {
            drop(counts);
            tracing::warn!(
                account = account_id,
                "too many wrong codes: this one was not looked at"
            );
            self.take_back();
            return Err(Error::TooManyAttempts((left + SECOND - 1) / SECOND));
        }
        self.code = Some((account_id, count.add(&CODE, now)));
        Ok(self)
    }

    /// Settles it by what came of the work that it was for: a code that is missing or wrong has failed, and what went
    /// wrong otherwise tells nothing of who it was.
    pub(crate) fn settle<T>(self, came: Result<T>) -> Result<T> {
        match &came {
            Ok(_) => self.succeed(),
            Err(Error::SecondFactorRequired | Error::SecondFactorRefused) => {}
            Err(_) => self.take_back(),
        }
        came
    }

    /// It was right: the failures of this account at this address are forgotten, and the address is known.
    pub(crate) fn succeed(self) {
        let now = self.attempts.clock.now();
        let mut counts = self
            .attempts
            .counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *counts.find((&self.account, self.address)) = Count {
            known_until: now + KNOWN,
            ..Count::default()
        };
        counts.find(self.address).take_back(self.waits_at_address);
        if let Some((account_id, waits)) = self.code {
            counts.find(("code", account_id)).take_back(waits);
        }
    }

    /// It was not looked at after all.
    pub(crate) fn take_back(self) {
        let mut counts = self
            .attempts
            .counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        counts.find((&self.account, self.address)).take_back(self.waits);
        counts.find(self.address).take_back(self.waits_at_address);
        if let Some((account_id, waits)) = self.code {
            counts.find(("code", account_id)).take_back(waits);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    fn address(text: &str) -> ClientAddress {
        ClientAddress::of(text.parse().unwrap())
    }

    fn attempts() -> (Attempts, Arc<AtomicI64>) {
        let now = Arc::new(AtomicI64::new(1_772_443_800_000_000));
        (Attempts::new(Clock::Fixed(now.clone())), now)
    }

    fn wait(attempts: &Attempts, account: &str, from: &str) -> i64 {
        match attempts.begin(account, address(from)) {
            Ok(_) => 0,
            Err(Error::TooManyAttempts(seconds)) => seconds,
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        let (attempts, now) = attempts();
        for _ in 0..6 {
            assert_eq!(wait(&attempts, "ana@b.example", "192.0.2.1"), 0);
        }
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            assert_eq!(wait(&attempts, "Ana@b.example", "192.0.2.1"), expected);
            now.fetch_add(expected * SECOND, Ordering::SeqCst);
            assert_eq!(wait(&attempts, "ana@b.example", "192.0.2.1"), 0);
        }
        now.fetch_add(MEMORY + SECOND, Ordering::SeqCst);
        for _ in 0..6 {
            assert_eq!(wait(&attempts, "ana@b.example", "192.0.2.1"), 0);
        }
    }

    #[test]
    fn nobody_else_waits_for_it() {
        let (attempts, _) = attempts();
        while wait(&attempts, "ana@b.example", "192.0.2.1") == 0 {}
        assert_eq!(wait(&attempts, "ana@b.example", "192.0.2.2"), 0);
        assert_eq!(wait(&attempts, "ben@b.example", "192.0.2.1"), 0);
    }

    #[test]
    fn an_address_that_tries_many_accounts_waits_but_not_whoever_is_known_there() {
        let (attempts, _) = attempts();
        let known = attempts.begin("ana@b.example", address("192.0.2.1"));
        known.ok().unwrap().succeed();
        let tried = (0..1000).find(|i| wait(&attempts, &format!("{i}@b.example"), "192.0.2.1") > 0);
        assert_eq!(tried, Some(51));
        assert_eq!(wait(&attempts, "ana@b.example", "192.0.2.1"), 0);
        assert_eq!(wait(&attempts, "new@b.example", "192.0.2.2"), 0);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let (attempts, _) = attempts();
        let tried = (0..1000).find(|i| wait(&attempts, "ana@b.example", &format!("2001:db8::{i:x}")) > 0);
        assert_eq!(tried, Some(6));
        assert_eq!(wait(&attempts, "ana@b.example", "2001:db8:0:1::1"), 0);
    }

    #[test]
    fn ones_own_success_does_not_cover_guesses_at_others() {
        let (attempts, _) = attempts();
        let tried = (0..1000).find(|i| {
            if let Ok(own) = attempts.begin("mallory@b.example", address("192.0.2.1")) {
                own.succeed();
            }
            wait(&attempts, &format!("{i}@b.example"), "192.0.2.1") > 0
        });
        assert!(tried.is_some_and(|tried| tried <= 51), "{tried:?}");
    }

    #[test]
    fn what_was_not_looked_at_does_not_count() {
        let (attempts, _) = attempts();
        for _ in 0..100 {
            attempts
                .begin("ana@b.example", address("192.0.2.1"))
                .ok()
                .unwrap()
                .take_back();
        }
    }

    #[test]
    fn codes_wait_from_everywhere_but_where_their_owner_has_signed_in() {
        let (attempts, now) = attempts();
        let from = |text: &str| attempts.begin("ana@b.example", address(text)).ok().unwrap();
        from("192.0.2.1").with_code(1).ok().unwrap().succeed();
        let guess = |i: i32| from(&format!("198.51.100.{i}")).with_code(1);
        let tried = (0..100).find(|i| guess(*i).is_err());
        assert_eq!(tried, Some(11));
        assert!(from("192.0.2.1").with_code(1).is_ok());
        assert!(from("203.0.113.1").with_code(2).is_ok());
        // One that was not looked at is none.
        now.fetch_add(2 * SECOND, Ordering::SeqCst);
        assert!(guess(11).is_ok());
        assert!(matches!(guess(12), Err(Error::TooManyAttempts(4 | 2))));
        from("192.0.2.1")
            .settle(Err::<(), _>(Error::SecondFactorRefused))
            .unwrap_err();
    }

    #[test]
    fn memory_is_bounded() {
        let (attempts, _) = attempts();
        for i in 0..3 * MOST {
            let bytes = (i as u32).to_be_bytes();
            let _ = attempts.begin("ana@b.example", ClientAddress::of(std::net::IpAddr::from(bytes)));
        }
        let counts = attempts.counts.lock().unwrap();
        assert!(counts.young.len() + counts.old.len() <= 2 * MOST);
    }
}
