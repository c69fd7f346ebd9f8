//! Whoever sends requests.

use actix_web::body::{BoxBody, to_bytes};
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::{Request, TestApp};

/// The password of every account in the suite.
pub const PASSWORD: &str = "violet-harbor-candle-47";

/// What a client is known by; it outlives the application, so that a copied database knows it still.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The code of the organization it works for.
    pub organization: String,
    /// Its address; empty for a program.
    pub email: String,
    /// What it sends as `Authorization`.
    pub authorization: String,
    /// The refresh token; empty for a program.
    pub refresh_token: String,
}

/// A person or program, or nobody. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    app: TestApp,
    credentials: Option<Credentials>,
}

impl Client {
    pub fn new(app: TestApp, credentials: Option<Credentials>) -> Self {
        Self { app, credentials }
    }

    /// The client that a new session makes.
    pub fn signed_in(&self, email: &str, session: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a session").to_owned();
        let credentials = Credentials {
            organization: text(&session["organization"]["code"]),
            email: email.to_owned(),
            authorization: format!("Bearer {}", text(&session["access_token"])),
            refresh_token: text(&session["refresh_token"]),
        };
        Self::new(self.app.clone(), Some(credentials))
    }

    /// The same application with other credentials in `Authorization`.
    pub fn with_authorization(&self, authorization: &str) -> Self {
        let credentials = Credentials {
            organization: self.organization().to_owned(),
            email: String::new(),
            authorization: authorization.to_owned(),
            refresh_token: String::new(),
        };
        Self::new(self.app.clone(), Some(credentials))
    }

    pub fn app(&self) -> &TestApp {
        &self.app
    }

    /// Panics where the client is nobody.
    pub fn credentials(&self) -> &Credentials {
        self.credentials.as_ref().expect("a client with credentials")
    }

    /// The code of the organization it works for; empty for nobody.
    pub fn organization(&self) -> &str {
        self.credentials
            .as_ref()
            .map_or("", |credentials| &credentials.organization)
    }

    pub fn email(&self) -> &str {
        &self.credentials().email
    }

    /// The access token, or the key's secret.
    pub fn token(&self) -> &str {
        let authorization = &self.credentials().authorization;
        authorization.strip_prefix("Bearer ").expect("a bearer token")
    }

    /// A request of any method.
    pub fn request(&self, method: &str, path: &str) -> Request {
        let request = Request::new(self.app.clone(), method, path);
        match &self.credentials {
            Some(credentials) => request.header("Authorization", &credentials.authorization),
            None => request,
        }
    }

    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    pub fn post(&self, path: &str, body: Value) -> Request {
        self.request("POST", path).json(&body)
    }

    pub fn post_csv(&self, path: &str, text: &str) -> Request {
        self.request("POST", path).body("text/csv", text)
    }

    pub fn patch(&self, path: &str, body: Value) -> Request {
        self.request("PATCH", path).json(&body)
    }

    pub fn put(&self, path: &str, body: Value) -> Request {
        self.request("PUT", path).json(&body)
    }

    pub fn delete(&self, path: &str) -> Request {
        self.request("DELETE", path)
    }

    /// Fetches a body of any length. The contract's checks, which would take copies of it, are passed over.
    pub async fn download(&self, path: &str) -> Vec<u8> {
        let body = to_bytes(self.open(path).await).await;
        body.expect("a whole body").to_vec()
    }

    /// Begins to fetch a body.
    pub async fn open(&self, path: &str) -> BoxBody {
        let authorization = self.credentials().authorization.as_str();
        let request = TestRequest::with_uri(path).insert_header(("Authorization", authorization));
        let response = self.app.call(request).await;
        assert_eq!(response.status(), 200, "{path}");
        response.into_body()
    }

    /// Another person of the same organization, invited by this one, who has accepted and signed in.
    pub async fn member(&self, name: &str, role: &str) -> Self {
        let email = format!("{name}@{}.example", self.organization().to_lowercase());
        let invitation = self
            .post(
                "/v1/organization/invitations",
                json!({"email": email, "role": role}),
            )
            .send()
            .await
            .expect(201)
            .json();
        self.app
            .anonymous()
            .post(
                "/v1/invitations/accept",
                json!({"token": invitation["token"], "name": name, "password": PASSWORD}),
            )
            .send()
            .await
            .expect(200);
        self.app.sign_in(&email).await
    }

    /// A viewer of the same organization.
    pub async fn viewer(&self) -> Self {
        self.member("viewer", "viewer").await
    }

    /// An editor of the same organization.
    pub async fn editor(&self) -> Self {
        self.member("editor", "editor").await
    }

    /// A program with an API key of this organization, bound to a coalition where one is given.
    pub async fn key(&self, scopes: &[&str], coalition: Option<&str>) -> Self {
        let mut new = json!({"name": "a program", "scopes": scopes});
        if let Some(coalition) = coalition {
            new["coalition"] = coalition.into();
        }
        let key = self
            .post("/v1/organization/api-keys", new)
            .send()
            .await
            .expect(201)
            .json();
        self.with_authorization(&format!("Bearer {}", key["secret"].as_str().expect("a secret")))
    }
}
