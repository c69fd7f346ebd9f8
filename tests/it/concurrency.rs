//! Corrections and withdrawals from several clients at once come out as if they had come one after another: replayed in
//! the order of their receipts, they give the same counts, the same figures and the same history.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{Answer, Client, Coalition, run_in_coalition};

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

const MEASURES: [&str; 2] = ["VISITS", "ATTENDANCE"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
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
    prop::collection::vec(step, 10..40)
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

/// What a sequential run would have left: by organization, measure and year, each value and the step that brought it.
#[derive(Default)]
struct Model(BTreeMap<(usize, usize, u32), Told>);

/// What was answered, one after another: the value, and what was said of it.
type Told = Vec<(Option<i64>, String)>;

impl Model {
    /// The counts of a step: created, updated, unchanged, withdrawn.
    fn apply(&mut self, step: &Step, submission: &str) -> [u64; 4] {
        let mut counts = [0; 4];
        for (measure, year, value) in &step.rows {
            let trail = self.0.entry((step.who % 2, *measure, *year)).or_default();
            let current = trail.last().and_then(|(value, _)| *value);
            let place = match (current, value) {
                (current, value) if current == *value => 2,
                (None, Some(_)) => 0,
                (_, None) => 3,
                (Some(_), Some(_)) => 1,
            };
            counts[place] += 1;
            if place != 2 {
                trail.push((*value, submission.to_owned()));
            }
        }
        counts
    }

    /// Each figure with what it says and said before, the newest first, as the list of observations tells it.
    fn told(&self, names: [&str; 2]) -> Vec<Value> {
        let told = self.0.iter().filter(|(_, trail)| !trail.is_empty());
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

async fn holds(steps: &[Step], coalition: &Coalition) {
    let clients = [&coalition.partner, &coalition.second, &coalition.backbone];
    let (path, on_behalf) = (
        coalition.path("/observations"),
        coalition.partner.organization().to_owned(),
    );
    let tasks: Vec<_> = steps
        .iter()
        .enumerate()
        .flat_map(|(number, step)| {
            let times = if step.is_twice { 2 } else { 1 };
            (0..times).map(move |_| (number, step.clone()))
        })
        .map(|(number, step)| {
            let client = clients[step.who].clone();
            let sent = step.send(number, client, path.clone(), on_behalf.clone());
            (number, actix_web::rt::spawn(sent))
        })
        .collect();
    let mut acknowledged: HashMap<usize, String> = HashMap::new();
    for (number, task) in tasks {
        let answer = task.await.expect("an answer");
        let is_refused = steps[number].bad == Some(false);
        match answer.status {
            // The other of the two was still being answered.
            409 => assert!(steps[number].is_twice),
            422 => assert!(is_refused, "{}", answer.text()),
            _ => {
                assert!([200, 201].contains(&answer.status), "{}", answer.text());
                assert!(!is_refused);
                let submission = answer.json()["submission"].as_str().expect("an id").to_owned();
                let known = acknowledged.insert(number, submission.clone());
                assert!(known.is_none_or(|known| known == submission), "one effect each");
            }
        }
    }
    let mut model = Model::default();
    for (number, receipt) in receipts(coalition).await {
        let submission = receipt["submission"].as_str().expect("an id");
        assert_eq!(
            acknowledged.remove(&number).as_deref(),
            Some(submission),
            "step {number}"
        );
        let counts = model.apply(&steps[number], submission);
        let names = ["created", "updated", "unchanged", "withdrawn"];
        let receipt = names.map(|name| receipt["counts"][name].as_u64().expect("a count"));
        assert_eq!(receipt, counts, "step {number}");
    }
    assert!(acknowledged.is_empty(), "without a receipt: {acknowledged:?}");
    let names = [coalition.partner.organization(), coalition.second.organization()];
    assert_eq!(told(coalition).await, model.told(names));
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
        .run(&steps(), |steps| {
            run_in_coalition(async |app, coalition| {
                holds(&steps, &coalition).await;
                app.assert_totals().await;
            });
            Ok(())
        })
        .expect("the same");
}
