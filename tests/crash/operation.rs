//! One submission: what it says, how it is sent, and what is to come of it.

use std::fmt::Write as _;

use chrono::{Days, NaiveDate};

use crate::Outcome;
use crate::coalition::OBSERVATIONS;
use crate::http::Client;

/// Figures of days, counted from 1900, each with a new value or none: then it is withdrawn.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its number, told apart from all others; its rows carry it, and so does its `source`.
    pub id: u64,
    /// What it says.
    pub rows: Vec<(u64, Option<i64>)>,
    /// Whether it has an `Idempotency-Key`.
    pub is_keyed: bool,
    /// Whether it is to be applied later.
    pub is_later: bool,
}

/// What was said to it.
#[derive(Debug)]
pub enum Answer {
    /// It is durable: the id of the submission, and whether that was said before.
    Acknowledged {
        /// The submission.
        submission: String,
        /// Whether the answer is one that was given before.
        is_again: bool,
        /// How many figures it created, corrected and withdrew, where that is known already.
        counts: Option<[u64; 3]>,
    },
    /// Nothing was changed.
    Refused,
    /// Nobody knows: no answer, or one that says so.
    Unknown,
}

impl Operation {
    /// Its `source`, by which it is found again.
    pub fn source(&self) -> String {
        format!("operation {}", self.id)
    }

    /// Sends it. An answer that no fault explains is an error.
    pub fn send(&self, client: &mut Client) -> Outcome<Answer> {
        let mut fields = String::new();
        if self.is_keyed {
            write!(fields, "Idempotency-Key: key-{}\r\n", self.id)?;
        }
        if self.is_later {
            fields.push_str("Prefer: respond-async\r\n");
        }
        let expected = if self.is_later { 202 } else { 201 };
        let Ok((status, body)) = client.send_with("POST", OBSERVATIONS, &fields, &self.body()?) else {
            return Ok(Answer::Unknown);
        };
        let body: serde_json::Value = serde_json::from_slice(body)?;
        if status == expected {
            let submission = body["submission"].as_str().ok_or("a receipt without its id")?;
            return Ok(Answer::Acknowledged {
                submission: submission.to_owned(),
                is_again: client.field("idempotency-replayed").is_some(),
                counts: (!self.is_later).then(|| {
                    ["created", "updated", "withdrawn"]
                        .map(|count| body["counts"][count].as_u64().unwrap_or_default())
                }),
            });
        }
        let is_told_to_wait = client.field("retry-after").is_some();
        match (status, body["code"].as_str()) {
            (503, Some("busy")) if is_told_to_wait => Ok(Answer::Refused),
            (503, Some("outcome_unknown")) if is_told_to_wait => Ok(Answer::Unknown),
            _ => Err(format!("{} was answered with {status} {body}", self.source()).into()),
        }
    }

    fn body(&self) -> Outcome<String> {
        let mut text = format!(r#"{{"source":"{}","observations":["#, self.source());
        for (place, (day, value)) in self.rows.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            let value = value.map_or_else(|| "null".to_owned(), |value| value.to_string());
            let period = date(*day)?;
            write!(
                text,
                r#"{comma}{{"measure":"VISITS","period":"{period}","value":{value}}}"#
            )?;
        }
        text.push_str("]}");
        Ok(text)
    }
}

/// The date of a day.
pub fn date(day: u64) -> Outcome<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or_default();
    Ok(first
        .checked_add_days(Days::new(day))
        .ok_or("there are no more days")?)
}
