//! Whoever is suspended, and a key that is revoked, is out at the next request, with every kind of credential that there
//! is; and nobody else is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Client, Coalition, PASSWORD, TestApp, cairn, run_in_coalition};

const NEW: &str = "amber-ferry-window-31";

/// Everything by which somebody gets in.
struct Credentials {
    ben: Client,
    key: Value,
    exchanged: String,
    link: String,
    invitation: String,
    reset: String,
}

/// What answers to each of them, by name.
type Statuses = Vec<(&'static str, u16)>;

impl Credentials {
    /// Of the backbone: a member's, and what its admin has made.
    async fn of(coalition: &Coalition) -> Self {
        let admin = &coalition.backbone;
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let ben = admin.member("ben", "editor").await;
        let new = json!({"name": "a program", "scopes": ["aggregates:read", "observations:read"]});
        let key = admin.post("/v1/organization/api-keys", new).send().await;
        let key = key.expect(201).json();
        let new = json!({"email": "eve@elsewhere.example", "role": "viewer"});
        let invitation = admin.post("/v1/organization/invitations", new).send().await;
        let path = format!("/v1/organization/members/{}/password-reset", ben.email());
        let reset = admin.post(&path, json!({})).send().await.expect(201).json();
        let link = coalition
            .share(json!({"name": "board", "audience": "partners"}))
            .await;
        let exchanged = exchange(admin.app(), &key).send().await.expect(200).json();
        Self {
            exchanged: text(&exchanged["access_token"]),
            link: text(&link["secret"]),
            invitation: text(&invitation.expect(201).json()["token"]),
            reset: text(&reset["token"]),
            key,
            ben,
        }
    }

    /// Tries all of them. What works once goes last, so that a copy of the database is needed for each round.
    async fn statuses(&self, app: &TestApp, coalition: &Coalition) -> Statuses {
        let secret = self.key["secret"].as_str().expect("a secret");
        let bearer = |token: &str| app.anonymous().with_authorization(&format!("Bearer {token}"));
        let basic = STANDARD.encode(format!("excel:{secret}"));
        let basic = app.anonymous().with_authorization(&format!("Basic {basic}"));
        let observations = coalition.path("/observations");
        let odata = format!("/odata/{}/Aggregates", coalition.code);
        let shared = format!("/v1/shared/{}", self.link);
        let anonymous = app.anonymous();
        let refresh = json!({"refresh_token": self.ben.credentials().refresh_token});
        let sign_in = json!({"email": self.ben.email(), "password": PASSWORD});
        let reset = json!({"token": self.reset, "password": NEW});
        let accept = json!({"token": self.invitation, "name": "Eve", "password": NEW});
        let aggregates = coalition.path("/aggregates?measure=PROGRAMS");
        let requests = [
            ("access token", self.ben.get(&observations)),
            ("refresh token", anonymous.post("/v1/sessions/refresh", refresh)),
            ("password", anonymous.post("/v1/sessions", sign_in)),
            ("key", bearer(secret).get(&observations)),
            ("exchanged token", bearer(&self.exchanged).get(&observations)),
            ("exchange", exchange(app, &self.key)),
            ("Basic", basic.get(&odata)),
            ("share link", anonymous.get(&shared)),
            ("share link as Bearer", bearer(&self.link).get(&aggregates)),
            ("invitation", anonymous.post("/v1/invitations/accept", accept)),
            ("reset", anonymous.post("/v1/password-resets/accept", reset)),
        ];
        let mut statuses = Vec::new();
        for (name, request) in requests {
            statuses.push((name, request.send().await.status));
        }
        statuses
    }
}

fn exchange(app: &TestApp, key: &Value) -> crate::support::Request {
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", key["id"].as_str().expect("an id"))
        .append_pair("client_secret", key["secret"].as_str().expect("a secret"))
        .finish();
    let request = app.anonymous().request("POST", "/v1/oauth/token");
    request.body("application/x-www-form-urlencoded", form.as_bytes())
}

/// Does something, and tries every credential at once afterwards.
fn after(change: impl AsyncFnOnce(&TestApp, &Coalition, &Credentials)) -> Statuses {
    let mut statuses = Vec::new();
    run_in_coalition(async |app, coalition| {
        let credentials = Credentials::of(&coalition).await;
        change(&app, &coalition, &credentials).await;
        statuses = credentials.statuses(&app, &coalition).await;
    });
    statuses
}

/// Runs a command, which has to succeed and say that.
fn told(app: &TestApp, command: &[&str], what: &str) {
    let done = cairn(app.database(), command);
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains(what), "{done:?}");
}

#[test]
fn who_is_let_in_again_is_as_before() {
    let statuses = after(async |app, coalition, credentials| {
        let (code, email) = (coalition.backbone.organization(), credentials.ben.email());
        let (code, email) = (code.to_uppercase(), email.to_uppercase());
        for (command, name) in [("organization", &code), ("account", &email)] {
            told(app, &[command, "suspend", name], "is suspended");
            told(app, &[command, "suspend", name], "is already suspended");
            told(app, &[command, "reinstate", name], "is let in");
            told(app, &[command, "reinstate", name], "is already let in");
            let unknown = cairn(app.database(), &[command, "suspend", "nobody"]);
            let said = String::from_utf8_lossy(&unknown.stderr);
            assert!(
                !unknown.status.success() && said.contains("nobody"),
                "{unknown:?}"
            );
        }
        let logged =
            "SELECT action AS text FROM audit_log WHERE actor = 'operator' ORDER BY recorded_at, action";
        let mut logged = app.database().connect().texts(logged);
        logged.sort();
        let expected = [
            "account.reinstated",
            "account.suspended",
            "organization.reinstated",
            "organization.suspended",
        ];
        assert_eq!(logged, expected);
    });
    assert!(
        statuses.iter().all(|(_, status)| [200, 204].contains(status)),
        "{statuses:?}"
    );
}

#[test]
fn as_long_as_nobody_is_everything_works() {
    let statuses = after(async |_, _, _| {});
    let works = |(_, status): &(&str, u16)| [200, 204].contains(status);
    assert!(statuses.iter().all(works), "{statuses:?}");
}

#[test]
fn a_suspended_organization_is_out_with_everything() {
    let statuses = after(async |app, coalition, _| {
        let code = coalition.backbone.organization();
        told(app, &["organization", "suspend", code], "is suspended");
    });
    assert_eq!(
        statuses,
        [
            ("access token", 401),
            ("refresh token", 401),
            ("password", 401),
            ("key", 401),
            ("exchanged token", 401),
            ("exchange", 401),
            ("Basic", 401),
            ("share link", 404),
            ("share link as Bearer", 401),
            ("invitation", 422),
            ("reset", 422),
        ]
    );
}

#[test]
fn a_suspended_account_is_out_and_what_is_the_organizations_goes_on() {
    let statuses = after(async |app, _, credentials| {
        let email = credentials.ben.email();
        told(app, &["account", "suspend", email], "is suspended");
    });
    assert_eq!(
        statuses,
        [
            ("access token", 401),
            ("refresh token", 401),
            ("password", 401),
            ("key", 200),
            ("exchanged token", 200),
            ("exchange", 200),
            ("Basic", 200),
            ("share link", 200),
            ("share link as Bearer", 200),
            ("invitation", 200),
            ("reset", 422),
        ]
    );
}

#[test]
fn a_suspended_account_joins_nothing() {
    run_in_coalition(async |app, coalition| {
        let eve = coalition.partner.member("eve", "viewer").await;
        let new = json!({"email": eve.email(), "role": "admin"});
        let invited = coalition.backbone.post("/v1/organization/invitations", new);
        let token = invited.send().await.expect(201).json()["token"].clone();
        told(&app, &["account", "suspend", eve.email()], "is suspended");
        let before = app.snapshot();
        let accept = json!({"token": token, "password": PASSWORD});
        let accept = app.anonymous().post("/v1/invitations/accept", accept);
        accept.send().await.expect(401);
        let admin = json!({"email": eve.email(), "name": "Eve", "password": PASSWORD});
        let new = json!({"code": "club", "name": "Club", "admin": admin});
        let register = app.anonymous().post("/v1/organizations", new);
        register.send().await.expect(401);
        before.assert_same(&app.snapshot(), "a suspended account");
    });
}

#[test]
fn a_revoked_key_is_out_with_its_tokens_alone() {
    let statuses = after(async |_, coalition, credentials| {
        let id = credentials.key["id"].as_str().expect("an id");
        let path = format!("/v1/organization/api-keys/{id}");
        coalition.backbone.delete(&path).send().await.expect(204);
    });
    let out = ["key", "exchanged token", "exchange", "Basic"];
    for (name, status) in statuses {
        let works = [200, 204].contains(&status);
        assert_eq!(works, !out.contains(&name), "{name}: {status}");
        assert!(works || status == 401, "{name}: {status}");
    }
}
