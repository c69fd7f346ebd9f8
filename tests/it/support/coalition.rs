//! A whole coalition, as in the walkthrough: every place an organization can have in it, a shared schema, a common
//! agenda, figures and an activity. Made through the API, once for the process; tests begin with a copy.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::app::run_on;
use super::client::Credentials;
use super::{Client, Database, Template, TestApp};

/// A coalition and, of each organization that has to do with it, one admin.
#[derive(Clone)]
pub struct Coalition<C = Client> {
    /// Its code.
    pub code: String,
    /// `<town>-library`: keeps it together.
    pub backbone: C,
    /// `<town>-high`, region north: an active partner that has submitted, leads the activity, and has proposed the
    /// goal `quiet-rooms`.
    pub partner: C,
    /// `<town>-youth-club`, region south: another active partner that has submitted.
    pub second: C,
    /// `<town>-college`: an active observer.
    pub observer: C,
    /// `<town>-museum`: invited, and has not answered.
    pub invited: C,
    /// `<town>-clinic`: was a partner, and has left.
    pub former: C,
    /// The id of the partner's submission.
    pub submission: String,
    /// The id of the partner's activity.
    pub activity: String,
}

/// Runs a test on a copy of the coalition `teens-thrive` of the town `riverside`.
pub fn run_in_coalition(test: impl AsyncFnOnce(TestApp, Coalition)) {
    static RECORDED: LazyLock<(Template, Coalition<Credentials>)> = LazyLock::new(|| {
        record(async |app| {
            Coalition::build(app, "teens-thrive", "riverside")
                .await
                .recorded()
        })
    });
    let (template, recorded) = &*RECORDED;
    run_on(template, async |app| {
        let coalition = recorded.played(&app);
        test(app, coalition).await;
    });
}

/// Runs something on a fresh application and keeps the database as a template, with what it answers.
pub fn record<T: Send>(work: impl AsyncFnOnce(&TestApp) -> T + Send) -> (Template, T) {
    // A thread of its own: the one that asks first is already inside an actix system.
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let database = Template::migrated().copy();
            let (database, result) = actix_web::rt::System::new().block_on(async {
                let app = TestApp::open(database, cairn::config::Registration::Open).await;
                let result = work(&app).await;
                (app.into_database(), result)
            });
            (database.template(), result)
        });
        thread.join().expect("the template is made")
    })
}

impl Coalition {
    /// The path of something in the coalition, such as `/goals`.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/coalitions/{}{rest}", self.code)
    }

    /// Makes one through the API.
    pub async fn build(app: &TestApp, code: &str, town: &str) -> Self {
        let organization = async |name: &str| app.organization(&format!("{town}-{name}")).await;
        let mut coalition = Self {
            code: code.to_owned(),
            backbone: organization("library").await,
            partner: organization("high").await,
            second: organization("youth-club").await,
            observer: organization("college").await,
            invited: organization("museum").await,
            former: organization("clinic").await,
            submission: String::new(),
            activity: String::new(),
        };
        coalition.invite().await;
        coalition.publish().await;
        coalition.agree().await;
        coalition.report().await;
        coalition
    }

    async fn invite(&self) {
        let new = json!({"code": self.code, "name": "Teens Thrive", "fiscal_year_start_month": 7,
                         "purpose": "Every teen in town has a place to belong."});
        self.backbone.post("/v1/coalitions", new).send().await.expect(201);
        for (client, role, region) in [
            (&self.partner, "partner", "north"),
            (&self.second, "partner", "south"),
            (&self.observer, "observer", "north"),
            (&self.invited, "partner", "south"),
            (&self.former, "partner", "south"),
        ] {
            let new = json!({"organization": client.organization(), "role": role,
                             "engagement_level": "cooperating", "attributes": {"region": region}});
            self.backbone
                .post(&self.path("/partners"), new)
                .send()
                .await
                .expect(201);
        }
        for client in [&self.partner, &self.second, &self.observer, &self.former] {
            self.answer(client, "accept").await;
        }
        self.answer(&self.former, "leave").await;
    }

    /// Accepts, declines or leaves.
    pub async fn answer(&self, client: &Client, answer: &str) {
        let path = self.path(&format!("/partners/{}/{answer}", client.organization()));
        client.post(&path, json!({})).send().await.expect(200);
    }

    /// Makes a share link, and answers it with its secret.
    pub async fn share(&self, new: Value) -> Value {
        let path = self.path("/share-links");
        self.backbone.post(&path, new).send().await.expect(201).json()
    }

    async fn publish(&self) {
        let age_group = json!({"code": "age_group", "name": "Age group", "codes": [
            {"code": "children", "name": "Children (0 to 11)"},
            {"code": "young_adult", "name": "Young adults (12 to 18)"}]});
        self.add("/dimensions", age_group).await;
        for (code, name, unit) in [
            ("PROGRAMS", "Library programs", "programs"),
            ("ATTENDANCE", "Attendance at programs", "people"),
            ("VISITS", "Visits", "visits"),
        ] {
            self.add("/measures", number(code, name, unit)).await;
        }
        let ratio = json!({"code": "ATT_PER_PROGRAM", "name": "Attendance per program",
            "unit": "people per program", "kind": "ratio", "decimals": 2, "direction": "up",
            "numerator": {"measure": "ATTENDANCE"}, "denominator": {"measure": "PROGRAMS"}, "multiplier": 1});
        self.add("/measures", ratio).await;
    }

    async fn agree(&self) {
        let cell = json!({"age_group": "young_adult"});
        let goal = json!({"code": "teens-belong",
            "statement": "Teens have places and people in town that support what they love",
            "population": "people aged 12 to 18", "place": "Town", "target_date": "2030-12-31",
            "measures": [{"measure": "PROGRAMS", "cell": cell, "headline": true}]});
        self.add("/goals", goal).await;
        let proposed = json!({"code": "quiet-rooms", "statement": "Every teen has a quiet place to study"});
        self.partner
            .post(&self.path("/goals"), proposed)
            .send()
            .await
            .expect(201);
        for (kind, period, value) in [("baselines", "2023", 300), ("targets", "2028", 600)] {
            let items = json!({"items": [{"period": period, "cell": cell, "value": value}]});
            let path = self.path(&format!("/measures/PROGRAMS/{kind}"));
            self.backbone.put(&path, items).send().await.expect(200);
        }
    }

    async fn report(&mut self) {
        let cell = json!({"age_group": "young_adult"});
        let figures = |factor: i64| {
            json!({"source": "spring report", "observations": [
                {"measure": "PROGRAMS", "period": "2025", "value": 10 * factor},
                {"measure": "PROGRAMS", "period": "2025", "cell": cell, "value": 4 * factor},
                {"measure": "ATTENDANCE", "period": "2025", "value": 200 * factor},
                {"measure": "VISITS", "period": "2025", "value": 9_000 * factor, "note": "branch closed in May"}]})
        };
        let path = self.path("/observations");
        let receipt = self
            .partner
            .post(&path, figures(1))
            .send()
            .await
            .expect(201)
            .json();
        self.submission = text(&receipt["submission"]);
        self.second.post(&path, figures(2)).send().await.expect(201);
        let activity = json!({"title": "Maker night", "description": "Soldering, sewing and a 3D printer.",
            "starts_on": "2026-03-05", "ends_on": "2026-03-05", "place": "Branch library",
            "goals": ["teens-belong"], "measures": ["PROGRAMS"], "attendance": 42,
            "contributions": [{"organization": self.second.organization(), "role": "host"}]});
        let path = self.path("/activities");
        let activity = self.partner.post(&path, activity).send().await.expect(201).json();
        self.activity = text(&activity["id"]);
    }

    async fn add(&self, to: &str, new: Value) {
        self.backbone.post(&self.path(to), new).send().await.expect(201);
    }
}

/// A yearly count of programs or the like, by age group, public by agreement.
fn number(code: &str, name: &str, unit: &str) -> Value {
    json!({"code": code, "name": name, "unit": unit, "kind": "number", "decimals": 0, "aggregation": "sum",
           "direction": "up", "frequency": "year", "dimensions": ["age_group"], "disclosure": "open"})
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

impl<C> Coalition<C> {
    fn map<D>(&self, convert: impl Fn(&C) -> D) -> Coalition<D> {
        Coalition {
            code: self.code.clone(),
            backbone: convert(&self.backbone),
            partner: convert(&self.partner),
            second: convert(&self.second),
            observer: convert(&self.observer),
            invited: convert(&self.invited),
            former: convert(&self.former),
            submission: self.submission.clone(),
            activity: self.activity.clone(),
        }
    }
}

impl Coalition {
    /// What is kept of it while no application runs.
    pub fn recorded(&self) -> Coalition<Credentials> {
        self.map(|client| client.credentials().clone())
    }
}

impl Coalition<Credentials> {
    /// The same coalition in another application, on a copy of the database.
    pub fn played(&self, app: &TestApp) -> Coalition {
        self.map(|credentials| Client::new(app.clone(), Some(credentials.clone())))
    }
}
