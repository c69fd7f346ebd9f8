//! Requests generated from the contract: for each operation its path, filled in, and each body it shows an example of.

use std::collections::HashMap;

use serde_json::Value;

use super::contract::{Operation, step};
use super::{Client, Request, contract};

/// What the parameters of paths stand for, by name.
pub type Values = HashMap<&'static str, String>;

/// One request of an operation.
#[derive(Clone)]
pub struct Plan {
    pub operation: &'static Operation,
    pub path: String,
    /// The media type and the body.
    pub body: Option<(String, String)>,
}

impl Plan {
    /// Every request of every operation. Panics where an operation cannot be called with these values: then it needs
    /// one more value, or an example in the contract.
    pub fn all(values: &Values) -> Vec<Self> {
        contract()
            .operations()
            .iter()
            .flat_map(|operation| Self::of(operation, values))
            .collect()
    }

    /// The requests of one operation: as many as it takes media types.
    pub fn of(operation: &'static Operation, values: &Values) -> Vec<Self> {
        let path = filled(operation, values);
        let at = format!("{}/requestBody", operation.pointer);
        if !contract().has(&at) {
            return vec![Self {
                operation,
                path,
                body: None,
            }];
        }
        let (at, described) = contract().resolve(&at);
        let contents = described["content"].as_object().expect("a body has a content");
        contents
            .keys()
            .map(|media_type| {
                let example = example(
                    operation,
                    &format!("{at}/content/{}", step(media_type)),
                    described,
                );
                Self {
                    operation,
                    path: path.clone(),
                    body: Some((media_type.clone(), text(media_type, &example))),
                }
            })
            .collect()
    }

    /// The request, from somebody.
    pub fn request(&self, client: &Client) -> Request {
        let request = client.request(&self.operation.method, &self.path);
        match &self.body {
            Some((media_type, body)) => request.body(media_type, body.as_bytes()),
            None => request,
        }
    }

    /// The JSON of its body, if it is one.
    pub fn json(&self) -> Option<Value> {
        let (media_type, body) = self.body.as_ref()?;
        (media_type == "application/json").then(|| serde_json::from_str(body).expect("JSON"))
    }

    pub fn is_read(&self) -> bool {
        self.operation.method == "GET"
    }
}

fn filled(operation: &Operation, values: &Values) -> String {
    let steps = operation.path.split('/').map(|step| {
        let name = step.strip_prefix('{').and_then(|step| step.strip_suffix('}'));
        let Some(name) = name else { return step };
        values
            .get(name)
            .unwrap_or_else(|| panic!("{}: there is no plan for the parameter '{name}'", operation.id))
    });
    steps.collect::<Vec<_>>().join("/") + &query(operation)
}

/// The query parameters that the operation cannot do without, as in the contract's examples.
fn query(operation: &Operation) -> String {
    let required = operation
        .parameters
        .iter()
        .filter(|parameter| parameter.place == "query" && parameter.is_required);
    let pairs: Vec<String> = required
        .map(|parameter| {
            let at = parameter.schema.strip_suffix("/schema").expect("a schema");
            let (_, described) = contract().resolve(at);
            let example = described["example"].as_str();
            let example =
                example.unwrap_or_else(|| panic!("{}: {} has no example", operation.id, parameter.name));
            format!("{}={example}", parameter.name)
        })
        .collect();
    match pairs.as_slice() {
        [] => String::new(),
        pairs => format!("?{}", pairs.join("&")),
    }
}

fn example(operation: &Operation, at: &str, described: &Value) -> Value {
    let (_, content) = contract().resolve(at);
    let first = content["examples"]
        .as_object()
        .and_then(|examples| examples.values().next());
    match (&content["example"], first) {
        (Value::Null, Some(first)) => first["value"].clone(),
        (Value::Null, None) if described["required"] != true => Value::Object(Default::default()),
        (Value::Null, None) => panic!("{}: openapi.yaml shows no example of its body", operation.id),
        (example, _) => example.clone(),
    }
}

fn text(media_type: &str, example: &Value) -> String {
    match (media_type, example) {
        ("application/x-www-form-urlencoded", Value::Object(fields)) => {
            let pairs = fields
                .iter()
                .map(|(name, value)| (name, value.as_str().expect("a text")));
            form_urlencoded::Serializer::new(String::new())
                .extend_pairs(pairs)
                .finish()
        }
        (_, Value::String(text)) => text.clone(),
        _ => example.to_string(),
    }
}
