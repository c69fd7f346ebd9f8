//! What the service is made of, and how it is put together.

use actix_web::{HttpRequest, web};

use crate::auth::{Passwords, SigningKeys, Tokens};
use crate::clock::Clock;
use crate::config::Registration;
use crate::error::{Error, Result};
use crate::http::InFlight;
use crate::store::{Db, Location};

/// What every request may use. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub db: Db,
    /// Access tokens.
    pub tokens: Tokens,
    /// Passwords.
    pub passwords: Passwords,
    /// Who may register an organization.
    pub registration: Registration,
    /// The requests under way that may be sent twice.
    pub in_flight: InFlight,
}

impl App {
    /// Over a database whose tables are there.
    pub async fn open(
        location: &Location,
        connections: u32,
        registration: Registration,
        clock: Clock,
    ) -> Result<Self> {
        let db = Db::open(location, connections, clock.clone())?;
        let keys = SigningKeys::load(db.clone()).await?;
        let at_once = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            db,
            tokens: Tokens::new(keys, clock),
            passwords: Passwords::new(at_once)?,
            registration,
            in_flight: InFlight::default(),
        })
    }

    /// The one that a request is served by.
    pub fn of(request: &HttpRequest) -> Result<&Self> {
        request
            .app_data::<web::Data<Self>>()
            .map(|app| app.get_ref())
            .ok_or_else(|| Error::internal("a route is served without the application"))
    }

    /// Puts the routes and this application into an actix app.
    pub fn configure(&self, config: &mut web::ServiceConfig) {
        config.app_data(web::Data::new(self.clone()));
        crate::http::configure(config);
    }
}
