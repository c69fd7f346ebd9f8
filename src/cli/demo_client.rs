//! The demo's data, and the client of the API that brings them in: the requests that partners would send, answered in
//! the same process.

use std::cell::RefCell;

use actix_http::Request;
use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, init_service, read_body};
use actix_web::{App as ActixApp, Error as ActixError};
use cairn::app::App;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

/// What is loaded.
pub struct Demo {
    schema: Value,
    organizations: Vec<csv::StringRecord>,
    /// One submission for each organization: CSV with its header.
    submissions: Vec<String>,
}

impl Demo {
    /// The data that the program carries.
    pub fn embedded() -> Result<Self, String> {
        let broken = |error: String| format!("the demo's data cannot be read: {error}");
        let schema = serde_json::from_str(include_str!("../../demo/schema.json"))
            .map_err(|e| broken(e.to_string()))?;
        let organizations = csv::Reader::from_reader(include_str!("../../demo/organizations.csv").as_bytes())
            .into_records()
            .collect::<Result<_, _>>()
            .map_err(|error| broken(error.to_string()))?;
        Ok(Self {
            schema,
            organizations,
            submissions: by_organization(include_str!("../../demo/observations.csv")),
        })
    }

    fn items<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Value> {
        self.schema[name].as_array().into_iter().flatten()
    }

    fn text(&self, pointer: &str) -> &str {
        self.schema
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

/// The lines of each organization, which stand together, under the header.
fn by_organization(file: &str) -> Vec<String> {
    let mut lines = file.lines();
    let header = lines.next().unwrap_or_default();
    let mut parts: Vec<(&str, String)> = Vec::new();
    for line in lines {
        let organization = line.split(',').next().unwrap_or_default();
        match parts.last_mut() {
            Some((same, part)) if *same == organization => {
                part.push_str(line);
                part.push('\n');
            }
            _ => parts.push((organization, format!("{header}\n{line}\n"))),
        }
    }
    parts.into_iter().map(|(_, part)| part).collect()
}

/// A client of the API in this process.
pub struct Client<S> {
    service: S,
    token: RefCell<String>,
}

/// The service that answers.
pub trait Answers: Service<Request, Response = ServiceResponse<BoxBody>, Error = ActixError> {}
impl<S: Service<Request, Response = ServiceResponse<BoxBody>, Error = ActixError>> Answers for S {}

impl Client<()> {
    /// A client that is not signed in.
    pub async fn new(app: &App) -> Client<impl Answers> {
        let service = init_service(ActixApp::new().configure(|config| app.configure(config))).await;
        Client {
            service,
            token: RefCell::default(),
        }
    }
}

impl<S: Answers> Client<S> {
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: (&str, String),
    ) -> Result<(StatusCode, Value), String> {
        let mut request = TestRequest::default().method(method).uri(path);
        let token = self.token.borrow().clone();
        if !token.is_empty() {
            request = request.insert_header((AUTHORIZATION, format!("Bearer {token}")));
        }
        if !body.1.is_empty() {
            request = request
                .insert_header(("content-type", body.0))
                .set_payload(body.1);
        }
        let response = self
            .service
            .call(request.to_request())
            .await
            .map_err(|error| error.to_string())?;
        let status = response.status();
        let bytes = read_body(response).await;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
    }

    /// Sends something that may be there already, from an earlier start that was interrupted.
    async fn make(&self, method: Method, path: &str, body: &Value) -> Result<Value, String> {
        let (status, answer) = self
            .call(method, path, ("application/json", body.to_string()))
            .await?;
        if status.is_success() || status == StatusCode::CONFLICT {
            return Ok(answer);
        }
        Err(format!(
            "the demo could not be loaded: {path} answered {status}: {answer}"
        ))
    }

    /// Signs in as the demo's coordinator; false where there is no such account.
    pub async fn sign_in(&self, demo: &Demo) -> Result<bool, String> {
        let body = json!({
            "email": demo.text("/backbone/admin/email"),
            "password": demo.text("/backbone/admin/password"),
        });
        self.token.take();
        let (status, answer) = self
            .call(
                Method::POST,
                "/v1/sessions",
                ("application/json", body.to_string()),
            )
            .await?;
        let token = answer["access_token"].as_str().unwrap_or_default();
        self.token.replace(token.to_owned());
        Ok(status.is_success())
    }

    /// Registers the backbone and signs in.
    pub async fn register(&self, demo: &Demo) -> Result<(), String> {
        self.make(Method::POST, "/v1/organizations", &demo.schema["backbone"])
            .await?;
        if self.sign_in(demo).await? {
            Ok(())
        } else {
            Err("the demo's coordinator cannot sign in".into())
        }
    }

    /// Whether everything is there: the goals come last.
    pub async fn is_loaded(&self, demo: &Demo) -> Result<bool, String> {
        for goal in demo.items("goals") {
            let code = goal["code"].as_str().unwrap_or_default();
            let path = format!("{}/goals/{code}", coalition(demo));
            if !self
                .call(Method::GET, &path, ("", String::new()))
                .await?
                .0
                .is_success()
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Brings everything in, with a progress bar on a terminal.
    pub async fn load(&self, demo: &Demo) -> Result<(), String> {
        let coalition = coalition(demo);
        self.make(Method::POST, "/v1/coalitions", &demo.schema["coalition"])
            .await?;
        for record in &demo.organizations {
            let [code, name, region, kind] = [0, 1, 2, 3].map(|place| record.get(place).unwrap_or_default());
            let partner = json!({
                "new_organization": {"code": code, "name": name},
                "role": "partner",
                "attributes": {"region": region, "kind": kind},
            });
            self.make(Method::POST, &format!("{coalition}/partners"), &partner)
                .await?;
        }
        for dimension in demo.items("dimensions") {
            self.make(Method::POST, &format!("{coalition}/dimensions"), dimension)
                .await?;
        }
        for measure in demo.items("measures") {
            self.make(Method::POST, &format!("{coalition}/measures"), measure)
                .await?;
        }
        self.submit(demo, &format!("{coalition}/observations")).await?;
        for name in ["baselines", "targets"] {
            for item in demo.items(name) {
                let measure = item["measure"].as_str().unwrap_or_default();
                let path = format!("{coalition}/measures/{measure}/{name}");
                self.make(Method::PUT, &path, &json!({"items": item["items"]}))
                    .await?;
            }
        }
        for goal in demo.items("goals") {
            self.make(Method::POST, &format!("{coalition}/goals"), goal)
                .await?;
        }
        Ok(())
    }

    async fn submit(&self, demo: &Demo, path: &str) -> Result<(), String> {
        let rows = |file: &str| file.lines().count() as u64 - 1;
        let style = ProgressStyle::with_template("Loading real data {bar:40} {pos}/{len} figures")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(demo.submissions.iter().map(|file| rows(file)).sum()).with_style(style);
        for file in &demo.submissions {
            let (status, answer) = self.call(Method::POST, path, ("text/csv", file.clone())).await?;
            if !status.is_success() {
                return Err(format!(
                    "the demo could not be loaded: {path} answered {status}: {answer}"
                ));
            }
            bar.inc(rows(file));
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// A key that reads aggregates, in place of the one of an earlier start; answers its secret.
    pub async fn fresh_key(&self, demo: &Demo) -> Result<String, String> {
        let code = demo.text("/coalition/code");
        let key = json!({"name": PRINTED, "scopes": ["aggregates:read", "schema:read"], "coalition": code});
        let made = self.make_fresh("/v1/organization/api-keys", &key).await?;
        Ok(made["secret"].as_str().unwrap_or_default().to_owned())
    }

    /// A share link for everybody, in place of the one of an earlier start; answers its address.
    pub async fn fresh_link(&self, demo: &Demo) -> Result<String, String> {
        let link = json!({"name": PRINTED, "audience": "public"});
        let path = coalition(demo) + "/share-links";
        let made = self.make_fresh(&path, &link).await?;
        Ok(made["address"].as_str().unwrap_or_default().to_owned())
    }

    /// Makes something in a list, in place of what stands there under the same name.
    async fn make_fresh(&self, path: &str, new: &Value) -> Result<Value, String> {
        let (_, listed) = self.call(Method::GET, path, ("", String::new())).await?;
        for item in listed["data"].as_array().into_iter().flatten() {
            if item["name"] == new["name"] && item["revoked_at"].is_null() {
                let id = item["id"].as_str().unwrap_or_default();
                self.call(Method::DELETE, &format!("{path}/{id}"), ("", String::new()))
                    .await?;
            }
        }
        self.make(Method::POST, path, new).await
    }
}

/// What is made at each start is called.
const PRINTED: &str = "demo: printed at start";

fn coalition(demo: &Demo) -> String {
    format!("/v1/coalitions/{}", demo.text("/coalition/code"))
}
