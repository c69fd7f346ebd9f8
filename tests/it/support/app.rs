//! The application under test.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::test::{TestRequest, call_service, init_service};
use cairn::app::App;
use cairn::clock::Clock;
use cairn::config::Registration;
use cairn::http::Origins;
use cairn::store::{Db, Purpose, System, recompute};
use serde_json::json;

use super::database::is_postgres;
use super::{Client, Database, PASSWORD, Snapshot, Template};

/// When every test begins: 2026-03-02T09:30:00Z, in microseconds.
pub const START: i64 = 1_772_443_800_000_000;

/// Readers (on PostgreSQL: connections) of an application under test.
const CONNECTIONS: u32 = 4;

/// The real application on a database of its own. Cheap to clone.
#[derive(Clone)]
pub struct TestApp(Rc<Inner>);

type Answering = Pin<Box<dyn Future<Output = ServiceResponse<BoxBody>>>>;

struct Inner {
    service: Box<dyn Fn(TestRequest) -> Answering>,
    app: App,
    clock: Arc<AtomicI64>,
    // Last, so that the database is removed when nothing uses it any more.
    database: Rc<Database>,
}

/// Runs a test on a fresh application.
pub fn run(test: impl AsyncFnOnce(TestApp)) {
    run_on(&Template::migrated(), test);
}

/// Runs a test on a copy of a template.
pub fn run_on(template: &Template, test: impl AsyncFnOnce(TestApp)) {
    actix_web::rt::System::new().block_on(async {
        test(TestApp::open(template.copy(), Registration::Open).await).await;
    });
}

impl TestApp {
    /// Over a database whose tables are there.
    pub async fn open(database: Database, registration: Registration) -> Self {
        let clock = Arc::new(AtomicI64::new(START));
        Self::open_on(Rc::new(database), registration, clock, &Origins::default()).await
    }

    /// Another process, as it were, on the same database and by the same clock.
    pub async fn twin(&self) -> Self {
        self.allowing("").await
    }

    /// Another one, which lets pages of those origins read its answers.
    pub async fn allowing(&self, origins: &str) -> Self {
        let (database, clock) = (self.0.database.clone(), self.0.clock.clone());
        let origins = origins.parse().expect("origins");
        Self::open_on(database, Registration::Open, clock, &origins).await
    }

    async fn open_on(
        database: Rc<Database>,
        registration: Registration,
        clock: Arc<AtomicI64>,
        origins: &Origins,
    ) -> Self {
        let db =
            Db::open(&database.location(), CONNECTIONS, Clock::Fixed(clock.clone())).expect("a database");
        Self::over(db, database, registration, clock, origins).await
    }

    /// Another one, which reads from a standby.
    pub async fn reading_from(&self, standby: &Database) -> Self {
        let (database, clock) = (self.0.database.clone(), self.0.clock.clone());
        let db =
            Db::open(&database.location(), CONNECTIONS, Clock::Fixed(clock.clone())).expect("a database");
        let db = db
            .reading_from(&standby.location(), CONNECTIONS)
            .expect("a standby");
        Self::over(db, database, Registration::Open, clock, &Origins::default()).await
    }

    async fn over(
        db: Db,
        database: Rc<Database>,
        registration: Registration,
        clock: Arc<AtomicI64>,
        origins: &Origins,
    ) -> Self {
        let app = App::open(db, &database.spool(), registration)
            .await
            .expect("the application opens");
        let service = Rc::new(init_service(app.clone().service(origins.clone())).await);
        let service = move |request: TestRequest| -> Answering {
            let service = service.clone();
            Box::pin(async move {
                call_service(&*service, request.to_request())
                    .await
                    .map_into_boxed_body()
            })
        };
        Self(Rc::new(Inner {
            service: Box::new(service),
            app,
            clock,
            database,
        }))
    }

    /// Sends a request past the contract's checks.
    pub async fn call(&self, request: TestRequest) -> ServiceResponse<BoxBody> {
        (self.0.service)(request).await
    }

    /// The application behind the service.
    pub fn app(&self) -> &App {
        &self.0.app
    }

    /// The database it works on.
    pub fn database(&self) -> &Database {
        &self.0.database
    }

    /// Ends the application and hands over its database.
    pub fn into_database(self) -> Database {
        let inner = Rc::into_inner(self.0).expect("no client is left");
        Rc::into_inner(inner.database).expect("no twin is left")
    }

    /// What the clock says, in seconds since 1970.
    pub fn seconds(&self) -> u64 {
        (self.0.clock.load(Ordering::SeqCst) / 1_000_000) as u64
    }

    /// Moves the clock on.
    pub fn advance(&self, seconds: i64) {
        self.0.clock.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// Holds every write up until it is told to let go.
    pub async fn held_up<T>(&self, work: impl AsyncFnOnce(&dyn Fn()) -> T) -> T {
        let connection = std::cell::RefCell::new(self.database().connect());
        connection.borrow_mut().execute(if is_postgres() {
            "BEGIN; UPDATE coalition_clock SET revision = revision"
        } else {
            "BEGIN IMMEDIATE"
        });
        work(&|| connection.borrow_mut().execute("COMMIT")).await
    }

    /// Holds the totals of every coalition against a recomputation.
    pub async fn assert_totals(&self) {
        let db = &self.app().db;
        let coalitions = db.system(Purpose::Check, recompute::coalitions).await;
        for coalition in coalitions.expect("coalitions") {
            let check = move |tx: &mut System<'_>| recompute::check(tx, coalition.clone());
            let report = db.system(Purpose::Check, check).await.expect("a report");
            assert!(report.differences.is_empty(), "{:#?}", report.differences);
        }
    }

    /// Every row of every table, to be compared with a later one.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::take(&self.0.database)
    }

    /// Somebody without credentials.
    pub fn anonymous(&self) -> Client {
        Client::new(self.clone(), None)
    }

    /// Registers an organization and signs its admin in, `admin@<code>.example`.
    pub async fn organization(&self, code: &str) -> Client {
        let email = format!("admin@{}.example", code.to_lowercase());
        self.anonymous()
            .post(
                "/v1/organizations",
                json!({"code": code, "name": format!("The {code}"),
                       "admin": {"email": email, "name": format!("Admin of {code}"), "password": PASSWORD}}),
            )
            .send()
            .await
            .expect(201);
        self.sign_in(&email).await
    }

    /// Signs a person in who belongs to one organization.
    pub async fn sign_in(&self, email: &str) -> Client {
        let answer = self
            .anonymous()
            .post("/v1/sessions", json!({"email": email, "password": PASSWORD}))
            .send()
            .await
            .expect(200)
            .json();
        self.anonymous().signed_in(email, &answer)
    }
}
