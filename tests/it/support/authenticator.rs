//! An authenticator app.

use std::time::UNIX_EPOCH;

use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};

use super::database::TestConnection;
use super::{Client, PASSWORD, TestApp};

/// An app with one secret.
pub struct Authenticator(Totp);

impl Authenticator {
    /// With a secret in base32.
    pub fn with(secret: &Value) -> Self {
        let secret = Secret::try_from_base32(secret.as_str().expect("a secret")).expect("base32");
        Self(Builder::new().with_secret(secret).build().expect("a secret"))
    }

    /// With the secret of the one second factor that the database has, if it has one.
    pub fn kept(app: &TestApp) -> Option<Self> {
        let mut connection = app.database().connect();
        let hex = match connection {
            TestConnection::Sqlite(_) => "lower(hex(secret))",
            TestConnection::Postgres(_) => "encode(secret, 'hex')",
        };
        let hex = connection
            .texts(&format!("SELECT {hex} AS text FROM second_factors"))
            .pop()?;
        let bytes = hex.as_bytes().chunks(2).map(|pair| {
            let pair = std::str::from_utf8(pair).expect("digits");
            u8::from_str_radix(pair, 16).expect("digits")
        });
        let secret = Secret::from(bytes.collect::<Vec<u8>>());
        Some(Self(
            Builder::new().with_secret(secret).build().expect("a secret"),
        ))
    }

    /// Begins a second factor for somebody, not confirmed yet.
    pub async fn begun(person: &Client) -> Self {
        let body = json!({"current_password": PASSWORD});
        let begun = person.post("/v1/account/second-factor", body).send().await;
        Self::with(&begun.expect(201).json()["secret"])
    }

    /// Turns the second factor of somebody on; answers the recovery codes. The clock is in a new step afterwards.
    pub async fn on(person: &Client) -> (Self, Vec<String>) {
        let own = Self::begun(person).await;
        let confirmation = json!({"code": own.code(person.app())});
        let confirmed = person.post("/v1/account/second-factor/confirm", confirmation);
        let codes = confirmed.send().await.expect(200).json()["recovery_codes"].clone();
        person.app().advance(30);
        (own, serde_json::from_value(codes).expect("codes"))
    }

    /// The code that it shows now.
    pub fn code(&self, app: &TestApp) -> String {
        self.code_at(app.seconds())
    }

    /// The code that it shows by the clock on the wall.
    pub fn code_now(&self) -> String {
        let now = UNIX_EPOCH.elapsed().expect("a clock after 1970");
        self.code_at(now.as_secs())
    }

    /// The code that it shows at a time, in seconds since 1970.
    pub fn code_at(&self, seconds: u64) -> String {
        self.0.generate(seconds).to_string()
    }

    /// Six digits that it does not show now, nor a step before or after.
    pub fn wrong_code(&self, app: &TestApp) -> String {
        let near = [-30, 0, 30].map(|apart| self.code_at(app.seconds().saturating_add_signed(apart)));
        let mut codes = (0..).map(|number| format!("{number:06}"));
        codes.find(|code| !near.contains(code)).expect("a code")
    }
}
