//! `openapi.yaml`, as the tests hold the service to it: its operations, and a validator for everything that goes in
//! or comes out.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

use super::Answer;

/// The contract, read once.
pub fn contract() -> &'static Contract {
    static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::read);
    &CONTRACT
}

const ADDRESS: &str = "cairn:/contract";

pub struct Contract {
    document: &'static Value,
    registry: Registry<'static>,
    operations: Vec<Operation>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    pub method: String,
    pub path: String,
    pub access: Access,
    /// Where it stands in the document.
    pub pointer: String,
    pub parameters: Vec<Parameter>,
}

/// Its `x-cairn-access`; `none` as it stands there.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    pub place: String,
    pub role: String,
    pub key: String,
    /// Whether a share link to the coalition does as well.
    #[serde(default)]
    pub share: bool,
}

/// One of its parameters.
#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: String,
    /// `path`, `query` or `header`.
    pub place: String,
    pub is_required: bool,
    /// Where its schema stands in the document.
    pub schema: String,
}

impl Contract {
    fn read() -> Self {
        let text = include_str!("../../../openapi.yaml");
        let document: Value = serde_saphyr::from_str(text).expect("openapi.yaml is YAML");
        let document: &'static Value = Box::leak(Box::new(document));
        let registry = Registry::new()
            .draft(Draft::Draft202012)
            .add(ADDRESS, document)
            .and_then(|builder| builder.prepare())
            .expect("the contract's references hold");
        let mut contract = Self {
            document,
            registry,
            operations: Vec::new(),
            validators: Mutex::default(),
        };
        contract.operations = contract.find_operations();
        contract
    }

    fn find_operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, item) in self.document["paths"].as_object().expect("paths") {
            let methods = ["get", "put", "post", "patch", "delete"];
            for (method, operation) in item
                .as_object()
                .expect("a path")
                .iter()
                .filter(|(key, _)| methods.contains(&key.as_str()))
            {
                let above = format!("/paths/{}", step(path));
                let pointer = format!("{above}/{method}");
                let access = serde_json::from_value(operation["x-cairn-access"].clone());
                operations.push(Operation {
                    id: operation["operationId"]
                        .as_str()
                        .expect("an operationId")
                        .to_owned(),
                    method: method.to_uppercase(),
                    path: path.clone(),
                    access: access
                        .unwrap_or_else(|error| panic!("x-cairn-access of {method} {path}: {error}")),
                    parameters: [self.find_parameters(&above), self.find_parameters(&pointer)].concat(),
                    pointer,
                });
            }
        }
        operations
    }

    fn find_parameters(&self, above: &str) -> Vec<Parameter> {
        let list = self.document.pointer(&format!("{above}/parameters"));
        let count = list.and_then(Value::as_array).map_or(0, Vec::len);
        (0..count)
            .map(|index| {
                let (pointer, value) = self.resolve(&format!("{above}/parameters/{index}"));
                Parameter {
                    name: value["name"].as_str().expect("a name").to_owned(),
                    place: value["in"].as_str().expect("a place").to_owned(),
                    is_required: value["required"] == true,
                    schema: format!("{pointer}/schema"),
                }
            })
            .collect()
    }

    /// Every operation.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The operation of that id.
    pub fn operation(&self, id: &str) -> &Operation {
        let found = self.operations.iter().find(|operation| operation.id == id);
        found.unwrap_or_else(|| panic!("openapi.yaml has no operation {id}"))
    }

    /// What stands at a pointer, and where, once its `$ref`s have been followed.
    pub fn resolve(&self, pointer: &str) -> (String, &'static Value) {
        let value = self
            .document
            .pointer(pointer)
            .unwrap_or_else(|| panic!("openapi.yaml has nothing at {pointer}"));
        match value["$ref"].as_str() {
            Some(reference) => self.resolve(reference.strip_prefix('#').expect("a local reference")),
            None => (pointer.to_owned(), value),
        }
    }

    /// Whether there is something at a pointer.
    pub fn has(&self, pointer: &str) -> bool {
        self.document.pointer(pointer).is_some()
    }

    /// What is wrong with a value, by the schema at a pointer.
    pub fn fault(&self, schema: &str, value: &Value) -> Option<String> {
        let validator = self.validator(schema);
        let faults: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("at '{}': {error}", error.instance_path()))
            .collect();
        (!faults.is_empty()).then(|| faults.join("; "))
    }

    fn validator(&self, schema: &str) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = validators.get(schema) {
            return validator.clone();
        }
        let fragment = schema.replace('%', "%25").replace('{', "%7B").replace('}', "%7D");
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(&self.registry)
            .should_validate_formats(true)
            .build(&json!({"$ref": format!("{ADDRESS}#{fragment}")}))
            .unwrap_or_else(|error| panic!("the schema at {schema}: {error}"));
        let validator = Arc::new(validator);
        validators.insert(schema.to_owned(), validator.clone());
        validator
    }

    /// The operation that a request is for, with its path parameters.
    pub fn route(&self, method: &str, path: &str) -> Option<(&Operation, HashMap<&str, String>)> {
        let path = path.split('?').next().unwrap_or_default();
        let of_method = self
            .operations
            .iter()
            .filter(|operation| operation.method == method);
        of_method
            .filter_map(|operation| Some((operation, matching(&operation.path, path)?)))
            .next()
    }

    /// What is wrong with a request.
    pub fn request_fault(&self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Option<String> {
        let Some((operation, in_path)) = self.route(method, path) else {
            return Some("there is no such operation".into());
        };
        self.parameter_fault(operation, path, &in_path)
            .or_else(|| self.body_fault(operation, body))
    }

    fn parameter_fault(
        &self,
        operation: &Operation,
        path: &str,
        in_path: &HashMap<&str, String>,
    ) -> Option<String> {
        let query = path.split_once('?').map_or("", |(_, query)| query);
        let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        for (name, _) in &query {
            let is_known = |parameter: &&Parameter| parameter.place == "query" && parameter.name == *name;
            if operation.parameters.iter().find(is_known).is_none() {
                return Some(format!("it takes no query parameter '{name}'"));
            }
        }
        for parameter in &operation.parameters {
            let given: Vec<&String> = match parameter.place.as_str() {
                "path" => in_path.get(parameter.name.as_str()).into_iter().collect(),
                "query" => query
                    .iter()
                    .filter(|(name, _)| *name == parameter.name)
                    .map(|(_, value)| value)
                    .collect(),
                _ => continue,
            };
            match given.as_slice() {
                [] if parameter.is_required => return Some(format!("'{}' is required", parameter.name)),
                [] => {}
                [value] => {
                    let typed = self.typed(&parameter.schema, value);
                    if let Some(fault) = self.fault(&parameter.schema, &typed) {
                        return Some(format!("parameter '{}': {fault}", parameter.name));
                    }
                }
                _ => return Some(format!("'{}' is given twice", parameter.name)),
            }
        }
        None
    }

    /// A parameter's text as the JSON value that its schema speaks of.
    fn typed(&self, schema: &str, text: &str) -> Value {
        let (_, schema) = self.resolve(schema);
        let is_text = !matches!(schema["type"].as_str(), Some("integer" | "number" | "boolean"));
        let parsed = (!is_text).then(|| serde_json::from_str(text).ok()).flatten();
        parsed.unwrap_or_else(|| Value::from(text))
    }

    fn body_fault(&self, operation: &Operation, body: Option<(&str, &[u8])>) -> Option<String> {
        let at = format!("{}/requestBody", operation.pointer);
        match (body, self.has(&at)) {
            (None, false) => return None,
            (Some(_), false) => return Some("it takes no body".into()),
            _ => {}
        }
        let (at, described) = self.resolve(&at);
        let Some((content_type, bytes)) = body else {
            return (described["required"] == true).then(|| "it needs a body".into());
        };
        let essence = essence(content_type);
        if described["content"][&essence].is_null() {
            return Some(format!("it takes no body of type '{content_type}'"));
        }
        self.content_fault(&format!("{at}/content/{}", step(&essence)), &essence, bytes)
    }

    fn content_fault(&self, at: &str, essence: &str, bytes: &[u8]) -> Option<String> {
        if essence.starts_with("application/vnd.openxmlformats") || essence == "application/zip" {
            return (!bytes.starts_with(b"PK")).then(|| "the body is no zip, as workbooks are too".into());
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Some("the body is not UTF-8".into());
        };
        let value = if essence.ends_with("json") && essence != "application/x-ndjson" {
            match serde_json::from_str(text) {
                Ok(value) => value,
                Err(error) => return Some(format!("the body is not JSON: {error}")),
            }
        } else if essence == "application/x-www-form-urlencoded" {
            form_urlencoded::parse(bytes)
                .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
                .collect()
        } else {
            Value::from(text)
        };
        self.fault(&format!("{at}/schema"), &value)
    }

    /// What is wrong with an answer. Where no operation serves the path, it has to be a problem.
    pub fn answer_fault(&self, method: &str, path: &str, answer: &Answer) -> Option<String> {
        let content_type = essence(answer.header("content-type").unwrap_or_default());
        if content_type == "application/problem+json" && answer.json()["status"] != answer.status {
            return Some("the problem names another status".into());
        }
        let Some((operation, _)) = self.route(method, path) else {
            return (answer.status >= 400)
                .then(|| {
                    self.content_fault(
                        match path.starts_with("/odata/") {
                            true => "/components/responses/ODataNotFound/content/application~1json",
                            false => "/components/responses/NotFound/content/application~1problem+json",
                        },
                        "json",
                        &answer.body,
                    )
                })
                .flatten();
        };
        let at = format!("{}/responses/{}", operation.pointer, answer.status);
        if !self.has(&at) {
            return Some(format!("{} documents no {}", operation.id, answer.status));
        }
        let (at, described) = self.resolve(&at);
        if let Some(fault) = self.header_fault(&at, described, answer) {
            return Some(fault);
        }
        if described["content"].is_null() {
            return (!answer.body.is_empty()).then(|| "there should be no body".into());
        }
        if described["content"][&content_type].is_null() {
            return Some(format!("its content type '{content_type}' is not documented"));
        }
        self.content_fault(
            &format!("{at}/content/{}", step(&content_type)),
            &content_type,
            &answer.body,
        )
    }

    fn header_fault(&self, at: &str, described: &Value, answer: &Answer) -> Option<String> {
        for name in described["headers"]
            .as_object()
            .into_iter()
            .flat_map(|headers| headers.keys())
        {
            let (pointer, header) = self.resolve(&format!("{at}/headers/{}", step(name)));
            match answer.header(name) {
                None if header["required"] == true => return Some(format!("the header {name} is missing")),
                None => {}
                Some(value) => {
                    if let Some(fault) = self.fault(&format!("{pointer}/schema"), &Value::from(value)) {
                        return Some(format!("the header {name}: {fault}"));
                    }
                }
            }
        }
        None
    }
}

/// A step of a JSON Pointer.
pub fn step(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A media type without its parameters, in lower case.
fn essence(content_type: &str) -> String {
    content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

fn matching<'t>(template: &'t str, path: &str) -> Option<HashMap<&'t str, String>> {
    let (mut names, mut values) = (template.split('/'), path.split('/'));
    let mut found = HashMap::new();
    loop {
        match (names.next(), values.next()) {
            (None, None) => return Some(found),
            (Some(name), Some(value)) => match name.strip_prefix('{').and_then(|name| name.strip_suffix('}'))
            {
                Some(name) if !value.is_empty() => {
                    found.insert(name, decoded(value));
                }
                None if name == decoded(value) => {}
                _ => return None,
            },
            _ => return None,
        }
    }
}

/// A path segment without percent signs; `+` stands for itself there.
fn decoded(segment: &str) -> String {
    form_urlencoded::parse(segment.replace('+', "%2B").as_bytes())
        .map(|(text, _)| text.into_owned())
        .collect()
}
