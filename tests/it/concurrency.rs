//! Corrections, withdrawals, reviews and locks from several clients at once come out as if they had come one after another:
//! replayed in the order in which they were recorded, they give the same counts, the same figures and the same history.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{Answer, Client, Coalition, Request, run_in_coalition};

/// A row: a measure and a year, each out of a few so that they meet, and a value or its withdrawal.
type Row = (usize, u32, Option<i64>);

#[derive(Clone, Debug)]
struct Step {
    /// The partner, the second partner, or the backbone on behalf of the first.
    who: usize,
    rows: Vec<Row>,
    /// Whether it is sent twice at once, under one key.
    is_twice: bool,
    /// Whether a bad row stands among the others, and whether they are taken all the same.
    bad: Option<bool>,
}

#[derive(Clone, Debug)]
enum Doing {
    Submit(Step),
    /// Locks all years to that one, or none.
    Lock(Option<u32>),
    /// Reviews what the partner sent before.
    Review,
}

const MEASURES: [&str; 2] = ["VISITS", "ATTENDANCE"];

fn doings() -> impl Strategy<Value = Vec<Doing>> {
    let value = prop_oneof![1 => Just(None), 3 => (1_i64..4).prop_map(Some)];
    let rows = prop::collection::btree_map((0..MEASURES.len(), 2001_u32..2004), value, 1..5);
    let bad = prop_oneof![6 => Just(None), 1 => Just(Some(false)), 1 => Just(Some(true))];
    let step =
        (0..3_usize, rows, prop::bool::weighted(0.2), bad).prop_map(|(who, rows, is_twice, bad)| Step {
            who,
            rows: rows
                .into_iter()
                .map(|((measure, year), value)| (measure, year, value))
                .collect(),
            is_twice,
            bad,
        });
    let doing = prop_oneof![
        8 => step.prop_map(Doing::Submit),
        1 => prop::option::of(2000_u32..2003).prop_map(Doing::Lock),
        1 => Just(Doing::Review),
    ];
    prop::collection::vec(doing, 10..40)
}

impl Doing {
    /// What is sent, and by whom, for those that are no submissions.
    fn request(&self, number: usize, coalition: &Coalition) -> Option<Request> {
        let backbone = &coalition.backbone;
        match self {
            Self::Submit(_) => None,
            Self::Lock(year) => {
                let through = year.map(|year| format!("{year}-12-31"));
                Some(backbone.patch(&coalition.path(""), json!({"locked_through": through})))
            }
            Self::Review => {
                let path = coalition.path(&format!("/submissions/{}/review", coalition.submission));
                let body = json!({"verdict": "questioned", "comment": format!("step {number}")});
                Some(backbone.put(&path, body))
            }
        }
    }
}

impl Step {
    async fn send(self, number: usize, client: Client, path: String, on_behalf: String) -> Answer {
        let mut rows: Vec<Value> = self
            .rows
            .iter()
            .map(|(measure, year, value)| {
                json!({"measure": MEASURES[*measure], "period": year.to_string(), "value": value})
            })
            .collect();
        if self.bad.is_some() {
            rows.push(json!({"measure": "NOTHING", "period": "2001", "value": 1}));
        }
        if self.who == 2 {
            rows.iter_mut()
                .for_each(|row| row["organization"] = json!(on_behalf));
        }
        let query = if self.bad == Some(true) {
            "?mode=partial"
        } else {
            ""
        };
        let body = json!({"source": format!("step {number}"), "observations": rows});
        let mut request = client.post(&format!("{path}{query}"), body);
        if self.is_twice {
            request = request.header("Idempotency-Key", &format!("step-{number}"));
        }
        request.off_contract("a measure that is not").send().await
    }
}

/// What a sequential run would have left.
#[derive(Default)]
struct Model {
    /// By organization, measure and year, each value and the step that brought it.
    figures: BTreeMap<(usize, usize, u32), Told>,
    /// The last year that takes no changes.
    locked: Option<u32>,
}

/// What was answered, one after another: the value, and what was said of it.
type Told = Vec<(Option<i64>, String)>;

impl Model {
    /// The counts of a step: created, updated, unchanged, withdrawn, rejected.
    fn apply(&mut self, step: &Step, submission: &str) -> [u64; 5] {
        let mut counts = [0; 5];
        counts[4] += u64::from(step.bad.is_some());
        for (measure, year, value) in &step.rows {
            let trail = self.figures.entry((step.who % 2, *measure, *year)).or_default();
            let current = trail.last().and_then(|(value, _)| *value);
            let place = match (current, value) {
                (current, value) if current == *value => 2,
                (None, Some(_)) => 0,
                (_, None) => 3,
                (Some(_), Some(_)) => 1,
            };
            let is_refused = place != 2 && self.locked.is_some_and(|last| *year <= last);
            if is_refused {
                counts[4] += 1;
                continue;
            }
            counts[place] += 1;
            if place != 2 {
                trail.push((*value, submission.to_owned()));
            }
        }
        counts
    }

    /// Each figure with what it says and said before, the newest first, as the list of observations tells it.
    fn told(&self, names: [&str; 2]) -> Vec<Value> {
        let told = self.figures.iter().filter(|(_, trail)| !trail.is_empty());
        let told = told.map(|((who, measure, year), trail)| {
            let earlier: Vec<Value> = trail
                .windows(2)
                .rev()
                .filter(|pair| pair[0].0.is_some())
                .map(|pair| json!([pair[0].0, pair[0].1, pair[1].1]))
                .collect();
            let (value, submission) = trail.last().expect("a step");
            let year = year.to_string();
            json!([names[*who], MEASURES[*measure], year, value, submission, earlier])
        });
        let mut told: Vec<Value> = told.collect();
        told.sort_by_key(Value::to_string);
        told
    }
}

/// The same out of the list.
async fn told(coalition: &Coalition) -> Vec<Value> {
    let path = coalition.path("/observations?period=2001..2003&include_history=true&limit=1000");
    let rows = coalition.backbone.get(&path).send().await.expect(200).data();
    let told = rows.iter().map(|row| {
        let earlier = row["history"].as_array().expect("a history").iter();
        let earlier: Vec<Value> = earlier
            .map(|earlier| json!([earlier["value"], earlier["submission"], earlier["superseded_by"]]))
            .collect();
        let [organization, measure, period, value, submission] =
            ["organization", "measure", "period", "value", "submission"].map(|name| &row[name]);
        json!([organization, measure, period, value, submission, earlier])
    });
    let mut told: Vec<Value> = told.collect();
    told.sort_by_key(Value::to_string);
    told
}

/// The receipts of the steps, in the order in which they were applied.
async fn receipts(coalition: &Coalition) -> Vec<(usize, Value)> {
    let path = coalition.path("/submissions?limit=1000");
    let listed = coalition.backbone.get(&path).send().await.expect(200).data();
    let steps = listed.into_iter().rev().filter_map(|receipt| {
        let number = receipt["source"].as_str()?.strip_prefix("step ")?.parse().ok()?;
        Some((number, receipt))
    });
    steps.collect()
}

/// What the audit log tells of one kind of change, the oldest first.
async fn audited(coalition: &Coalition, action: &str) -> Vec<Value> {
    let path = coalition.path("/audit?limit=1000");
    let told = coalition.backbone.get(&path).send().await.expect(200).data();
    told.into_iter()
        .rev()
        .filter(|row| row["action"] == action)
        .collect()
}

/// Whether a submission was refused for nothing but locked periods, and the row that is bad anyway.
fn is_for_locks(answer: &Answer) -> bool {
    let issues = answer.issues();
    issues.iter().any(|issue| issue.ends_with("period_locked"))
        && issues
            .iter()
            .all(|issue| issue.ends_with("period_locked") || issue.ends_with("unknown_measure"))
}

async fn holds(doings: &[Doing], coalition: &Coalition) {
    let clients = [&coalition.partner, &coalition.second, &coalition.backbone];
    let (path, on_behalf) = (
        coalition.path("/observations"),
        coalition.partner.organization().to_owned(),
    );
    let (mut tasks, mut others) = (Vec::new(), Vec::new());
    for (number, doing) in doings.iter().enumerate() {
        if let Some(request) = doing.request(number, coalition) {
            others.push(actix_web::rt::spawn(request.send()));
        }
        let Doing::Submit(step) = doing else { continue };
        for _ in 0..if step.is_twice { 2 } else { 1 } {
            let client = clients[step.who].clone();
            let sent = step.clone().send(number, client, path.clone(), on_behalf.clone());
            tasks.push((number, step, actix_web::rt::spawn(sent)));
        }
    }
    let mut acknowledged: HashMap<usize, String> = HashMap::new();
    for (number, step, task) in tasks {
        let answer = task.await.expect("an answer");
        let is_refused = step.bad == Some(false);
        match answer.status {
            // The other of the two was still being answered.
            409 => assert!(step.is_twice),
            422 => assert!(is_refused || is_for_locks(&answer), "{}", answer.text()),
            _ => {
                assert!([200, 201].contains(&answer.status), "{}", answer.text());
                assert!(!is_refused);
                let submission = answer.json()["submission"].as_str().expect("an id").to_owned();
                let known = acknowledged.insert(number, submission.clone());
                assert!(known.is_none_or(|known| known == submission), "one effect each");
            }
        }
    }
    for task in others {
        task.await.expect("an answer").expect(200);
    }
    let mut model = Model::default();
    let mut locks = audited(coalition, "coalition.updated")
        .await
        .into_iter()
        .peekable();
    for (number, receipt) in receipts(coalition).await {
        while let Some(lock) =
            locks.next_if(|lock| lock["recorded_at"].as_str() < receipt["recorded_at"].as_str())
        {
            if let Some(change) = lock["details"].get("locked_through") {
                let year = change["to"].as_str().map(|day| &day[..4]);
                model.locked = year.map(|year| year.parse().expect("a year"));
            }
        }
        let submission = receipt["submission"].as_str().expect("an id");
        assert_eq!(
            acknowledged.remove(&number).as_deref(),
            Some(submission),
            "step {number}"
        );
        let Doing::Submit(step) = &doings[number] else {
            panic!("step {number} submits")
        };
        let counts = model.apply(step, submission);
        let names = ["created", "updated", "unchanged", "withdrawn", "rejected"];
        let receipt = names.map(|name| receipt["counts"][name].as_u64().expect("a count"));
        assert_eq!(receipt, counts, "step {number}");
        assert!(
            counts[4] == 0 || step.bad == Some(true),
            "step {number} is all or nothing"
        );
    }
    assert!(acknowledged.is_empty(), "without a receipt: {acknowledged:?}");
    let names = [coalition.partner.organization(), coalition.second.organization()];
    assert_eq!(told(coalition).await, model.told(names));
    assert_reviewed(doings, coalition).await;
}

/// Each review that was acknowledged took the place of the one before, and the last of them stands.
async fn assert_reviewed(doings: &[Doing], coalition: &Coalition) {
    let told = audited(coalition, "submission.reviewed").await;
    let (mut comments, mut last) = (Vec::new(), Value::Null);
    for row in &told {
        let comment = &row["details"]["comment"];
        assert_eq!(comment["from"], last, "{row}");
        last = comment["to"].clone();
        comments.push(last.as_str().expect("a comment").to_owned());
    }
    let path = coalition.path(&format!("/submissions/{}", coalition.submission));
    let found = coalition.partner.get(&path).send().await.expect(200).json();
    assert_eq!(found["review"].get("comment").unwrap_or(&Value::Null), &last);
    let sent = doings
        .iter()
        .enumerate()
        .filter(|(_, doing)| matches!(doing, Doing::Review));
    let mut sent: Vec<String> = sent.map(|(number, _)| format!("step {number}")).collect();
    sent.sort_unstable();
    comments.sort_unstable();
    assert_eq!(comments, sent);
}

#[test]
fn what_comes_at_once_comes_out_as_one_after_another() {
    let mut runner = TestRunner::new(Config {
        cases: 8,
        max_shrink_iters: 0,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&doings(), |doings| {
            run_in_coalition(async |app, coalition| {
                holds(&doings, &coalition).await;
                app.assert_totals().await;
            });
            Ok(())
        })
        .expect("the same");
}
