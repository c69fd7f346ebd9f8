//! Following along: whoever fetches the pages of the observations, and later those of what was recorded since, keeps an
//! exact copy, whatever is submitted, corrected and withdrawn between any two pages.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::database::is_postgres;
use crate::support::{Client, Coalition, run_in_coalition};

/// By organization, measure, period and cell: value, reason, and the submission that brought it.
type Copy = BTreeMap<String, (Value, Value, Value)>;

#[derive(Clone, Debug)]
enum Act {
    /// Rows by measure and period; who submits: one partner, the other, or the backbone for both.
    Submit {
        by: usize,
        rows: BTreeMap<(usize, usize), i64>,
    },
    /// A follower fetches its next page.
    Page { follower: usize },
}

fn act() -> impl Strategy<Value = Act> {
    let rows = prop::collection::btree_map((0..3_usize, 0..4_usize), -3..4_i64, 1..6);
    prop_oneof![
        2 => (0..3_usize, rows).prop_map(|(by, rows)| Act::Submit { by, rows }),
        3 => (0..4_usize).prop_map(|follower| Act::Page { follower }),
    ]
}

/// A follower with what it has to come to.
struct Follower {
    client: Client,
    query: &'static str,
    limit: usize,
    is_mine: Box<dyn Fn(&str) -> bool>,
    copy: Copy,
    updated_after: Option<String>,
    walk: Option<Walk>,
}

/// One way through the pages.
struct Walk {
    cursor: String,
    updated_until: Value,
    told: Vec<String>,
    /// The truth when the first page was fetched.
    expected: Copy,
}

fn key(row: &Value) -> String {
    format!(
        "{} {} {} {}",
        row["organization"], row["measure"], row["period"], row["cell"]
    )
}

impl Follower {
    fn new(
        client: &Client,
        query: &'static str,
        limit: usize,
        is_mine: impl Fn(&str) -> bool + 'static,
    ) -> Self {
        Self {
            client: client.clone(),
            query,
            limit,
            is_mine: Box::new(is_mine),
            copy: Copy::new(),
            updated_after: None,
            walk: None,
        }
    }

    async fn fetch(&mut self, coalition: &Coalition, truth: &Copy) {
        let mut path = coalition.path(&format!("/observations?limit={}{}", self.limit, self.query));
        if let Some(instant) = &self.updated_after {
            path += &format!("&updated_after={instant}");
        }
        if let Some(walk) = &self.walk {
            path += &format!("&cursor={}", walk.cursor);
        }
        let page = self.client.get(&path).send().await.expect(200).json();
        let mut walk = self.walk.take().unwrap_or_else(|| Walk {
            cursor: String::new(),
            updated_until: page["meta"]["updated_until"].clone(),
            told: Vec::new(),
            expected: truth
                .iter()
                .filter(|(key, _)| (self.is_mine)(key))
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect(),
        });
        assert_eq!(
            page["meta"]["updated_until"], walk.updated_until,
            "all pages tell one instant"
        );
        for row in page["data"].as_array().expect("rows") {
            let key = key(row);
            assert!(!walk.told.contains(&key), "{key} is told twice");
            walk.told.push(key.clone());
            if row["withdrawn"] == true {
                assert_eq!((&row["value"], &row["missing"]), (&Value::Null, &Value::Null));
                self.copy.remove(&key);
            } else {
                let told = (
                    row["value"].clone(),
                    row["missing"].clone(),
                    row["submission"].clone(),
                );
                self.copy.insert(key, told);
            }
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => {
                cursor.clone_into(&mut walk.cursor);
                self.walk = Some(walk);
            }
            None => {
                assert_eq!(self.copy, walk.expected, "as of {}", walk.updated_until);
                self.updated_after = walk.updated_until.as_str().map(str::to_owned);
            }
        }
    }

    /// To the end of this walk, and once more from there.
    async fn catch_up(&mut self, coalition: &Coalition, truth: &Copy) {
        for _ in 0..2 {
            self.fetch(coalition, truth).await;
            while self.walk.is_some() {
                self.fetch(coalition, truth).await;
            }
        }
    }
}

fn row((&(measure, period), &value): (&(usize, usize), &i64)) -> Value {
    let measure = ["PROGRAMS", "ATTENDANCE", "VISITS"][measure];
    let mut row = json!({"measure": measure, "cell": {},
                         "period": (2022 + period).to_string()});
    match value {
        -3 => row["missing"] = json!("not_available"),
        ..0 => row["value"] = Value::Null,
        value => row["value"] = json!(value),
    }
    row
}

async fn submit(coalition: &Coalition, truth: &mut Copy, by: usize, rows: &BTreeMap<(usize, usize), i64>) {
    let mut rows: Vec<Value> = rows.iter().map(row).collect();
    let (partner, second) = (coalition.partner.organization(), coalition.second.organization());
    if by == 2 {
        for (row, whose) in rows.iter_mut().zip([partner, second].iter().cycle()) {
            row["organization"] = json!(whose);
        }
    }
    let client = [&coalition.partner, &coalition.second, &coalition.backbone][by];
    let path = coalition.path("/observations");
    let body = json!({"observations": rows});
    let receipt = client.post(&path, body).send().await.expect(201).json();
    for mut row in rows {
        if row["organization"].is_null() {
            row["organization"] = Value::from([partner, second][by]);
        }
        let (key, answer) = (key(&row), (row["value"].clone(), row["missing"].clone()));
        if answer == (Value::Null, Value::Null) {
            truth.remove(&key);
        } else if truth
            .get(&key)
            .is_none_or(|(value, missing, _)| (value, missing) != (&answer.0, &answer.1))
        {
            truth.insert(key, (answer.0, answer.1, receipt["submission"].clone()));
        }
    }
}

#[test]
fn a_copy_is_exact_whatever_happens_between_two_pages() {
    let mut runner = TestRunner::new(Config {
        cases: 16,
        failure_persistence: None,
        ..Config::default()
    });
    let law = |acts: Vec<Act>| {
        run_in_coalition(async |app, coalition| {
            let all = coalition.path("/observations?limit=1000");
            let all = coalition.backbone.get(&all).send().await.expect(200).data();
            let mut truth: Copy = all
                .iter()
                .map(|row| {
                    (
                        key(row),
                        (
                            row["value"].clone(),
                            row["missing"].clone(),
                            row["submission"].clone(),
                        ),
                    )
                })
                .collect();
            let partner = format!("\"{}\"", coalition.partner.organization());
            let mut followers = [
                Follower::new(&coalition.backbone, "", 3, |_| true),
                Follower::new(&coalition.backbone, "&include_history=true", 2, |_| true),
                Follower::new(&coalition.partner, "", 2, move |key| key.starts_with(&partner)),
                Follower::new(&coalition.backbone, "&measure=VISITS&period=2023..", 1, |key| {
                    key.contains("VISITS") && !key.contains("2022")
                }),
            ];
            for (index, act) in acts.iter().enumerate() {
                // Sometimes the clock stands still: the coalition's own goes on all the same.
                app.advance(i64::from(index % 3 == 0));
                match act {
                    Act::Submit { by, rows } => submit(&coalition, &mut truth, *by, rows).await,
                    Act::Page { follower } => followers[*follower].fetch(&coalition, &truth).await,
                }
            }
            for follower in &mut followers {
                follower.catch_up(&coalition, &truth).await;
            }
        });
        Ok(())
    };
    if let Err(failure) = runner.run(&prop::collection::vec(act(), 1..40), law) {
        panic!("{failure}");
    }
}

#[test]
fn an_instant_has_to_be_one() {
    run_in_coalition(async |_, coalition| {
        let get = async |query: &str| {
            let path = coalition.path(&format!("/observations?{query}"));
            coalition
                .backbone
                .get(&path)
                .off_contract("not an instant")
                .send()
                .await
        };
        let refused = get("updated_after=yesterday").await.expect(422);
        assert_eq!(refused.issues(), ["?updated_after invalid_time"]);
        assert_eq!(
            get("include_history=maybe").await.expect(400).issues(),
            ["?include_history wrong_type"]
        );
        let ahead = get("updated_after=2999-01-01T00:00:00Z").await.expect(200).json();
        assert_eq!(ahead["data"], json!([]));
        assert!(ahead["meta"]["updated_until"].as_str().unwrap() < "2999");
    });
}

#[test]
fn earlier_values_are_listed_newest_first() {
    run_in_coalition(async |app, coalition| {
        let path = coalition.path("/observations");
        let mut receipts = Vec::new();
        for (client, fields) in [
            (
                &coalition.partner,
                json!({"value": 1, "note": "a guess", "estimated": true}),
            ),
            (
                &coalition.backbone,
                json!({"value": 2, "organization": coalition.partner.organization()}),
            ),
            (&coalition.partner, json!({"value": null})),
            (&coalition.partner, json!({"missing": "not_available"})),
            (&coalition.partner, json!({"value": null})),
        ] {
            app.advance(1);
            let mut row = json!({"measure": "VISITS", "period": "2024"});
            row.as_object_mut()
                .unwrap()
                .extend(fields.as_object().unwrap().clone());
            let receipt = client
                .post(&path, json!({"observations": [row]}))
                .send()
                .await
                .expect(201);
            receipts.push(receipt.json()["submission"].clone());
        }
        let list = async |client: &Client, more: &str| {
            let path = format!("{path}?measure=VISITS&period=2024{more}");
            client.get(&path).send().await.expect(200).data()
        };
        assert!(list(&coalition.partner, "").await.is_empty());
        let found = list(&coalition.partner, "&include_history=true").await;
        assert_eq!(found.len(), 1);
        let row = &found[0];
        assert_eq!((&row["withdrawn"], &row["value"]), (&json!(true), &Value::Null));
        assert_eq!(row["submission"], receipts[4]);
        let told: Vec<_> = row["history"]
            .as_array()
            .unwrap()
            .iter()
            .map(|earlier| {
                let answer = (
                    &earlier["value"],
                    &earlier["missing"],
                    &earlier["estimated"],
                    &earlier["note"],
                );
                (answer, &earlier["submission"], &earlier["superseded_by"])
            })
            .collect();
        let (none, no, yes) = (&Value::Null, &json!(false), &json!(true));
        assert_eq!(
            told,
            [
                (
                    (none, &json!("not_available"), no, none),
                    &receipts[3],
                    &receipts[4]
                ),
                ((&json!(2), none, no, none), &receipts[1], &receipts[2]),
                (
                    (&json!(1), none, yes, &json!("a guess")),
                    &receipts[0],
                    &receipts[1]
                ),
            ]
        );
        assert_eq!(row["history"][1]["superseded_at"], "2026-03-02T09:30:03.000000Z");
        assert_eq!(row["recorded_at"], row["history"][0]["superseded_at"]);
        assert_eq!(list(&coalition.backbone, "&include_history=true").await, found);
        assert!(list(&coalition.second, "&include_history=true").await.is_empty());
        let unchanged = list(
            &coalition.partner,
            "&include_history=true&updated_after=2026-03-02T09:30:05Z",
        )
        .await;
        assert!(unchanged.is_empty(), "nothing was recorded since");
    });
}

#[test]
fn a_page_ends_early_where_figures_have_very_many_earlier_values() {
    run_in_coalition(async |app, coalition| {
        let rows: Vec<Value> = (1990..2024)
            .map(|year| json!({"measure": "VISITS", "period": year.to_string(), "value": 1}))
            .collect();
        let path = coalition.path("/observations");
        let body = json!({"observations": rows});
        coalition.partner.post(&path, body).send().await.expect(201);
        app.database().connect().execute(
            "INSERT INTO observation_history WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 11000) \
             SELECT coalition_id, measure_id, period, cell_id, organization_id, i, 1, 0, submission_id, NULL, i + 1, submission_id \
             FROM n, (SELECT * FROM observations ORDER BY 1, 2, 3, 4, 5 LIMIT 1) o",
        );
        let (mut rows, mut pages, mut cursor) = (Vec::new(), 0, String::new());
        loop {
            let path = format!("{path}?include_history=true&limit=1000{cursor}");
            let page = coalition.partner.get(&path).send().await.expect(200);
            rows.extend(page.data());
            pages += 1;
            match page.json()["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let lengths: Vec<usize> = rows
            .iter()
            .map(|row| row["history"].as_array().unwrap().len())
            .collect();
        assert_eq!((pages, lengths.len(), lengths[0]), (2, 38, 11_000));
        assert!(lengths[1..].iter().all(|length| *length == 0));
    });
}

#[test]
fn figures_with_much_history_are_found_where_the_database_has_no_statistics() {
    run_in_coalition(async |app, coalition| {
        if !is_postgres() {
            return;
        }
        let mut connection = app.database().connect();
        for table in ["observations", "observation_history"] {
            connection.execute(&format!("ALTER TABLE {table} SET (autovacuum_enabled = off)"));
        }
        let rows: Vec<Value> = (1000..2000)
            .map(|year| json!({"measure": "VISITS", "period": year.to_string(), "value": 1}))
            .collect();
        let path = coalition.path("/observations");
        let body = json!({"observations": rows});
        coalition.partner.post(&path, body).send().await.expect(201);
        connection.execute(
            "INSERT INTO observation_history \
             SELECT coalition_id, measure_id, period, cell_id, organization_id, i, 1, 0, submission_id, NULL, i + 1, submission_id \
             FROM observations, generate_series(1, 300) i ORDER BY i",
        );
        // What takes the database longer than its bound is 503.
        let path = format!("{path}?include_history=true&limit=1000");
        coalition.partner.get(&path).send().await.expect(200);
    });
}
