//! The figures by OData: what there is, the same rows as everywhere, page by page, filtered by what can be seen, and
//! refused as OData refuses.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Client, Coalition, run_in_coalition};

const SERVER: &str = "http://localhost:8080";

fn at(coalition: &Coalition, rest: &str) -> String {
    format!("/odata/{}/{rest}", coalition.code)
}

async fn read(client: &Client, path: &str) -> Value {
    client.get(path).send().await.expect(200).json()
}

async fn rows(client: &Client, path: &str) -> Vec<Value> {
    read(client, path).await["value"].as_array().unwrap().clone()
}

/// The rows of all pages, of at most so many rows each, and how many pages there were.
async fn walk(client: &Client, path: &str, size: usize) -> (Vec<Value>, usize) {
    let (mut path, mut rows, mut pages) = (path.to_owned(), Vec::new(), 0);
    loop {
        let prefer = format!("odata.maxpagesize={size}");
        let answer = client
            .get(&path)
            .header("Prefer", &prefer)
            .send()
            .await
            .expect(200);
        assert_eq!(answer.header("preference-applied"), Some(prefer.as_str()));
        let page = answer.json();
        let found = page["value"].as_array().unwrap();
        assert!(found.len() <= size);
        rows.extend(found.iter().cloned());
        pages += 1;
        let Some(next) = page["@odata.nextLink"].as_str() else {
            return (rows, pages);
        };
        path = next
            .strip_prefix(SERVER)
            .expect("an address of the same server")
            .to_owned();
    }
}

/// A measure of two decimals by age group whose figures are protected, with figures of two partners.
async fn add_cases(coalition: &Coalition) {
    let measure = json!({"code": "CASES", "name": "Cases", "unit": "people", "kind": "number", "decimals": 2,
        "aggregation": "sum", "direction": "up", "frequency": "month", "dimensions": ["age_group"], "nonnegative": false});
    coalition
        .backbone
        .post(&coalition.path("/measures"), measure)
        .send()
        .await
        .expect(201);
    for (client, value) in [
        (&coalition.partner, "-0.1"),
        (&coalition.second, "900719925474.91"),
    ] {
        let cell = json!({"age_group": "children"});
        let value: Value = serde_json::from_str(value).unwrap();
        let rows = json!([{"measure": "CASES", "period": "2025-03", "cell": cell, "value": value, "note": "a \"quote\" & <more>"},
                          {"measure": "CASES", "period": "2025-03", "cell": {"age_group": "_"}, "missing": "not_available"}]);
        let body = json!({"observations": rows});
        client
            .post(&coalition.path("/observations"), body)
            .send()
            .await
            .expect(201);
    }
}

#[test]
fn says_what_there_is_to_those_who_may_read_it() {
    run_in_coalition(async |_, coalition| {
        let all = ["Aggregates", "Aggregates_by_age_group", "Observations"];
        let key = coalition.partner.key(&["aggregates:read"], None).await;
        for (client, names) in [
            (&coalition.backbone, &all[..]),
            (&coalition.partner, &all[..]),
            (&coalition.observer, &all[..2]),
            (&key, &all[..2]),
        ] {
            let service = read(client, &at(&coalition, "")).await;
            let context = format!("{SERVER}/odata/{}/$metadata", coalition.code);
            assert_eq!(service["@odata.context"], context);
            let sets: Vec<Value> = names
                .iter()
                .map(|name| json!({"name": name, "kind": "EntitySet", "url": name}))
                .collect();
            assert_eq!(service["value"], json!(sets));
            let metadata = client.get(&at(&coalition, "$metadata")).send().await.expect(200);
            assert_eq!(metadata.header("content-type"), Some("application/xml"));
            for name in all {
                let is_there = metadata.text().contains(&format!("<EntitySet Name=\"{name}\""));
                assert_eq!(is_there, names.contains(&name), "{name}");
            }
        }
        let bare = format!("/odata/{}", coalition.code);
        let same = coalition
            .backbone
            .get(&bare)
            .off_contract("without the slash")
            .send()
            .await;
        assert_eq!(same.json(), read(&coalition.backbone, &at(&coalition, "")).await);
        let encoded = coalition
            .backbone
            .get(&at(&coalition, "%24metadata"))
            .off_contract("encoded");
        assert_eq!(
            encoded.send().await.expect(200).header("odata-version"),
            Some("4.0")
        );
    });
}

#[test]
fn the_types_are_those_of_the_columns() {
    run_in_coalition(async |_, coalition| {
        let text = coalition
            .backbone
            .get(&at(&coalition, "$metadata"))
            .send()
            .await
            .expect(200)
            .text();
        for line in [
            "<EntityType Name=\"Aggregate_by_age_group\">",
            "<Key><PropertyRef Name=\"measure\"/><PropertyRef Name=\"period\"/><PropertyRef Name=\"age_group\"/></Key>",
            "<Property Name=\"age_group\" Type=\"Edm.String\" Nullable=\"false\"/>",
            "<Property Name=\"value\" Type=\"Edm.Decimal\" Precision=\"22\" Scale=\"6\"/>",
            "<Property Name=\"period_start\" Type=\"Edm.Date\" Nullable=\"false\"/>",
            "<Property Name=\"contributors\" Type=\"Edm.Int32\"/>",
            "<Property Name=\"break\" Type=\"Edm.Boolean\" Nullable=\"false\"/>",
            "<Property Name=\"recorded_at\" Type=\"Edm.DateTimeOffset\" Precision=\"6\" Nullable=\"false\"/>",
            "<EntitySet Name=\"Aggregates_by_age_group\" EntityType=\"Cairn.Aggregate_by_age_group\">",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        for (set, by) in [("Aggregates", ""), ("Aggregates_by_age_group", "&by=age_group")] {
            let path = coalition.path(&format!("/aggregates?format=csv{by}"));
            let csv = coalition.backbone.get(&path).send().await.expect(200).text();
            let columns: BTreeSet<String> = csv
                .lines()
                .next()
                .unwrap()
                .split(',')
                .map(|column| column.trim_matches('"').to_owned())
                .collect();
            let rows = rows(&coalition.backbone, &at(&coalition, set)).await;
            for row in rows {
                let properties: BTreeSet<String> = row.as_object().unwrap().keys().cloned().collect();
                assert_eq!(properties, columns, "{set}");
            }
        }
    });
}

#[test]
fn rows_are_those_of_the_flat_answer() {
    run_in_coalition(async |_, coalition| {
        add_cases(&coalition).await;
        for client in [&coalition.backbone, &coalition.observer] {
            for (set, by) in [("Aggregates", ""), ("Aggregates_by_age_group", "?by=age_group")] {
                let flat = client
                    .get(&coalition.path(&format!("/aggregates{by}")))
                    .send()
                    .await
                    .data();
                let mut told = rows(client, &at(&coalition, set)).await;
                assert_eq!(told.len(), flat.len());
                for (told, flat) in told.iter_mut().zip(&flat) {
                    // What a column has no meaning for is null here, and left out there.
                    told.as_object_mut()
                        .unwrap()
                        .retain(|name, value| !(value.is_null() && flat.get(name).is_none()));
                }
                assert_eq!(told, flat);
                assert!(told.len() > 3);
            }
        }
        let own = rows(&coalition.partner, &at(&coalition, "Observations")).await;
        let flat = coalition
            .partner
            .get(&coalition.path("/observations"))
            .send()
            .await
            .data();
        assert_eq!(own.len(), flat.len());
        for (told, flat) in own.iter().zip(&flat) {
            for name in [
                "organization",
                "measure",
                "period",
                "value",
                "missing",
                "note",
                "recorded_at",
                "submission",
            ] {
                assert_eq!(told[name], flat[name], "{name}");
            }
            assert_eq!(told["age_group"], flat["cell"]["age_group"]);
        }
        let everybody = rows(&coalition.backbone, &at(&coalition, "Observations")).await;
        let organizations: BTreeSet<_> = everybody
            .iter()
            .map(|row| row["organization"].as_str().unwrap())
            .collect();
        assert_eq!(organizations.len(), 2);
    });
}

#[test]
fn keys_are_never_null_and_stand_once() {
    run_in_coalition(async |_, coalition| {
        add_cases(&coalition).await;
        let visits =
            |cell: Value, value| json!({"measure": "VISITS", "period": "2024", "cell": cell, "value": value});
        let figures = [
            visits(json!({}), 10),
            visits(json!({"age_group": "children"}), 3),
            visits(json!({"age_group": "_"}), 2),
        ];
        let body = json!({"observations": figures});
        coalition
            .partner
            .post(&coalition.path("/observations"), body)
            .send()
            .await
            .expect(201);
        for (set, keys) in [
            ("Aggregates", &["measure", "period"][..]),
            ("Aggregates_by_age_group", &["measure", "period", "age_group"]),
            ("Observations", &["organization", "measure", "period", "cell"]),
        ] {
            let rows = rows(&coalition.backbone, &at(&coalition, set)).await;
            let mut seen = BTreeSet::new();
            for row in &rows {
                let key: Vec<&str> = keys
                    .iter()
                    .map(|key| row[key].as_str().expect("a code"))
                    .collect();
                assert!(seen.insert(key), "{row}");
            }
        }
        let path = at(
            &coalition,
            "Observations?$filter=measure eq 'CASES'&$select=cell,age_group,value,missing"
                .replace(' ', "%20")
                .as_str(),
        );
        let told: BTreeMap<String, Value> = rows(&coalition.partner, &path)
            .await
            .into_iter()
            .map(|row| (row["cell"].as_str().unwrap().to_owned(), row))
            .collect();
        assert_eq!(told["age_group=_"]["age_group"], "_");
        assert_eq!(told["age_group=_"]["value"], Value::Null);
        assert_eq!(told["age_group=_"]["missing"], "not_available");
    });
}

#[test]
fn figures_are_exact_in_every_shape() {
    run_in_coalition(async |_, coalition| {
        add_cases(&coalition).await;
        let path = at(
            &coalition,
            "Aggregates?$filter=measure%20eq%20'CASES'&$count=true",
        );
        let get = |accept: &str| coalition.backbone.get(&path).accept(accept).send();
        let usual = get("application/json").await.expect(200);
        assert_eq!(
            usual.header("content-type"),
            Some("application/json;odata.metadata=minimal")
        );
        assert!(
            usual.text().contains("\"value\":900719925474.81,"),
            "{}",
            usual.text()
        );
        assert!(usual.text().contains("\"@odata.count\":1,"));
        let context = format!("{SERVER}/odata/{}/$metadata#Aggregates", coalition.code);
        assert_eq!(usual.json()["@odata.context"], context);
        let texts = get("application/json;odata.metadata=none;IEEE754Compatible=true")
            .await
            .expect(200);
        assert_eq!(
            texts.header("content-type"),
            Some("application/json;odata.metadata=none;IEEE754Compatible=true")
        );
        assert_eq!(texts.json()["value"][0]["value"], "900719925474.81");
        assert_eq!(texts.json()["value"][0]["contributors"], 2);
        assert_eq!(
            (&texts.json()["@odata.context"], &texts.json()["@odata.count"]),
            (&Value::Null, &json!("1"))
        );
        get("application/atom+xml").await.expect(406);
    });
}

#[test]
fn pages_follow_each_other_to_the_end() {
    run_in_coalition(async |_, coalition| {
        add_cases(&coalition).await;
        for set in ["Aggregates", "Aggregates_by_age_group", "Observations"] {
            let whole = rows(&coalition.backbone, &at(&coalition, set)).await;
            assert!(whole.len() >= 4);
            for size in [1, 2, whole.len(), 9_000] {
                let (walked, pages) = walk(&coalition.backbone, &at(&coalition, set), size.min(5_000)).await;
                assert_eq!(walked, whole, "{set} by {size}");
                assert_eq!(pages, whole.len().div_ceil(size), "{set} by {size}");
            }
            let (walked, _) = walk(
                &coalition.backbone,
                &at(&coalition, &format!("{set}?$top=3&$skip=1")),
                2,
            )
            .await;
            assert_eq!(walked, whole[1..whole.len().min(4)]);
            let counted = read(
                &coalition.backbone,
                &at(&coalition, &format!("{set}?$top=0&$count=true")),
            )
            .await;
            assert_eq!(counted["@odata.count"], whole.len());
            assert_eq!(
                (&counted["value"], &counted["@odata.nextLink"]),
                (&json!([]), &Value::Null)
            );
            let path = format!(
                "{set}?$filter=measure%20ne%20'it''s'%20and%20value%20ne%20null&$select=measure,value"
            );
            let (walked, _) = walk(&coalition.backbone, &at(&coalition, &path), 1).await;
            let stated: Vec<Value> = whole
                .iter()
                .filter(|row| !row["value"].is_null())
                .map(|row| json!({"measure": row["measure"], "value": row["value"]}))
                .collect();
            assert_eq!(walked, stated);
        }
    });
}

#[test]
fn all_pages_of_observations_tell_one_state() {
    run_in_coalition(async |app, coalition| {
        app.advance(60);
        let path = at(&coalition, "Observations");
        let whole = rows(&coalition.backbone, &path).await;
        let first = coalition
            .backbone
            .get(&path)
            .header("Prefer", "odata.maxpagesize=1")
            .send()
            .await
            .json();
        let figures = json!({"observations": [{"measure": "PROGRAMS", "period": "2025", "value": 1},
                                              {"measure": "VISITS", "period": "2019", "value": 1}]});
        app.advance(60);
        coalition
            .second
            .post(&coalition.path("/observations"), figures)
            .send()
            .await
            .expect(201);
        let next = first["@odata.nextLink"]
            .as_str()
            .unwrap()
            .strip_prefix(SERVER)
            .unwrap();
        let (mut walked, _) = walk(&coalition.backbone, next, 3).await;
        walked.insert(0, first["value"][0].clone());
        assert_eq!(walked, whole);
        let changed = "Observations?$filter=recorded_at%20gt%202026-03-02T09:31:30Z";
        let found = rows(&coalition.backbone, &at(&coalition, changed)).await;
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|row| row["value"] == 1));
    });
}

#[test]
fn filters_take_what_they_say() {
    run_in_coalition(async |_, coalition| {
        for (filter, measures) in [
            ("measure eq 'VISITS'", &["VISITS"][..]),
            ("measure eq 'visits'", &[]),
            ("measure eq 'VISITS' and measure eq 'PROGRAMS'", &[]),
            ("(measure ge 'P') and (value gt 30.5)", &["VISITS"]),
            ("value lt 30.000", &["ATT_PER_PROGRAM"]),
            ("numerator ne null", &["ATT_PER_PROGRAM"]),
            (
                "period eq '2025' and period_start ge 2025-01-01 and break eq false and value le 30",
                &["PROGRAMS", "ATT_PER_PROGRAM"],
            ),
            ("period_start gt 2025-01-01", &[]),
            ("contributors eq 2 and unit eq 'people'", &["ATTENDANCE"]),
        ] {
            let path = at(
                &coalition,
                &format!("Aggregates?$filter={}", filter.replace(' ', "%20")),
            );
            let found = rows(&coalition.backbone, &path).await;
            let told: Vec<&str> = found.iter().map(|row| row["measure"].as_str().unwrap()).collect();
            assert_eq!(told, measures, "{filter}");
        }
        for (filter, count) in [
            ("organization eq 'riverside-high'", 4),
            ("organization eq 'RIVERSIDE-HIGH'", 0),
            ("organization eq 'nobody' and measure eq 'NOTHING'", 0),
            ("note ne null and value ge 18000", 1),
            ("cell eq ''", 6),
            ("age_group eq 'young_adult'", 2),
            ("age_group eq null", 6),
        ] {
            let path = at(
                &coalition,
                &format!("Observations?$filter={}", filter.replace(' ', "+")),
            );
            assert_eq!(rows(&coalition.backbone, &path).await.len(), count, "{filter}");
        }
        let others = at(
            &coalition,
            "Observations?$filter=organization%20eq%20'riverside-youth-club'",
        );
        assert_eq!(rows(&coalition.partner, &others).await, [] as [Value; 0]);
    });
}

#[test]
fn filters_do_not_see_what_is_hidden() {
    run_in_coalition(async |_, coalition| {
        add_cases(&coalition).await;
        let hidden = rows(
            &coalition.observer,
            &at(
                &coalition,
                "Aggregates_by_age_group?$filter=status%20eq%20'suppressed'",
            ),
        )
        .await;
        assert!(!hidden.is_empty());
        for row in &hidden {
            for name in ["value", "contributors", "estimated"] {
                assert_eq!(row[name], Value::Null);
            }
        }
        for filter in [
            "value eq -0.1",
            "value ne null",
            "value gt 1",
            "value lt 1",
            "contributors eq 2",
            "contributors lt 3",
        ] {
            let filter = format!("measure eq 'CASES' and {filter}").replace(' ', "%20");
            for set in ["Aggregates", "Aggregates_by_age_group"] {
                let path = at(&coalition, &format!("{set}?$filter={filter}&$count=true"));
                assert_eq!(
                    read(&coalition.observer, &path).await["@odata.count"],
                    0,
                    "{filter}"
                );
            }
        }
        let path = at(&coalition, "Aggregates?$filter=value%20eq%20900719925474.81");
        assert_eq!(rows(&coalition.backbone, &path).await.len(), 1);
    });
}

#[test]
fn what_is_not_done_and_what_is_wrong_are_told_apart() {
    run_in_coalition(async |_, coalition| {
        for (rest, status, target) in [
            ("Aggregates?$orderby=value", 501, "$orderby"),
            ("Aggregates?$expand=measure", 501, "$expand"),
            (
                "Aggregates?$apply=aggregate(value%20with%20sum%20as%20total)",
                501,
                "$apply",
            ),
            ("Aggregates?$search=visits", 501, "$search"),
            ("Aggregates?$filter=@p1%20eq%201&@p1=2", 501, "@p1"),
            (
                "Aggregates?$filter=measure%20eq%20'A'%20or%20measure%20eq%20'B'",
                501,
                "$filter",
            ),
            ("Observations?$filter=startswith(measure,'A')", 501, "$filter"),
            ("Aggregates?$select=measure/name", 501, "$select"),
            ("Aggregates(measure='VISITS',period='2025')", 501, ""),
            ("?$top=1", 501, "$top"),
            ("$metadata?$filter=true", 501, "$filter"),
            ("Aggregates?$filter=measure%20eq%20'A", 400, "$filter"),
            ("Aggregates?$filter=colour%20eq%20'red'", 400, "$filter"),
            ("Aggregates?$select=colour", 400, "$select"),
            ("Aggregates?$select=", 400, "$select"),
            ("Aggregates/$count?$top=1", 501, "$top"),
            ("Observations/$count?$filter=value", 400, "$filter"),
            ("Aggregates?$top=-1", 400, "$top"),
            ("Aggregates?$skip=one", 400, "$skip"),
            ("Aggregates?$count=yes", 400, "$count"),
            ("Aggregates?$top=1&$top=2", 400, "$top"),
            ("Aggregates?$skiptoken=nonsense", 400, "$skiptoken"),
            ("Aggregates?$skiptoken=Wzk5OTksMSwwXQ", 400, "$skiptoken"),
            ("Observations?$skiptoken=nonsense", 400, "$skiptoken"),
            ("Aggregates?colour=red", 400, "colour"),
            ("Aggregates?$filter=measure%20eq%20'%00'", 400, "$filter"),
        ] {
            let request = coalition
                .backbone
                .get(&at(&coalition, rest))
                .off_contract("not to be answered");
            let answer = request.send().await.expect(status);
            let error = &answer.json()["error"];
            assert_eq!(error["target"], target, "{rest}");
            assert_eq!(
                error["code"],
                if status == 501 {
                    "not_implemented"
                } else {
                    "malformed"
                }
            );
            assert!(error["message"].as_str().unwrap().len() > 10, "{rest}");
            assert_eq!(answer.header("odata-version"), Some("4.0"));
        }
        for rest in [
            "Nothing",
            "Aggregates_by_colour",
            "Aggregates_by_AGE_GROUP",
            "Nothing(1)",
            "aggregates",
        ] {
            let request = coalition
                .backbone
                .get(&at(&coalition, rest))
                .off_contract("nothing there");
            assert_eq!(request.send().await.expect(404).code(), "not_found", "{rest}");
        }
        for (rest, version, status) in [
            ("Aggregates", "3.0", 400),
            ("Aggregates", "4.01", 200),
            ("", "2.0;NetFx", 400),
        ] {
            let request = coalition.backbone.get(&at(&coalition, rest));
            request
                .header("OData-MaxVersion", version)
                .send()
                .await
                .expect(status);
        }
        let request = coalition.backbone.get(&at(&coalition, "$metadata?$format=json"));
        request.off_contract("only XML").send().await.expect(406);
    });
}

#[test]
fn spreadsheets_sign_in_with_a_key_as_password() {
    run_in_coalition(async |app, coalition| {
        let nobody = app.anonymous().get(&at(&coalition, "")).send().await.expect(401);
        let asked = nobody.header("www-authenticate").unwrap();
        assert!(
            asked.starts_with("Basic realm=") && !asked.contains("Bearer"),
            "{asked}"
        );
        assert_eq!(nobody.code(), "unauthenticated");
        let key = coalition
            .partner
            .key(&["aggregates:read"], Some(&coalition.code))
            .await;
        let basic = STANDARD.encode(format!("anything:{}", key.token()));
        let excel = app.anonymous().with_authorization(&format!("Basic {basic}"));
        for rest in ["", "$metadata", "Aggregates"] {
            excel.get(&at(&coalition, rest)).send().await.expect(200);
        }
        let refused = excel
            .get(&at(&coalition, "Observations"))
            .send()
            .await
            .expect(403);
        assert_eq!(refused.code(), "forbidden");
        let reader = coalition.partner.key(&["observations:read"], None).await;
        reader
            .get(&at(&coalition, "Observations"))
            .send()
            .await
            .expect(200);
        reader.get(&at(&coalition, "Aggregates")).send().await.expect(403);
        coalition
            .observer
            .get(&at(&coalition, "Observations"))
            .send()
            .await
            .expect(403);
        for path in [
            "",
            "$metadata",
            "Aggregates",
            "Observations",
            "Nothing",
            "Aggregates?$orderby=x",
        ] {
            let request = coalition
                .former
                .get(&at(&coalition, path))
                .off_contract("not theirs to see");
            assert_eq!(request.send().await.expect(404).code(), "not_found", "{path}");
        }
    });
}

#[test]
fn addresses_begin_as_the_client_wrote_them() {
    run_in_coalition(async |_, coalition| {
        let request = coalition
            .backbone
            .get(&at(&coalition, "Aggregates?$select=measure,value"));
        let request = request
            .header("Host", "cairn.example.org")
            .header("X-Forwarded-Proto", "https");
        let answer = request
            .header("Prefer", "odata.maxpagesize=1")
            .send()
            .await
            .expect(200)
            .json();
        let root = format!("https://cairn.example.org/odata/{}/", coalition.code);
        assert_eq!(
            answer["@odata.context"],
            format!("{root}$metadata#Aggregates(measure,value)")
        );
        let next = answer["@odata.nextLink"].as_str().unwrap();
        assert!(
            next.starts_with(&format!("{root}Aggregates?$select=measure%2Cvalue&$skiptoken=")),
            "{next}"
        );
    });
}

#[test]
fn many_measures_are_asked_for_a_few_at_a_time() {
    run_in_coalition(async |_, coalition| {
        let mut figures = Vec::new();
        for number in 0..45 {
            let code = format!("M{number}");
            let measure = json!({"code": code, "name": code, "unit": "things", "kind": "number", "decimals": 0,
                "aggregation": "sum", "direction": "up", "frequency": "year", "disclosure": "open"});
            coalition
                .backbone
                .post(&coalition.path("/measures"), measure)
                .send()
                .await
                .expect(201);
            figures.push(json!({"measure": code, "period": "2025", "value": number}));
        }
        let body = json!({"observations": figures});
        coalition
            .partner
            .post(&coalition.path("/observations"), body)
            .send()
            .await
            .expect(201);
        let path = at(&coalition, "Aggregates?$filter=unit%20eq%20'things'&$count=true");
        let whole = read(&coalition.observer, &path).await;
        assert_eq!(whole["@odata.count"], 45);
        let (walked, pages) = walk(&coalition.observer, &path, 7).await;
        assert_eq!((&json!(walked), pages), (&whole["value"], 7));
        let (walked, _) = walk(&coalition.observer, &format!("{path}&$skip=19&$top=25"), 2).await;
        let numbers: Vec<i64> = walked.iter().map(|row| row["value"].as_i64().unwrap()).collect();
        assert_eq!(numbers, (19..44).collect::<Vec<_>>());
        coalition
            .backbone
            .patch(&coalition.path("/measures/M20"), json!({"retired": true}))
            .send()
            .await
            .expect(200);
        let (walked, _) = walk(&coalition.observer, &path, 5).await;
        assert_eq!(walked.len(), 44);
    });
}

#[test]
fn an_answer_ends_where_it_has_read_enough() {
    run_in_coalition(async |_, coalition| {
        let measure = json!({"code": "DAILY", "name": "Daily", "unit": "visits", "kind": "number", "decimals": 0,
            "aggregation": "sum", "direction": "up", "frequency": "day"});
        coalition
            .backbone
            .post(&coalition.path("/measures"), measure)
            .send()
            .await
            .expect(201);
        let first = chrono::NaiveDate::from_ymd_opt(1990, 1, 1).unwrap();
        let lines = first
            .iter_days()
            .take(11_000)
            .enumerate()
            .map(|(number, day)| format!("DAILY,{day},{number}\n"));
        let csv = format!("measure,period,value\n{}", lines.collect::<String>());
        coalition
            .partner
            .post_csv(&coalition.path("/observations"), &csv)
            .send()
            .await
            .expect(201);
        let path = at(
            &coalition,
            "Observations?$filter=measure%20eq%20'DAILY'%20and%20value%20gt%2010997&$top=1&$skip=1",
        );
        let page = read(&coalition.partner, &path).await;
        assert_eq!(page["value"], json!([]));
        let (walked, pages) = walk(&coalition.partner, &path, 5_000).await;
        assert_eq!((walked.len(), pages, &walked[0]["value"]), (1, 2, &json!(10_999)));
        let path = at(
            &coalition,
            "Observations?$filter=measure%20eq%20'DAILY'&$count=true",
        );
        let page = read(&coalition.partner, &path).await;
        assert_eq!(
            (
                page["@odata.count"].as_i64(),
                page["value"].as_array().unwrap().len()
            ),
            (Some(11_000), 5_000)
        );
        let (walked, pages) = walk(&coalition.partner, &path, 5_000).await;
        assert_eq!((walked.len(), pages), (11_000, 3));
    });
}
