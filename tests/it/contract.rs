//! The service against `openapi.yaml` as a whole: the same operations, all of them described to the end, and shown to
//! people without another host. That each request and answer is as described is checked by every other test's client.

use std::collections::BTreeSet;

use cairn::formats::cube_format::CUBE_FORMATS;
use cairn::http::routes::OPERATIONS;
use serde_json::Value;

use crate::support::contract::{Operation, step};
use crate::support::{contract, run};

#[test]
fn the_operations_served_are_those_described() {
    let served: BTreeSet<String> = OPERATIONS
        .iter()
        .map(|operation| {
            let key = operation.key.map_or("none", |scope| scope.as_str());
            format!(
                "{} {} {}, key: {key}",
                operation.id, operation.method, operation.path
            )
        })
        .collect();
    let described: BTreeSet<String> = contract()
        .operations()
        .iter()
        .map(|operation| {
            format!(
                "{} {} {}, key: {}",
                operation.id, operation.method, operation.path, operation.access.key
            )
        })
        .collect();
    let missing: Vec<_> = described.difference(&served).collect();
    let undescribed: Vec<_> = served.difference(&described).collect();
    assert!(
        missing.is_empty() && undescribed.is_empty(),
        "not served: {missing:#?}\nnot described: {undescribed:#?}"
    );
    assert_eq!(
        OPERATIONS.len(),
        contract().operations().len(),
        "each stands there once"
    );
}

#[test]
fn every_operation_says_who_may_call_it_and_how_it_refuses() {
    let wrong: Vec<String> = contract()
        .operations()
        .iter()
        .flat_map(|operation| {
            faults(operation)
                .into_iter()
                .map(|fault| format!("{}: {fault}", operation.id))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_formats_served_are_those_described() {
    let operations = contract().operations();
    let aggregates = operations
        .iter()
        .find(|operation| operation.id == "find_aggregates")
        .unwrap();
    let (_, described) = contract().resolve(&aggregates.pointer);
    let parameters = described["parameters"].as_array().unwrap();
    let format = parameters
        .iter()
        .find(|parameter| parameter["name"] == "format")
        .unwrap();
    let names: Vec<&str> = CUBE_FORMATS.iter().map(|format| format.name).collect();
    assert_eq!(format["schema"]["enum"], Value::from(names));
    let media_types: BTreeSet<&str> = CUBE_FORMATS
        .iter()
        .map(|format| format.media_type.split(';').next().unwrap())
        .collect();
    let content = described["responses"]["200"]["content"].as_object().unwrap();
    assert_eq!(media_types, content.keys().map(String::as_str).collect());
}

fn faults(operation: &Operation) -> Vec<String> {
    let (_, described) = contract().resolve(&operation.pointer);
    let access = &operation.access;
    let mut faults = Vec::new();
    let mut ask = |holds: bool, what: &str| {
        if !holds {
            faults.push(what.to_owned());
        }
    };
    let schemes: Vec<&String> = described["security"]
        .as_array()
        .map(|list| {
            list.iter()
                .flat_map(|one| one.as_object().unwrap().keys())
                .collect()
        })
        .unwrap_or_default();
    ask(described["security"].is_array(), "it does not say how to sign in");
    ask(
        schemes.is_empty() == (access.role == "none"),
        "security and role disagree",
    );
    ask(
        schemes.iter().any(|scheme| *scheme == "basic") == (access.key != "none"),
        "security and key disagree",
    );
    let is_in_coalition = ["/v1/coalitions/{coalition}", "/odata/{coalition}"]
        .iter()
        .any(|beginning| operation.path.starts_with(beginning));
    ask(
        is_in_coalition == (access.place != "none"),
        "path and place disagree",
    );
    for member in ["summary", "description", "tags"] {
        ask(!described[member].is_null(), &format!("it has no {member}"));
    }
    let has_body = !described["requestBody"].is_null();
    let is_guarded = access.role != "none";
    let has_if_match = operation
        .parameters
        .iter()
        .any(|parameter| parameter.name == "If-Match");
    for (status, is_needed) in [
        ("503", true),
        ("400", is_guarded || has_body),
        ("401", is_guarded),
        ("403", is_guarded),
        ("404", is_in_coalition),
        ("412", has_if_match),
        ("413", has_body),
        ("415", has_body),
        ("422", has_body),
    ] {
        ask(
            !is_needed || !described["responses"][status].is_null(),
            &format!("it documents no {status}"),
        );
    }
    faults
}

#[test]
fn every_schema_holds_and_every_example_fits_its_schema() {
    let mut wrong = Vec::new();
    visit("", contract().resolve("").1, &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Looks at every `content` below a place of the document.
fn visit(at: &str, value: &Value, wrong: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let at = format!("{at}/{}", step(key));
                if key == "content" {
                    for (media_type, described) in member.as_object().unwrap() {
                        examine(&format!("{at}/{}", step(media_type)), described, wrong);
                    }
                }
                visit(&at, member, wrong);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                visit(&format!("{at}/{index}"), item, wrong);
            }
        }
        _ => {}
    }
}

fn examine(at: &str, described: &Value, wrong: &mut Vec<String>) {
    let schema = format!("{at}/schema");
    let several = described["examples"].as_object().into_iter().flatten();
    let examples = several.map(|(_, example)| &example["value"]);
    for example in examples
        .chain([&described["example"]])
        .filter(|example| !example.is_null())
    {
        wrong.extend(
            contract()
                .fault(&schema, example)
                .map(|fault| format!("{at}: {fault}")),
        );
    }
    // Builds the validator, and with it every schema below.
    let _ = contract().fault(&schema, &Value::Null);
}

#[test]
fn another_method_is_refused_with_those_that_are_allowed() {
    run(async |app| {
        let paths: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.path).collect();
        for path in paths {
            let allowed: BTreeSet<&str> = OPERATIONS
                .iter()
                .filter(|operation| operation.path == path)
                .map(|operation| operation.method)
                .collect();
            for method in ["GET", "PUT", "POST", "PATCH", "DELETE", "TRACE"] {
                if allowed.contains(method) {
                    continue;
                }
                let answer = app
                    .anonymous()
                    .request(method, &filled(path))
                    .off_contract("a method that is not there")
                    .send()
                    .await
                    .expect(405);
                let allowed: BTreeSet<&str> = allowed
                    .iter()
                    .copied()
                    .chain(allowed.contains("GET").then_some("HEAD"))
                    .collect();
                let said: BTreeSet<&str> = answer.header("allow").unwrap_or_default().split(", ").collect();
                assert_eq!(said, allowed, "{method} {path}");
                assert_eq!(answer.code(), "method_not_allowed");
            }
        }
    });
}

fn filled(path: &str) -> String {
    let steps = path
        .split('/')
        .map(|step| if step.starts_with('{') { "something" } else { step });
    steps.collect::<Vec<_>>().join("/")
}

#[test]
fn an_unknown_address_is_a_problem_too() {
    run(async |app| {
        for path in [
            "/",
            "/v1",
            "/v1/",
            "/v2/organizations",
            "/v1/organizations/",
            "/v1/coalitions/a/b/c/d",
            "/odata/a/b/c",
            "/.env",
        ] {
            let request = app.anonymous().get(path).off_contract("an unknown address");
            assert_eq!(request.send().await.expect(404).code(), "not_found", "{path}");
        }
    });
}

#[test]
fn the_contract_itself_is_served_and_the_service_says_that_it_lives() {
    run(async |app| {
        let nobody = app.anonymous();
        let served = nobody.get("/openapi.yaml").send().await.expect(200).text();
        assert_eq!(served, include_str!("../../openapi.yaml"));
        assert_eq!(
            nobody.get("/healthz").send().await.expect(200).json()["status"],
            "ok"
        );
        assert_eq!(
            nobody.get("/readyz").send().await.expect(200).json()["status"],
            "ready"
        );
    });
}

#[test]
fn the_docs_need_no_other_host() {
    run(async |app| {
        let page = async |path: &str| {
            let request = app.anonymous().get(path).off_contract("pages are not operations");
            request.send().await.expect(200)
        };
        let moved = app
            .anonymous()
            .get("/docs")
            .off_contract("pages are not operations")
            .send()
            .await;
        assert_eq!(moved.header("location"), Some("/docs/"), "{}", moved.status);
        let html = page("/docs/").await.text();
        assert!(!html.contains("://"), "{html}");
        let resources: Vec<&str> = html
            .split(['"', '\''])
            .filter(|text| {
                [".js", ".css", ".png"]
                    .iter()
                    .any(|ending| text.ends_with(ending))
            })
            .collect();
        assert!(resources.len() >= 3, "{html}");
        for resource in &resources {
            page(&format!("/docs/{}", resource.trim_start_matches("./"))).await;
        }
        let settings = page("/docs/swagger-initializer.js").await.text();
        assert!(
            settings.contains("/openapi.yaml") && !settings.contains("://"),
            "{settings}"
        );
        // The other layout shows a badge that another host's validator draws.
        assert!(settings.contains("BaseLayout"), "{settings}");
    });
}

#[test]
fn parameters_are_taken_where_the_contract_has_them_and_nowhere_else() {
    for operation in OPERATIONS {
        let described = &contract().operation(operation.id).parameters;
        let has = described.iter().any(|parameter| parameter.place == "query");
        assert_eq!(operation.takes_query(), has, "{}", operation.id);
    }
    run(async |app| {
        let ana = app.organization("riverside").await;
        for request in [
            ana.get("/v1/organization?colour=red"),
            ana.patch("/v1/organization?colour=red", serde_json::json!({"name": "x"})),
            app.anonymous()
                .post("/v1/sessions?colour=red", serde_json::json!({})),
        ] {
            let answer = request.off_contract("a parameter that nothing has").send().await;
            assert_eq!(answer.expect(400).issues(), ["?colour unknown_field"]);
        }
    });
}

#[test]
fn head_is_answered_wherever_get_is() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let key = ana.key(&["schema:read"], None).await;
        let new = serde_json::json!({"code": "teens-thrive", "name": "Teens Thrive"});
        ana.post("/v1/coalitions", new).send().await.expect(201);
        for (client, path, status) in [
            (&app.anonymous(), "/healthz", 200),
            (&app.anonymous(), "/v1/organization", 401),
            (&ana, "/v1/organization", 200),
            (&ana, "/v1/sessions/refresh", 405),
            (&key, "/v1/coalitions/teens-thrive/measures", 200),
            (&key, "/v1/organization", 403),
            (&key, "/odata/teens-thrive/Aggregates", 403),
        ] {
            let asked = client
                .request("HEAD", path)
                .off_contract("it is described as GET");
            let head = asked.send().await.expect(status);
            if status != 405 {
                let get = client.get(path).send().await.expect(status);
                assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
            }
        }
    });
}
