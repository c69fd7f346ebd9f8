//! Texts that would be commands elsewhere, in every parameter, header and body field of every operation, generated
//! from the contract: nothing breaks, a refused request changes nothing, and a taken one changes nothing of others.

use serde_json::Value;

use crate::support::contract::Operation;
use crate::support::plan::Plan;
use crate::support::{Cast, Client, Database, Request, Watch, contract, run_with_cast};

const TEXTS: [&str; 10] = [
    "' OR '1'='1",
    "'; DROP TABLE observations; --",
    "1) UNION SELECT password_hash FROM accounts --",
    "$1",
    "%",
    "\\",
    "a\0b",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "{\"$ne\": null}\u{202e}\u{1f5ff}",
];

/// Where a text can stand in a request.
#[derive(Debug)]
enum Slot {
    Path(String),
    Query(String),
    Header(String),
    /// A text of a JSON body, by its pointer.
    Value(String),
    /// A name in a JSON body: the object's pointer, and the name.
    Name(String, String),
    /// A field of a body that is not JSON, by what separates fields and its number.
    Field(char, usize),
}

fn slots(plan: &Plan) -> Vec<Slot> {
    let mut slots: Vec<Slot> = plan
        .operation
        .parameters
        .iter()
        .map(|parameter| match parameter.place.as_str() {
            "path" => Slot::Path(parameter.name.clone()),
            "query" => Slot::Query(parameter.name.clone()),
            _ => Slot::Header(parameter.name.clone()),
        })
        .collect();
    if plan.operation.access.role != "none" {
        slots.push(Slot::Header("Authorization".into()));
    }
    match (&plan.body, plan.json()) {
        (_, Some(json)) => find("", &json, &mut slots),
        (Some((media_type, body)), None) => {
            let separator = if media_type == "text/csv" { ',' } else { '&' };
            slots.extend((0..body.split(separator).count()).map(|number| Slot::Field(separator, number)));
        }
        _ => {}
    }
    slots
}

fn find(at: &str, value: &Value, slots: &mut Vec<Slot>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                slots.push(Slot::Name(at.to_owned(), name.clone()));
                find(&format!("{at}/{name}"), member, slots);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find(&format!("{at}/{index}"), item, slots);
            }
        }
        Value::String(_) => slots.push(Slot::Value(at.to_owned())),
        // What is a number or the like can be sent as a text too.
        _ => slots.push(Slot::Value(at.to_owned())),
    }
}

/// The request with a text in one place; `None` where the place cannot hold it.
fn injected(plan: &Plan, slot: &Slot, text: &str, client: &Client) -> Option<Request> {
    let mut plan = plan.clone();
    let mut header = None;
    match slot {
        Slot::Path(name) => {
            let steps = plan.operation.path.split('/').zip(plan.path.split('/'));
            let steps = steps.map(|(template, step)| match template == format!("{{{name}}}") {
                true => encoded(text),
                false => step.to_owned(),
            });
            plan.path = steps.collect::<Vec<_>>().join("/");
        }
        Slot::Query(name) => plan.path = format!("{}?{name}={}", plan.path, encoded(text)),
        Slot::Header(name) => {
            // Elsewhere than in printable ASCII a header is refused before Cairn sees it.
            let is_plain = text.chars().all(|c| matches!(c, ' '..='~'));
            let scheme = if name == "Authorization" { "Bearer " } else { "" };
            header = Some((name.clone(), is_plain.then(|| format!("{scheme}{text}"))?));
        }
        Slot::Value(pointer) => {
            let mut json = plan.json()?;
            *json.pointer_mut(pointer)? = text.into();
            plan.body = Some(("application/json".into(), json.to_string()));
        }
        Slot::Name(pointer, name) => {
            let mut json = plan.json()?;
            let object = json.pointer_mut(pointer)?.as_object_mut()?;
            let member = object.remove(name)?;
            object.insert(text.into(), member);
            plan.body = Some(("application/json".into(), json.to_string()));
        }
        Slot::Field(separator, number) => {
            let (media_type, body) = plan.body.clone()?;
            let mut fields: Vec<String> = body.split(*separator).map(str::to_owned).collect();
            fields[*number] = match separator {
                '&' => format!("{}={}", fields[*number].split('=').next()?, encoded(text)),
                _ => format!("\"{}\"", text.replace('"', "\"\"")),
            };
            plan.body = Some((media_type, fields.join(&separator.to_string())));
        }
    }
    let request = plan
        .request(client)
        .off_contract("a text that would be a command elsewhere");
    Some(match header {
        Some((name, value)) => request.header(&name, &value),
        None => request,
    })
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

/// The rows of the other coalition and its organizations.
fn others(database: &Database) -> Watch {
    Watch::over_rows(database, |table, columns| {
        let has = |name: &str| columns.iter().any(|column| column == name);
        let condition = match table {
            "organizations" => "code LIKE 'bayside%'",
            "accounts" => "email LIKE '%@bayside%'",
            "signing_keys" => "true",
            // The backbone is in the other coalition too, which is in a new state when it takes another name.
            "coalition_clock" => return None,
            _ if has("coalition_id") => {
                "coalition_id IN (SELECT id FROM coalitions WHERE code = 'bay-reads')"
            }
            _ if has("organization_id") => {
                "organization_id IN (SELECT id FROM organizations WHERE code LIKE 'bayside%')"
            }
            _ => return None,
        };
        Some(condition.to_owned())
    })
}

/// The plan as it can be carried out once more: under a name that is not taken yet.
fn fresh(plan: &Plan, number: usize) -> Plan {
    let mut plan = plan.clone();
    let Some(mut json) = plan.json() else { return plan };
    for (pointer, value) in [
        ("/code", format!("new_{number}")),
        ("/new_organization/code", format!("new_{number}")),
        ("/admin/email", format!("new_{number}@town.example")),
        ("/email", format!("new_{number}@town.example")),
    ] {
        if let Some(member) = json.pointer_mut(pointer) {
            *member = value.into();
        }
    }
    match plan.operation.id.as_str() {
        // A new password would end the session.
        "update_account" => json = serde_json::json!({"name": "Ana"}),
        // After the baseline.
        "replace_targets" => json["items"][0]["period"] = "2029".into(),
        _ => {}
    }
    plan.body = Some(("application/json".into(), json.to_string()));
    plan
}

/// Tries one operation, and answers what went wrong.
async fn attack(operation: &'static Operation, cast: &Cast) -> Vec<String> {
    let client = &cast.home.backbone;
    let mut wrong = Vec::new();
    // Without the texts it is a good request, so that they get as far as they can.
    let takes_away = operation.method == "DELETE" || operation.id == "erase_account";
    if operation.access.role != "none" && !takes_away {
        for plan in Plan::of(operation, &cast.values)
            .iter()
            .map(|plan| fresh(plan, 0))
        {
            let answer = plan.request(client).send().await;
            let is_answering = operation.path.contains("/partners/{organization}/");
            // The contract can only describe a workbook, not show one; its texts are tried where it is read.
            let is_workbook = answer.status == 400 && answer.text().contains("malformed_xlsx");
            // A second factor needs codes that an example cannot show.
            let needs_a_code = operation.path.starts_with("/v1/account/second-factor/");
            if answer.status >= 400 && !is_answering && !is_workbook && !needs_a_code {
                wrong.push(format!("{} by itself: {}", operation.id, answer.text()));
            }
        }
    }
    let database = client.app().database();
    let (mut all, mut others) = (Watch::over(database), others(database));
    let (mut last, of_others) = (all.snapshot(), others.snapshot());
    let mut number = 0;
    for plan in Plan::of(operation, &cast.values) {
        for slot in slots(&fresh(&plan, number)) {
            for text in TEXTS {
                number += 1;
                let plan = fresh(&plan, number);
                let Some(request) = injected(&plan, &slot, text, client) else {
                    continue;
                };
                let at = format!("{} with {text:?} in {slot:?}", operation.id);
                match request.try_send().await {
                    Ok(answer) if answer.status < 400 && !plan.is_read() => {
                        last = all.snapshot();
                        of_others.assert_same(&others.snapshot(), &at);
                    }
                    Ok(_) => {}
                    Err(fault) => wrong.push(format!("{at}: {fault}")),
                }
            }
            let now = all.snapshot();
            last.assert_same(&now, &format!("{} with something in {slot:?}", operation.id));
        }
    }
    of_others.assert_same(&others.snapshot(), &operation.id);
    wrong
}

fn report(wrong: &[String]) {
    assert!(
        wrong.is_empty(),
        "{} faults: {:#?}",
        wrong.len(),
        &wrong[..wrong.len().min(40)]
    );
}

fn attack_writes(chosen: impl Fn(&Operation) -> bool) {
    let mut wrong = Vec::new();
    let writes = contract()
        .operations()
        .iter()
        .filter(|operation| operation.method != "GET");
    for operation in writes.filter(|operation| chosen(operation)) {
        // Each on a copy of its own: what one takes away must not hide what comes after it.
        run_with_cast(async |_, cast| wrong.extend(attack(operation, &cast).await));
    }
    report(&wrong);
}

fn is_in_coalition(operation: &Operation) -> bool {
    operation.access.place != "none"
}

#[test]
fn reading_takes_any_text_for_a_text() {
    run_with_cast(async |_, cast| {
        let mut wrong = Vec::new();
        for operation in contract()
            .operations()
            .iter()
            .filter(|operation| operation.method == "GET")
        {
            wrong.extend(attack(operation, &cast).await);
        }
        report(&wrong);
    });
}

#[test]
fn writing_in_an_organization_takes_any_text_for_a_text() {
    attack_writes(|operation| !is_in_coalition(operation));
}

#[test]
fn writing_in_a_coalition_takes_any_text_for_a_text() {
    attack_writes(|operation| operation.method == "POST" && is_in_coalition(operation));
}

#[test]
fn changing_a_coalition_takes_any_text_for_a_text() {
    attack_writes(|operation| operation.method != "POST" && is_in_coalition(operation));
}
