//! Nobody grants more than they hold, and no secret is taken for one of another kind.

use cairn::http::routes::OPERATIONS;
use serde_json::{Value, json};

use crate::support::{Cast, Client, Request, TestApp, run_in_coalition, run_with_cast};

const NEW: &str = "amber-ferry-window-31";

/// The operations by which somebody gets something that opens or decides more than before.
const GRANTS: [&str; 10] = [
    "create_invitation",
    "update_member",
    "create_password_reset",
    "create_api_key",
    "create_token",
    "create_share_link",
    "create_partner",
    "update_partner",
    "accept_partner",
    "create_coalition",
];

/// What somebody would have to send to gain by one of them: in the backbone's organization or the home coalition.
fn attempts(cast: &Cast, id: &str, asker: &Client) -> Vec<Request> {
    let home = &cast.home;
    let own = |rest: &str| format!("/v1/organization/{rest}");
    let partner = |client: &Client| home.path(&format!("/partners/{}", client.organization()));
    let members = [cast.person("editor"), cast.person("viewer"), &home.backbone];
    let everything = json!({"name": "all", "scopes": crate::support::SCOPES});
    match id {
        "create_invitation" => ["viewer", "editor", "admin"]
            .map(|role| json!({"email": "mallory@elsewhere.example", "role": role}))
            .map(|new| asker.post(&own("invitations"), new))
            .into(),
        "update_member" => members
            .map(|member| own(&format!("members/{}", member.email())))
            .map(|path| asker.patch(&path, json!({"role": "admin"})))
            .into(),
        "create_password_reset" => members
            .map(|member| own(&format!("members/{}/password-reset", member.email())))
            .map(|path| asker.post(&path, json!({})))
            .into(),
        "create_api_key" => vec![
            asker.post(&own("api-keys"), everything),
            asker.post(
                &own("api-keys"),
                json!({"name": "one", "scopes": ["schema:read"], "coalition": home.code}),
            ),
        ],
        "create_share_link" => ["partners", "public"]
            .map(|audience| json!({"name": "mine", "audience": audience}))
            .map(|new| asker.post(&home.path("/share-links"), new))
            .into(),
        "create_partner" => {
            let brought = json!({"code": "harbor", "name": "Harbor"});
            ["backbone", "partner", "observer"]
                .map(|role| json!({"new_organization": brought, "role": role}))
                .map(|new| asker.post(&home.path("/partners"), new))
                .into()
        }
        "update_partner" => [&home.partner, &home.observer, &home.second]
            .map(|client| asker.patch(&partner(client), json!({"role": "backbone"})))
            .into(),
        "accept_partner" => {
            let path = format!("{}/accept", partner(&home.invited));
            vec![asker.post(&path, json!({}))]
        }
        id => panic!("{id} is tried elsewhere"),
    }
}

/// Sends what would gain something, and sees that it is refused and changes nothing.
async fn assert_refused(app: &TestApp, requests: Vec<Request>, what: &str) {
    let before = app.snapshot();
    for request in requests {
        let answer = request.send().await;
        assert!(
            [401, 403, 404].contains(&answer.status),
            "{what}: {} {}",
            answer.status,
            answer.text()
        );
        before.assert_same(&app.snapshot(), what);
    }
}

#[test]
fn whoever_is_no_admin_grants_nothing() {
    run_with_cast(async |app, cast| {
        let lesser = ["viewer", "editor", "key with all", "share link", "foreign-key"];
        let ids = GRANTS
            .into_iter()
            .filter(|id| !["create_token", "create_coalition"].contains(id));
        for id in ids {
            for name in lesser {
                let what = format!("{id} as {name}");
                assert_refused(&app, attempts(&cast, id, cast.person(name)), &what).await;
            }
        }
        for name in lesser {
            let new = json!({"code": "mine", "name": "Mine"});
            let request = cast.person(name).post("/v1/coalitions", new);
            assert_refused(&app, vec![request], &format!("a coalition as {name}")).await;
        }
    });
}

#[test]
fn whoever_is_not_the_backbone_gives_no_place_in_a_coalition() {
    run_with_cast(async |app, cast| {
        let home = &cast.home;
        for id in ["create_share_link", "create_partner", "update_partner"] {
            for client in [&home.partner, &home.observer, &home.invited, &home.former] {
                let what = format!("{id} as {}", client.organization());
                assert_refused(&app, attempts(&cast, id, client), &what).await;
            }
        }
        // An invitation is for whom it names.
        for client in [&home.partner, &home.observer, &cast.other.partner] {
            let requests = attempts(&cast, "accept_partner", client);
            assert_refused(&app, requests, "another's invitation").await;
        }
    });
}

#[test]
fn every_operation_that_grants_is_tried() {
    let grants = |id: &str| {
        let makes = [
            "invitation",
            "member",
            "api_key",
            "token",
            "share_link",
            "partner",
            "reset",
        ];
        let is_making = ["create_", "update_", "accept_"]
            .iter()
            .any(|verb| id.starts_with(verb));
        is_making && makes.iter().any(|made| id.contains(made))
    };
    // These are for whoever holds a one-time token, and give what was granted when it was made.
    let by_token = ["accept_invitation", "accept_password_reset"];
    for operation in OPERATIONS.iter().filter(|operation| grants(operation.id)) {
        assert!(
            GRANTS.contains(&operation.id) || by_token.contains(&operation.id),
            "{} grants something: try it here",
            operation.id
        );
    }
}

fn exchange(app: &TestApp, id: &Value, secret: &str, scope: &str) -> Request {
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", id.as_str().expect("an id"))
        .append_pair("client_secret", secret)
        .append_pair("scope", scope)
        .finish();
    let request = app.anonymous().request("POST", "/v1/oauth/token");
    request.body("application/x-www-form-urlencoded", form.as_bytes())
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[test]
fn a_token_for_a_key_is_never_more_than_the_key() {
    run_with_cast(async |app, cast| {
        let backbone = &cast.home.backbone;
        let new = json!({"name": "narrow", "scopes": ["schema:read", "aggregates:read"], "coalition": cast.home.code});
        let key = backbone.post("/v1/organization/api-keys", new).send().await;
        let key = key.expect(201).json();
        for scope in [
            "observations:read",
            "schema:read observations:write",
            "admin",
            "*",
        ] {
            let refused = exchange(&app, &key["id"], text(&key["secret"]), scope);
            let refused = refused.send().await.expect(422);
            assert_eq!(refused.issues(), ["/scope invalid_scope"]);
        }
        let narrowed = exchange(&app, &key["id"], text(&key["secret"]), "schema:read");
        let narrowed = narrowed.send().await.expect(200).json();
        let token = text(&narrowed["access_token"]);
        // What was narrowed is not widened again, and stays in its coalition.
        for scope in ["", "aggregates:read"] {
            let again = exchange(&app, &key["id"], token, scope);
            again.send().await.expect(401);
        }
        let program = app.anonymous().with_authorization(&format!("Bearer {token}"));
        let status = async |path: String| program.get(&path).send().await.status;
        assert_eq!(status(cast.home.path("/measures")).await, 200);
        assert_eq!(status(cast.home.path("/aggregates?measure=PROGRAMS")).await, 403);
        assert_eq!(status(cast.other.path("/measures")).await, 404);
        // Nor does the id of another key come with it.
        let others = exchange(&app, &json!(cast.values["api_key"]), text(&key["secret"]), "");
        others.send().await.expect(401);
    });
}

#[test]
fn a_role_that_was_lost_grants_nothing_more() {
    run_in_coalition(async |app, coalition| {
        let backbone = &coalition.backbone;
        let ben = backbone.member("ben", "admin").await;
        let path = format!("/v1/organization/members/{}", ben.email());
        backbone
            .patch(&path, json!({"role": "editor"}))
            .send()
            .await
            .expect(200);
        let requests = vec![
            ben.patch(&path, json!({"role": "admin"})),
            ben.post(
                "/v1/organization/api-keys",
                json!({"name": "n", "scopes": ["schema:read"]}),
            ),
            ben.post(
                "/v1/organization/invitations",
                json!({"email": "x@y.example", "role": "admin"}),
            ),
            ben.post(
                &coalition.path("/share-links"),
                json!({"name": "n", "audience": "public"}),
            ),
        ];
        assert_refused(&app, requests, "a former admin").await;
    });
}

#[test]
fn no_secret_is_taken_for_another_kind() {
    run_with_cast(async |app, cast| {
        let backbone = &cast.home.backbone;
        let new = json!({"name": "a program", "scopes": ["schema:read"]});
        let key = backbone.post("/v1/organization/api-keys", new).send().await;
        let key = key.expect(201).json();
        let new = json!({"email": "eve@elsewhere.example", "role": "viewer"});
        let invitation = backbone.post("/v1/organization/invitations", new).send().await;
        let invitation = invitation.expect(201).json();
        let path = format!("/v1/organization/members/{}/password-reset", cast.values["email"]);
        let reset = backbone.post(&path, json!({})).send().await.expect(201).json();
        let brought = json!({"new_organization": {"code": "harbor", "name": "Harbor"}});
        let claim = backbone.post(&cast.home.path("/partners"), brought).send().await;
        let claim = claim.expect(201).json();
        let exchanged = exchange(&app, &key["id"], text(&key["secret"]), "");
        let exchanged = exchanged.send().await.expect(200).json();
        let secrets = [
            ("access token", backbone.token()),
            ("refresh token", &backbone.credentials().refresh_token),
            ("key", text(&key["secret"])),
            ("key's token", text(&exchanged["access_token"])),
            ("share link", &cast.values["token"]),
            ("invitation", text(&invitation["token"])),
            ("claim", text(&claim["claim_token"])),
            ("reset", text(&reset["token"])),
        ];
        let before = app.snapshot();
        for (number, (kind, secret)) in secrets.into_iter().enumerate() {
            let anonymous = app.anonymous();
            let refresh = anonymous.post("/v1/sessions/refresh", json!({"refresh_token": secret}));
            let exchanged = exchange(&app, &key["id"], secret, "");
            let shared = anonymous.get(&format!("/v1/shared/{secret}"));
            let invited =
                json!({"token": secret, "name": "Eve", "password": NEW, "email": "eve@elsewhere.example"});
            let invited = anonymous.post("/v1/invitations/accept", invited);
            let set = json!({"token": secret, "password": NEW});
            let set = anonymous.post("/v1/password-resets/accept", set);
            let bearer = anonymous.with_authorization(&format!("Bearer {secret}"));
            let measures = cast.home.path("/measures");
            let sign_in = json!({"email": backbone.email(), "password": secret});
            let sign_in = anonymous.post("/v1/sessions", sign_in);
            let uses = [
                (&["refresh token"][..], 401, refresh),
                (&["key"], 401, exchanged),
                (&["share link"], 404, shared),
                (&["invitation", "claim"], 422, invited),
                (&["reset"], 422, set),
                (&["access token"], 401, bearer.get("/v1/account")),
                (
                    &["access token", "key", "key's token", "share link"],
                    401,
                    bearer.get(&measures),
                ),
                (&[], 401, sign_in.at_address(&format!("192.0.2.{number}"))),
            ];
            for (kinds, refusal, request) in uses {
                if kinds.contains(&kind) {
                    continue;
                }
                let answer = request.off_contract("a secret of another kind").send().await;
                // Keys and links are told apart from nobody, and do not stand for a person.
                let is_no_person =
                    answer.status == 403 && ["key", "key's token", "share link"].contains(&kind);
                assert!(
                    answer.status == refusal || is_no_person,
                    "{kind}: {} {}",
                    answer.status,
                    answer.text()
                );
                before.assert_same(&app.snapshot(), kind);
            }
        }
    });
}
