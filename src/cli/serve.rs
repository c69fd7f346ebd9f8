//! `cairn serve`.

use std::net::SocketAddr;
use std::process::ExitCode;

use actix_web::dev::Server;
use actix_web::{HttpResponse, HttpServer, web};
use cairn::app::App;
use cairn::clock::Clock;
use cairn::config::{DatabaseOptions, ServeOptions};
use cairn::metrics::MEDIA_TYPE;
use cairn::store::{DatabaseLock, Location, migrate};
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
    let app = App::open(
        location,
        &options.spool.folder(location),
        options.connections,
        options.registration,
        Clock::System,
    )
    .await
    .map_err(|error| error.to_string())?;
    Ok(App {
        trusts_request_ids: options.trust_request_id,
        ..app
    })
}

/// Listens, says so, and serves.
pub async fn serve(app: App, options: &ServeOptions, ready: impl FnOnce(SocketAddr)) -> Outcome {
    let origins = options.cors_origins.clone();
    let metrics = match options.metrics_listen {
        Some(address) => Some(serve_metrics(app.clone(), address)?),
        None => None,
    };
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
    if let Some((_, address)) = &metrics {
        println!("Metrics are at http://{address}/metrics");
    }
    let stop = metrics.map(|(server, _)| {
        let handle = server.handle();
        actix_web::rt::spawn(server);
        handle
    });
    running.await.map_err(|error| error.to_string())?;
    if let Some(handle) = stop {
        handle.stop(false).await;
    }
    Ok(ExitCode::SUCCESS)
}

/// Listens where metrics are asked for, and for nothing else; answers the address too.
fn serve_metrics(app: App, address: SocketAddr) -> Result<(Server, SocketAddr), String> {
    let answer = |app: web::Data<App>| async move {
        app.metrics
            .text(&app)
            .map(|text| HttpResponse::Ok().content_type(MEDIA_TYPE).body(text))
    };
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(web::Data::new(app.clone()))
            .route("/metrics", web::get().to(answer))
    })
    .workers(1)
    .disable_signals()
    .client_request_timeout(std::time::Duration::from_secs(10))
    .bind(address)
    .map_err(|error| format!("cannot listen on {address}: {error}; choose another with --metrics-listen"))?;
    let address = server.addrs().first().copied().unwrap_or(address);
    Ok((server.run(), address))
}
