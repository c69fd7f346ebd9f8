//! What is in the database after a restart, against what is to be there: each acknowledged operation once and whole,
//! each refused one not at all, each unknown one whole or not at all, and nothing else.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Outcome;
use crate::coalition::OBSERVATIONS;
use crate::figures::Figures;
use crate::http::Client;
use crate::load::Known;
use crate::operation::{Answer, Operation, date};

const SUBMISSIONS: &str = "/v1/coalitions/teens-thrive/submissions";
/// How long an operation that is applied later may take, also where several wait.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was seen until now.
#[derive(Default)]
pub struct Witness {
    /// The ids of the submissions, by their operations.
    names: HashMap<u64, String>,
    listed: HashSet<String>,
    updated_until: Option<String>,
    /// Operations found to be there.
    pub applied: usize,
    /// Of those that nobody knew of, those found to be there.
    pub unknown_applied: usize,
    /// And those that were not.
    pub unknown_lost: usize,
}

impl Witness {
    /// Looks at everything that changed since it last looked; clients and their figures are in the same order. The
    /// figures are brought up to date.
    pub fn look(&mut self, client: &mut Client, clients: &mut [Figures], known: Vec<Known>) -> Outcome<()> {
        for (operation, submission) in known.iter().flat_map(|known| &known.acknowledged) {
            if operation.is_later {
                await_end(client, submission)?;
            }
        }
        let mut kept = self.list(client)?;
        let (mut touched, mut sent_again) = (BTreeSet::new(), BTreeSet::new());
        for (figures, known) in clients.iter_mut().zip(known) {
            for (operation, submission) in &known.acknowledged {
                let found = kept.remove(&operation.source());
                let found = found.ok_or_else(|| format!("LOST: {}", operation.source()))?;
                if found["submission"].as_str() != Some(submission) {
                    return Err(format!("{} is known under another id", operation.source()).into());
                }
                self.note(operation, submission, &mut touched);
            }
            for operation in &known.refused {
                if kept.contains_key(&operation.source()) {
                    return Err(format!("FALSE REFUSAL: {} is there", operation.source()).into());
                }
            }
            if let Some(operation) = known.unknown {
                let found = kept.remove(&operation.source());
                let was_there = found.is_some();
                if let Some(submission) = settle(client, &operation, found)? {
                    figures.apply(&operation);
                    self.note(&operation, &submission, &mut touched);
                    if !was_there {
                        sent_again.insert(operation.source());
                    }
                }
                match was_there {
                    true => self.unknown_applied += 1,
                    false => self.unknown_lost += 1,
                }
            }
        }
        if let Some(source) = kept.keys().next() {
            return Err(format!("DOUBLED, or never sent: {source}").into());
        }
        // What was sent again, and had not come through, is listed by now.
        let listed: BTreeSet<String> = self.list(client)?.into_keys().collect();
        if listed != sent_again {
            return Err(format!("sent again were {sent_again:?}, and {listed:?} came of it").into());
        }
        self.compare(client, clients, &touched)
    }

    fn note(&mut self, operation: &Operation, submission: &str, touched: &mut BTreeSet<u64>) {
        self.applied += 1;
        self.names.insert(operation.id, submission.to_owned());
        touched.extend(operation.rows.iter().map(|(day, _)| *day));
    }

    /// The submissions since it last asked, by their sources.
    fn list(&mut self, client: &mut Client) -> Outcome<BTreeMap<String, Value>> {
        let (mut found, mut cursor) = (BTreeMap::new(), String::new());
        loop {
            client.renew()?;
            let page = client.ask("GET", &format!("{SUBMISSIONS}?limit=1000{cursor}"), &Value::Null)?;
            for submission in page["data"].as_array().into_iter().flatten() {
                let id = submission["submission"].as_str().unwrap_or_default();
                if !self.listed.insert(id.to_owned()) {
                    return Ok(found);
                }
                let source = submission["source"].as_str().unwrap_or_default().to_owned();
                if found.insert(source.clone(), submission.clone()).is_some() {
                    return Err(format!("DOUBLED: {source}").into());
                }
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(found),
            }
        }
    }

    /// The figures that changed since it last asked are those that were touched, and each is as it is to be.
    fn compare(&mut self, client: &mut Client, clients: &[Figures], touched: &BTreeSet<u64>) -> Outcome<()> {
        let since = self.updated_until.as_deref().unwrap_or("1970-01-01T00:00:00Z");
        let query = format!("updated_after={since}");
        let mut days = BTreeMap::new();
        for day in touched {
            days.insert(date(*day)?.to_string(), *day);
        }
        let (rows, until) = observations(client, &query)?;
        for row in &rows {
            let period = row["period"].as_str().unwrap_or_default();
            let day = days
                .remove(period)
                .ok_or_else(|| format!("{period} changed, and nobody changed it"))?;
            let owner = clients.iter().find(|figures| figures.days.contains(&day));
            let owner = owner.ok_or("a day that is nobody's")?;
            let last = owner.trail.get(&day).and_then(|trail| trail.last());
            let (value, id) = last.copied().ok_or("a day without figures")?;
            let is_same = row["value"].as_i64() == value
                && row["withdrawn"] == value.is_none()
                && row["submission"].as_str() == self.names.get(&id).map(String::as_str);
            if !is_same {
                return Err(format!("PARTIAL: {period} is {row}, not {value:?} of operation {id}").into());
            }
        }
        if let Some(period) = days.keys().next() {
            return Err(format!("LOST: the figure of {period} has not changed").into());
        }
        self.updated_until = Some(until);
        Ok(())
    }

    /// All figures with all their earlier values are those that were acknowledged; answers how many values.
    pub fn look_at_history(&self, client: &mut Client, clients: &[Figures]) -> Outcome<usize> {
        let mut values = 0;
        for figures in clients {
            let (first, last) = (date(figures.days.start)?, date(figures.days.end - 1)?);
            let query = format!("period={first}..{last}&include_history=true");
            let (rows, _) = observations(client, &query)?;
            if rows.len() != figures.trail.len() {
                return Err(format!("{} days, not {}", rows.len(), figures.trail.len()).into());
            }
            for ((day, _), row) in figures.trail.iter().zip(&rows) {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let earlier = row["history"].as_array().into_iter().flatten().rev();
                let earlier: Vec<_> = earlier
                    .map(|earlier| {
                        let value = earlier["value"].as_i64().unwrap_or_default();
                        (
                            value,
                            text(&earlier["submission"]),
                            text(&earlier["superseded_by"]),
                        )
                    })
                    .collect();
                if earlier != figures.earlier(*day, &self.names)
                    || row["value"].as_i64() != figures.current(*day)
                {
                    return Err(format!("the history of {} is not what was sent", row["period"]).into());
                }
                values += earlier.len() + 1;
            }
        }
        Ok(values)
    }
}

/// Finds out about an operation of which nobody knows; one with a key by sending it again.
fn settle(client: &mut Client, operation: &Operation, found: Option<Value>) -> Outcome<Option<String>> {
    let id = |found: &Value| found["submission"].as_str().unwrap_or_default().to_owned();
    if !operation.is_keyed {
        return Ok(found.as_ref().map(id));
    }
    let (submission, is_again) = send_again(client, operation)?;
    if let Some(found) = &found
        && (!is_again || id(found) != submission)
    {
        return Err(format!("DOUBLED: {} was there, and was done again", operation.source()).into());
    }
    if found.is_none() && is_again && !operation.is_later {
        return Err(format!("{} is known, and not there", operation.source()).into());
    }
    if operation.is_later {
        await_end(client, &submission)?;
    }
    Ok(Some(submission))
}

/// Sends one again until it is taken: what waits to be applied may hold it up.
fn send_again(client: &mut Client, operation: &Operation) -> Outcome<(String, bool)> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        match operation.send(client)? {
            Answer::Acknowledged {
                submission, is_again, ..
            } => return Ok((submission, is_again)),
            Answer::Refused => std::thread::sleep(Duration::from_millis(100)),
            Answer::Unknown => return Err("nobody knows, though nothing was killed".into()),
        }
    }
    Err(format!("{} could not be sent again", operation.source()).into())
}

fn await_end(client: &mut Client, submission: &str) -> Outcome<()> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        let shown = client.ask("GET", &format!("{SUBMISSIONS}/{submission}"), &Value::Null)?;
        match shown["state"].as_str() {
            Some("applied") => return Ok(()),
            Some("pending" | "running") => std::thread::sleep(Duration::from_millis(10)),
            _ => return Err(format!("LOST: taken in, and not applied: {shown}").into()),
        }
    }
    Err(format!("{submission} was not applied in time").into())
}

/// All pages of a list of observations, and the instant up to which it is told.
fn observations(client: &mut Client, query: &str) -> Outcome<(Vec<Value>, String)> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("{OBSERVATIONS}?limit=1000&{query}{cursor}");
        // It takes a while to look at a page.
        client.renew()?;
        let mut page = client.ask("GET", &path, &Value::Null)?;
        if let Some(Value::Array(data)) = page.get_mut("data").map(Value::take) {
            rows.extend(data);
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => {
                let until = page["meta"]["updated_until"].as_str().unwrap_or_default();
                return Ok((rows, until.to_owned()));
            }
        }
    }
}
