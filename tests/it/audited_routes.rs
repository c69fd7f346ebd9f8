//! Every route that writes, out of the table of routes: its change and a row of the audit log are one transaction, or it
//! stands in a list of those that need none, with the reason.

use cairn::http::routes::OPERATIONS;
use serde_json::{Value, json};

use crate::support::database::TestConnection;
use crate::support::snapshot::tables;
use crate::support::{Authenticator, Cast, Client, PASSWORD, Request, TestApp, run_with_cast};

/// What needs no row, and why.
const NOT_AUDITED: [(&str, &str); 10] = [
    (
        "create_submission",
        "each figure traces to its submission, with who sent it and what held before",
    ),
    (
        "delete_submission",
        "calls off what was not applied yet; its receipt says so",
    ),
    (
        "create_activity",
        "what partners tell of their work: no rights, no schema, no target",
    ),
    ("update_activity", "as above"),
    ("delete_activity", "as above"),
    ("create_session", "signing in changes what nobody may do"),
    ("refresh_session", "as above"),
    ("delete_session", "as above"),
    ("create_token", "nothing is written"),
    (
        "create_second_factor",
        "a secret changes nothing before it is confirmed, which is audited",
    ),
];

/// The operations that may write.
fn writing() -> impl Iterator<Item = &'static str> {
    let operations = OPERATIONS.iter().filter(|operation| operation.method != "GET");
    operations.map(|operation| operation.id)
}

fn is_exempt(id: &str) -> bool {
    NOT_AUDITED.iter().any(|(exempt, _)| *exempt == id)
}

/// The reset of the password of a member at that path.
fn own_reset(member: &str) -> String {
    format!("{member}/password-reset")
}

/// A code of the second factor of somebody, which is turned on if it is not.
async fn second_factor(app: &TestApp, person: &Client) -> String {
    match Authenticator::kept(app) {
        Some(own) => own.code(app),
        None => Authenticator::on(person).await.0.code(app),
    }
}

/// Who does it, and how: a request that succeeds and changes something.
async fn request(app: &TestApp, cast: &Cast, id: &str) -> (String, Request) {
    let home = &cast.home;
    let path = |rest: &str| home.path(rest);
    let place = |client: &Client, rest: &str| path(&format!("/partners/{}{rest}", client.organization()));
    let value = |name: &str| cast.values[name].as_str();
    let own = |rest: &str, name: &str| format!("/v1/organization/{rest}/{}", value(name));
    let backbone = &home.backbone;
    let by = |client: &Client, request: Request| (client.email().to_owned(), request);
    let of = |request: Request| (backbone.email().to_owned(), request);
    let measure = json!({"code": "NEW", "name": "New", "unit": "visits", "kind": "number", "decimals": 0,
        "aggregation": "sum", "direction": "up", "frequency": "year"});
    let points = |period: &str| json!({"items": [{"period": period, "value": 1}]});
    let someone = json!({"email": "someone@riverside.example", "role": "viewer"});
    match id {
        "create_organization" => {
            let admin = json!({"email": "new@harbor.example", "name": "New", "password": PASSWORD});
            let new = json!({"code": "harbor", "name": "Harbor", "admin": admin});
            let request = app.anonymous().post("/v1/organizations", new);
            ("new@harbor.example".into(), request)
        }
        "accept_invitation" => {
            let invited = backbone.post("/v1/organization/invitations", someone);
            let token = invited.send().await.expect(201).json()["token"].clone();
            let new = json!({"token": token, "name": "Someone", "password": PASSWORD});
            let request = app.anonymous().post("/v1/invitations/accept", new);
            ("someone@riverside.example".into(), request)
        }
        "update_account" => {
            let new = json!({"password": "amber-ferry-window-31", "current_password": PASSWORD});
            of(backbone.patch("/v1/account", new))
        }
        "erase_account" => {
            let editor = cast.person("editor");
            let query = format!(
                "SELECT CAST(id AS TEXT) AS text FROM accounts WHERE email = '{}'",
                editor.email()
            );
            let account = app.database().connect().texts(&query).pop().expect("an account");
            let erased = editor.post("/v1/account/erase", json!({"current_password": PASSWORD}));
            (format!("erased-{account}@erased.invalid"), erased)
        }
        "confirm_second_factor" => {
            let code = Authenticator::begun(backbone).await.code(app);
            of(backbone.post("/v1/account/second-factor/confirm", json!({"code": code})))
        }
        "replace_recovery_codes" | "remove_second_factor" => {
            let code = second_factor(app, backbone).await;
            let last = match id {
                "remove_second_factor" => "remove",
                _ => "recovery-codes",
            };
            let proof = json!({"current_password": PASSWORD, "code": code});
            of(backbone.post(&format!("/v1/account/second-factor/{last}"), proof))
        }
        "update_organization" => of(backbone.patch("/v1/organization", json!({"name": "Other"}))),
        "update_member" => of(backbone.patch(&own("members", "email"), json!({"role": "editor"}))),
        "delete_member" => of(backbone.delete(&own("members", "email"))),
        "create_password_reset" => of(backbone.post(&own_reset(&own("members", "email")), json!({}))),
        "accept_password_reset" => {
            let made = backbone.post(&own_reset(&own("members", "email")), json!({}));
            let token = made.send().await.expect(201).json()["token"].clone();
            let new = json!({"token": token, "password": "amber-ferry-window-31"});
            let request = app.anonymous().post("/v1/password-resets/accept", new);
            (value("email").to_owned(), request)
        }
        "create_invitation" => of(backbone.post("/v1/organization/invitations", someone)),
        "delete_invitation" => of(backbone.delete(&own("invitations", "invitation"))),
        "create_api_key" => {
            let new = json!({"name": "export", "scopes": ["schema:read"], "coalition": home.code});
            of(backbone.post("/v1/organization/api-keys", new))
        }
        "delete_api_key" => of(backbone.delete(&own("api-keys", "api_key"))),
        "create_coalition" => of(backbone.post("/v1/coalitions", json!({"code": "new", "name": "New"}))),
        "update_coalition" => of(backbone.patch(&path(""), json!({"name": "Other"}))),
        "create_partner" => {
            let new = json!({"new_organization": {"code": "harbor", "name": "Harbor"}, "engagement_level": "embedded"});
            of(backbone.post(&path("/partners"), new))
        }
        "update_partner" => of(backbone.patch(&place(&home.partner, ""), json!({"role": "observer"}))),
        "delete_partner" => of(backbone.delete(&place(&home.partner, ""))),
        "accept_partner" => by(
            &home.invited,
            home.invited.post(&place(&home.invited, "/accept"), json!({})),
        ),
        "decline_partner" => by(
            &home.invited,
            home.invited.post(&place(&home.invited, "/decline"), json!({})),
        ),
        "leave_partner" => by(
            &home.partner,
            home.partner.post(&place(&home.partner, "/leave"), json!({})),
        ),
        "create_dimension" => {
            let new = json!({"code": "place", "name": "Place", "codes": [{"code": "here"}]});
            of(backbone.post(&path("/dimensions"), new))
        }
        "update_dimension" => of(backbone.patch(&path("/dimensions/age_group"), json!({"name": "Ages"}))),
        "create_measure" => of(backbone.post(&path("/measures"), measure)),
        "update_measure" => of(backbone.patch(&path("/measures/VISITS"), json!({"name": "All visits"}))),
        "replace_targets" => of(backbone.put(&path("/measures/VISITS/targets"), points("2030"))),
        "replace_baselines" => of(backbone.put(&path("/measures/VISITS/baselines"), points("2020"))),
        "create_goal" => of(backbone.post(&path("/goals"), json!({"code": "new", "statement": "New"}))),
        "update_goal" => of(backbone.patch(&path("/goals/teens-belong"), json!({"place": "Everywhere"}))),
        "adopt_goal" => of(backbone.post(&path("/goals/quiet-rooms/adopt"), json!({}))),
        "replace_review" => of(backbone.put(
            &path(&format!("/submissions/{}/review", value("submission"))),
            json!({"verdict": "questioned", "comment": "Twice last year's: is a branch counted twice?"}),
        )),
        "create_share_link" => {
            let new = json!({"name": "board", "audience": "public", "measures": ["VISITS"]});
            of(backbone.post(&path("/share-links"), new))
        }
        "delete_share_link" => of(backbone.delete(&path(&format!("/share-links/{}", value("share_link"))))),
        id => panic!("{id} writes: have it audited, or say in NOT_AUDITED why it need not be"),
    }
}

#[test]
fn a_change_and_its_row_are_one_transaction() {
    for id in writing().filter(|id| !is_exempt(id)) {
        run_with_cast(async |app, cast| {
            let mut connection = app.database().connect();
            for trap in [heads_refused, all_else_refused] {
                // What this takes beforehand may write; the trap is set after it.
                let (_, request) = request(&app, &cast, id).await;
                let before = app.snapshot();
                let release = trap(&mut connection);
                let answer = request.try_send().await;
                assert!(!answer.is_ok_and(|answer| answer.status < 500), "{id} went well");
                before.assert_same(&app.snapshot(), id);
                connection.execute(&release);
                withdraw(&cast).await;
            }
            let (email, request) = request(&app, &cast, id).await;
            let before = rows(&mut connection);
            let answer = request.send().await;
            assert!(answer.status < 300, "{id}: {} {}", answer.status, answer.text());
            assert_told(&mut connection, &before, id, &email, &answer.text());
        });
    }
}

/// Withdraws the invitation that a request may have needed, so that it can be made again.
async fn withdraw(cast: &Cast) {
    let listed = cast
        .home
        .backbone
        .get("/v1/organization/invitations")
        .send()
        .await;
    for one in listed.expect(200).data() {
        if one["email"] == "someone@riverside.example" && one["state"] == "pending" {
            let path = format!("/v1/organization/invitations/{}", one["id"].as_str().unwrap());
            cast.home.backbone.delete(&path).send().await.expect(204);
        }
    }
}

/// The last step of writing a row down fails: everything before it has been done.
fn heads_refused(connection: &mut TestConnection) -> String {
    refuse(connection, "audit_heads", &["UPDATE OF sha256"])
}

/// Whatever is changed besides fails, be it after a row was written down.
fn all_else_refused(connection: &mut TestConnection) -> String {
    let others: Vec<String> = tables(connection)
        .into_iter()
        .filter(|table| !["audit_heads", "audit_log", "coalition_clock"].contains(&table.as_str()))
        .collect();
    let releases = others
        .iter()
        .map(|table| refuse(connection, table, &["INSERT", "UPDATE", "DELETE"]));
    releases.collect()
}

/// Makes a table refuse some changes; answers what makes it take them again.
fn refuse(connection: &mut TestConnection, table: &str, changes: &[&str]) -> String {
    let mut release = String::new();
    for (number, change) in changes.iter().enumerate() {
        let name = format!("trap_{table}_{number}");
        match connection {
            TestConnection::Sqlite(_) => {
                connection.execute(&format!(
                    "CREATE TRIGGER {name} BEFORE {change} ON {table} BEGIN SELECT RAISE(ABORT, 'a trap'); END"
                ));
                release += &format!("DROP TRIGGER {name}; ");
            }
            TestConnection::Postgres(_) => {
                connection.execute(&format!(
                    "CREATE OR REPLACE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS \
                     $$ BEGIN RAISE EXCEPTION 'a trap'; END $$; \
                     CREATE TRIGGER {name} BEFORE {change} ON {table} FOR EACH ROW EXECUTE FUNCTION trap()"
                ));
                release += &format!("DROP TRIGGER {name} ON {table}; ");
            }
        }
    }
    release
}

/// The log, each row as the address of who did it, then all of the row.
fn rows(connection: &mut TestConnection) -> Vec<String> {
    connection.texts(
        "SELECT COALESCE((SELECT email FROM accounts WHERE 'account:' || accounts.id = actor), actor) || ' ' || action \
         || ' ' || subject || ' ' || details AS text FROM audit_log ORDER BY coalition_id, organization_id, sequence",
    )
}

/// A row came, it names who did it, and it has no person's address and nothing that is told only once.
fn assert_told(connection: &mut TestConnection, before: &[String], id: &str, email: &str, answer: &str) {
    let after = rows(connection);
    let new: Vec<&String> = after.iter().filter(|row| !before.contains(row)).collect();
    assert!(!new.is_empty(), "{id} is not audited");
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    let secrets = ["secret", "token", "claim_token", "address", "uri"];
    let secrets: Vec<&str> = secrets.iter().filter_map(|name| answer[name].as_str()).collect();
    for row in new {
        let (actor, told) = row.split_once(' ').unwrap();
        assert_eq!(actor, email, "{id}: {row}");
        assert!(!told.contains('@'), "{id} tells an address: {row}");
        assert!(!told.contains("cairn_"), "{id} tells a secret: {row}");
        assert!(secrets.iter().all(|secret| !told.contains(secret)), "{id}: {row}");
    }
}

#[test]
fn what_is_exempt_is_a_route_that_writes() {
    for (id, reason) in NOT_AUDITED {
        assert!(writing().any(|other| other == id), "{id} is no route that writes");
        assert!(!reason.is_empty());
    }
}
