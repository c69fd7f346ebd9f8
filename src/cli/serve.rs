//! `cairn serve`.

use std::process::ExitCode;

use actix_web::HttpServer;
use cairn::app::App;
use cairn::clock::Clock;
use cairn::config::{DatabaseOptions, ServeOptions};
use cairn::store::{DatabaseLock, Db, Location, migrate};
use clap::Args;

use super::Outcome;

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    serve: ServeOptions,
}

/// Serves until it is told to stop.
pub fn run(options: Options) -> Outcome {
    let location = options.database.location("sqlite://cairn.db")?;
    let _lock = DatabaseLock::acquire(&location)?;
    actix_web::rt::System::new().block_on(async {
        let app = open(&location, &options.serve).await?;
        serve(app, &options.serve, |address| {
            println!("Cairn is ready at http://{address}")
        })
        .await
    })
}

/// Opens the database, its tables brought up to date unless told otherwise.
pub async fn open(location: &Location, options: &ServeOptions) -> Result<App, String> {
    if !options.no_migrate {
        migrate(location, &Clock::System).map_err(|error| error.to_string())?;
    }
    let sentence = |error: cairn::error::Error| error.to_string();
    let mut db = Db::open(location, options.connections, Clock::System).map_err(sentence)?;
    if let Some(standby) = options.standby(location)? {
        db = db.reading_from(&standby, options.connections).map_err(sentence)?;
    }
    App::open(db, &options.spool(location), options.registration)
        .await
        .map_err(sentence)
}

/// Listens, says so, and serves.
pub async fn serve(app: App, options: &ServeOptions, ready: impl FnOnce(std::net::SocketAddr)) -> Outcome {
    let origins = options.cors_origins.clone();
    let mut server = HttpServer::new(move || app.clone().service(origins.clone()))
        .client_request_timeout(std::time::Duration::from_secs(10))
        .shutdown_timeout(20);
    if let Some(workers) = options.workers {
        server = server.workers(workers);
    } else {
        server = server.workers(std::thread::available_parallelism().map_or(1, usize::from));
    }
    let server = server.bind(options.listen).map_err(|error| {
        format!(
            "cannot listen on {}: {error}; choose another with --listen",
            options.listen
        )
    })?;
    let address = server.addrs().first().copied().unwrap_or(options.listen);
    let running = server.run();
    ready(address);
    running.await.map_err(|error| error.to_string())?;
    Ok(ExitCode::SUCCESS)
}
