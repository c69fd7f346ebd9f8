//! What the service is made of, and how it is put together.

use std::path::Path;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Condition, from_fn};
use actix_web::{HttpRequest, web};

use crate::auth::{Attempts, Passwords, SigningKeys, Tokens, TrustedProxies};
use crate::config::Registration;
use crate::error::{Error, Result};
use crate::http::{
    InFlight, Limits, Origins, admit, compress, explain_refusal, log_request, measure_request,
};
use crate::imports::Imports;
use crate::metrics::Metrics;
use crate::store::Db;
use crate::submit::Together;

/// What every request may use. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub db: Db,
    /// Access tokens.
    pub tokens: Tokens,
    /// Passwords.
    pub passwords: Passwords,
    /// Failed attempts to sign in.
    pub attempts: Attempts,
    /// The proxies that are believed.
    pub proxies: TrustedProxies,
    /// Who may register an organization.
    pub registration: Registration,
    /// The requests under way that may be sent twice.
    pub in_flight: InFlight,
    /// The small submissions that are applied together.
    pub together: Together,
    /// The submissions that are applied later.
    pub imports: Imports,
    /// What one asker may take of it.
    pub limits: Limits,
    /// What is counted.
    pub metrics: Metrics,
    /// Whether the id of a request is taken from its `X-Request-Id`, which a server in front has set.
    pub trusts_request_ids: bool,
}

impl App {
    /// Over a database whose tables are there; large submissions lie in the spool until they are applied.
    pub async fn open(db: Db, spool: &Path, registration: Registration) -> Result<Self> {
        let clock = db.clock().clone();
        let keys = SigningKeys::load(db.clone()).await?;
        let metrics = Metrics::new(db.metrics(), clock.now());
        // Hashing passwords leaves half of the processors to everybody else.
        let at_once = std::thread::available_parallelism().map_or(1, |count| count.get() / 2);
        Ok(Self {
            imports: Imports::open(spool, db.clone()).await?,
            db,
            tokens: Tokens::new(keys, clock.clone()),
            attempts: Attempts::new(clock),
            proxies: TrustedProxies::default(),
            passwords: Passwords::new(at_once)?,
            registration,
            in_flight: InFlight::default(),
            together: Together::default(),
            limits: Limits::default(),
            metrics,
            trusts_request_ids: false,
        })
    }

    /// The same with limits; without this it has none.
    pub fn limited(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same, believing those proxies.
    pub fn behind(self, proxies: TrustedProxies) -> Self {
        Self { proxies, ..self }
    }

    /// The one that a request is served by.
    pub fn of(request: &HttpRequest) -> Result<&Self> {
        request
            .app_data::<web::Data<Self>>()
            .map(|app| app.get_ref())
            .ok_or_else(|| Error::internal("a route is served without the application"))
    }

    /// The service as it is offered: the routes, with what is done to every answer. Pages of those origins may read them.
    pub fn service(
        self,
        origins: Origins,
    ) -> actix_web::App<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<impl MessageBody>,
            Error = actix_web::Error,
            InitError = (),
        >,
    > {
        actix_web::App::new()
            .configure(|config| self.configure(config))
            .wrap(from_fn(compress))
            .wrap(from_fn(admit))
            .wrap(Condition::new(!origins.is_empty(), origins.middleware()))
            .wrap(from_fn(explain_refusal))
            .wrap(from_fn(log_request))
            .wrap(from_fn(measure_request))
    }

    /// Puts the routes and this application into an actix app.
    pub fn configure(&self, config: &mut web::ServiceConfig) {
        config.app_data(web::Data::new(self.clone()));
        crate::http::configure(config);
    }
}
