//! Two coalitions that know nothing of each other, and everybody who might try to reach into the first.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::json;

use super::app::run_on;
use super::client::Credentials;
use super::plan::Values;
use super::{Client, Coalition, Template, TestApp, record};

/// Every scope that an API key may have.
pub const SCOPES: [&str; 6] = [
    "schema:read",
    "observations:read",
    "observations:write",
    "aggregates:read",
    "activities:read",
    "activities:write",
];

/// Everybody, by what they are.
pub struct Cast {
    /// `teens-thrive`, the one reached for.
    pub home: Coalition,
    /// `bay-reads`, of other organizations altogether.
    pub other: Coalition,
    people: HashMap<String, Client>,
    /// What paths may name in the home coalition and its backbone's organization.
    pub values: Values,
    /// The same of the other coalition: nothing that the home coalition has.
    pub foreign: Values,
}

struct Recorded {
    home: Coalition<Credentials>,
    other: Coalition<Credentials>,
    people: HashMap<String, Credentials>,
    values: Values,
    foreign: Values,
}

/// Runs a test on a copy of all of it.
pub fn run_with_cast(test: impl AsyncFnOnce(TestApp, Cast)) {
    let (template, recorded) = recorded();
    // Both coalitions are there; now nothing but the database keeps them apart, if anything does.
    #[cfg(feature = "unfiltered")]
    cairn::store::take_filters_away();
    run_on(template, async |app| {
        let play = |credentials: &Credentials| Client::new(app.clone(), Some(credentials.clone()));
        let cast = Cast {
            home: recorded.home.played(&app),
            other: recorded.other.played(&app),
            people: recorded
                .people
                .iter()
                .map(|(name, one)| (name.clone(), play(one)))
                .collect(),
            values: recorded.values.clone(),
            foreign: recorded.foreign.clone(),
        };
        test(app, cast).await;
    });
}

fn recorded() -> &'static (Template, Recorded) {
    static RECORDED: LazyLock<(Template, Recorded)> = LazyLock::new(|| record(build));
    &RECORDED
}

impl Cast {
    /// Somebody: `viewer` and `editor` of the backbone, `partner-viewer`, `partner-editor`, `observer-viewer`,
    /// `invited-viewer`, `foreign-key` (bound to the other coalition), `key with all` scopes, for each scope `key with …` and
    /// `key without …`, of the backbone, and `share link`, for partners.
    pub fn person(&self, name: &str) -> &Client {
        self.people
            .get(name)
            .unwrap_or_else(|| panic!("the cast has no {name}"))
    }
}

async fn build(app: &TestApp) -> Recorded {
    let home = Coalition::build(app, "teens-thrive", "riverside").await;
    let other = Coalition::build(app, "bay-reads", "bayside").await;
    let people = people(&home, &other).await;
    let own = values(
        &home,
        [
            ("dimension", "age_group"),
            ("measure", "PROGRAMS"),
            ("goal", "teens-belong"),
            ("entity_set", "Aggregates_by_age_group"),
        ],
    )
    .await;
    add_what_only_the_other_has(&other).await;
    let foreign = values(
        &other,
        [
            ("dimension", "bay_only"),
            ("measure", "BAY_ONLY"),
            ("goal", "bay-only"),
            ("entity_set", "Aggregates_by_bay_only"),
        ],
    )
    .await;
    Recorded {
        people: people
            .into_iter()
            .map(|(name, one)| (name, one.credentials().clone()))
            .collect(),
        home: home.recorded(),
        other: other.recorded(),
        values: own,
        foreign,
    }
}

async fn people(home: &Coalition, other: &Coalition) -> HashMap<String, Client> {
    let mut people: HashMap<String, Client> = HashMap::new();
    let mut add = |name: &str, client: Client| people.insert(name.to_owned(), client);
    add("viewer", home.backbone.viewer().await);
    add("editor", home.backbone.editor().await);
    add("partner-viewer", home.partner.viewer().await);
    add("partner-editor", home.partner.editor().await);
    add("observer-viewer", home.observer.viewer().await);
    add("invited-viewer", home.invited.viewer().await);
    add("second-editor", home.second.editor().await);
    let link = home
        .share(json!({"name": "a dashboard", "audience": "partners"}))
        .await;
    let secret = link["secret"].as_str().expect("a secret");
    add(
        "share link",
        home.backbone.with_authorization(&format!("Bearer {secret}")),
    );
    // The backbone is a plain partner of the other coalition too, so that its key can be bound there.
    let new = json!({"organization": home.backbone.organization(), "role": "partner"});
    other
        .backbone
        .post(&other.path("/partners"), new)
        .send()
        .await
        .expect(201);
    other.answer(&home.backbone, "accept").await;
    add("foreign-key", home.backbone.key(&SCOPES, Some(&other.code)).await);
    add("key with all", home.backbone.key(&SCOPES, None).await);
    for scope in SCOPES {
        let others: Vec<&str> = SCOPES.into_iter().filter(|other| *other != scope).collect();
        add(
            &format!("key with {scope}"),
            home.backbone.key(&[scope], None).await,
        );
        add(
            &format!("key without {scope}"),
            home.backbone.key(&others, None).await,
        );
    }
    people
}

async fn values(coalition: &Coalition, codes: [(&'static str, &str); 4]) -> Values {
    let backbone = &coalition.backbone;
    let new = json!({"email": format!("new@{}.example", backbone.organization()), "role": "viewer"});
    let invitation = backbone
        .post("/v1/organization/invitations", new)
        .send()
        .await
        .expect(201)
        .json();
    let new = json!({"name": "nightly export", "scopes": ["schema:read"]});
    let key = backbone
        .post("/v1/organization/api-keys", new)
        .send()
        .await
        .expect(201)
        .json();
    let member = backbone.member("colleague", "viewer").await;
    let new = json!({"name": "the town's website", "audience": "public"});
    let link = coalition.share(new).await;
    let mut values = Values::from([
        ("coalition", coalition.code.clone()),
        ("organization", coalition.partner.organization().to_owned()),
        ("submission", coalition.submission.clone()),
        ("activity", coalition.activity.clone()),
        ("email", member.email().to_owned()),
        ("invitation", invitation["id"].as_str().expect("an id").to_owned()),
        ("api_key", key["id"].as_str().expect("an id").to_owned()),
        ("share_link", link["id"].as_str().expect("an id").to_owned()),
        ("token", link["secret"].as_str().expect("a secret").to_owned()),
    ]);
    values.extend(codes.map(|(name, code)| (name, code.to_owned())));
    values
}

async fn add_what_only_the_other_has(other: &Coalition) {
    for (path, new) in [
        (
            "/dimensions",
            json!({"code": "bay_only", "name": "Only in the bay", "codes": [{"code": "a"}]}),
        ),
        (
            "/measures",
            json!({"code": "BAY_ONLY", "name": "Only in the bay", "unit": "visits", "kind": "number", "decimals": 0,
                   "aggregation": "sum", "direction": "up", "frequency": "year"}),
        ),
        (
            "/goals",
            json!({"code": "bay-only", "statement": "Only in the bay"}),
        ),
    ] {
        other
            .backbone
            .post(&other.path(path), new)
            .send()
            .await
            .expect(201);
    }
}
