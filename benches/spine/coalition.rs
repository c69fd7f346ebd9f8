//! A coalition of two organizations and one daily measure, made through the API as its people would.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::Outcome;
use crate::http::Client;

const PASSWORD: &str = "violet-harbor-candle-47";

/// Where the partner submits.
pub const OBSERVATIONS: &str = "/v1/coalitions/teens-thrive/observations";

/// Registers both organizations, signs their admins in, makes the coalition and the measure, and answers the secret of
/// an API key with which the partner submits.
pub fn found(address: SocketAddr) -> Outcome<String> {
    let mut backbone = register(address, "riverside-library")?;
    let mut partner = register(address, "riverside-high")?;
    let coalition = json!({"code": "teens-thrive", "name": "Teens Thrive", "purpose": "To be measured",
        "fiscal_year_start_month": 1});
    backbone.ask("POST", "/v1/coalitions", &coalition)?;
    let invitation = json!({"organization": "riverside-high", "role": "partner"});
    backbone.ask("POST", "/v1/coalitions/teens-thrive/partners", &invitation)?;
    let path = "/v1/coalitions/teens-thrive/partners/riverside-high/accept";
    partner.ask("POST", path, &Value::Null)?;
    let measure = json!({"code": "VISITS", "name": "Visits", "definition": "People who came in", "unit": "visits",
        "kind": "number", "decimals": 0, "scope": "performance", "performance_type": "how_much",
        "accumulation": "flow", "aggregation": "sum", "direction": "up", "frequency": "day"});
    backbone.ask("POST", "/v1/coalitions/teens-thrive/measures", &measure)?;
    make_key(&mut partner)
}

/// A key with which a client's organization submits and reads.
pub fn make_key(client: &mut Client) -> Outcome<String> {
    let scopes = ["observations:write", "observations:read", "aggregates:read"];
    let key = json!({"name": "bench", "scopes": scopes, "coalition": "teens-thrive"});
    let made = client.ask("POST", "/v1/organization/api-keys", &key)?;
    let secret = made["secret"].as_str().ok_or("a key without a secret")?;
    Ok(secret.to_owned())
}

/// Registers a backbone with a coalition of its own and so many yearly measures, by these codes of an age group if there
/// are any, and answers it signed in.
pub fn found_with(address: SocketAddr, measures: u32, codes: &[&str]) -> Outcome<Client> {
    let mut backbone = register(address, "riverside-library")?;
    let coalition = json!({"code": "teens-thrive", "name": "Teens Thrive", "purpose": "To be measured",
        "fiscal_year_start_month": 1});
    backbone.ask("POST", "/v1/coalitions", &coalition)?;
    let mut dimensions = Vec::new();
    if !codes.is_empty() {
        let codes: Vec<Value> = codes
            .iter()
            .map(|code| json!({"code": code, "name": code}))
            .collect();
        let dimension = json!({"code": "age_group", "name": "Age group", "codes": codes});
        backbone.ask("POST", "/v1/coalitions/teens-thrive/dimensions", &dimension)?;
        dimensions.push("age_group");
    }
    for number in 1..=measures {
        let measure = json!({"code": format!("M{number:03}"), "name": "Visits", "definition": "People who came in",
            "unit": "visits", "kind": "number", "decimals": 0, "scope": "performance",
            "performance_type": "how_much", "accumulation": "flow", "aggregation": "sum", "direction": "up",
            "frequency": "year", "dimensions": dimensions});
        backbone.ask("POST", "/v1/coalitions/teens-thrive/measures", &measure)?;
    }
    Ok(backbone)
}

fn register(address: SocketAddr, code: &str) -> Outcome<Client> {
    let admin = json!({"email": email(code), "name": "Ana", "password": PASSWORD});
    let organization = json!({"code": code, "name": code, "admin": admin});
    Client::connect(address, "")?.ask("POST", "/v1/organizations", &organization)?;
    sign_in(address, &email(code), PASSWORD)
}

fn email(code: &str) -> String {
    format!("ana@{code}.example")
}

/// An access token of the admin of an organization that was registered here.
pub fn token(address: SocketAddr, organization: &str) -> Outcome<String> {
    sign_in_for_token(address, &email(organization), PASSWORD)
}

/// A client that is signed in.
pub fn sign_in(address: SocketAddr, email: &str, password: &str) -> Outcome<Client> {
    Client::connect(address, &sign_in_for_token(address, email, password)?)
}

fn sign_in_for_token(address: SocketAddr, email: &str, password: &str) -> Outcome<String> {
    let credentials = json!({"email": email, "password": password});
    let session = Client::connect(address, "")?.ask("POST", "/v1/sessions", &credentials)?;
    let token = session["access_token"]
        .as_str()
        .ok_or("a session without a token")?;
    Ok(token.to_owned())
}

/// Brings so many further partners into the coalition that [`found`] made, and answers a key of each.
pub fn bring_partners(address: SocketAddr, count: usize) -> Outcome<Vec<String>> {
    let mut backbone = sign_in(address, &email("riverside-library"), PASSWORD)?;
    let bring = |number: usize| {
        let code = format!("partner-{number}");
        let mut partner = register(address, &code)?;
        let invitation = json!({"organization": code, "role": "partner"});
        backbone.ask("POST", "/v1/coalitions/teens-thrive/partners", &invitation)?;
        let path = format!("/v1/coalitions/teens-thrive/partners/{code}/accept");
        partner.ask("POST", &path, &Value::Null)?;
        make_key(&mut partner)
    };
    (1..=count).map(bring).collect()
}
