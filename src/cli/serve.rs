//! `cairn serve`.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::{HttpResponse, HttpServer, web};
use cairn::app::App;
use cairn::clock::Clock;
use cairn::config::{DatabaseOptions, ServeOptions};
use cairn::http::{Connections, Limits};
use cairn::metrics::MEDIA_TYPE;
use cairn::store::{DatabaseLock, Db, Location, Purpose, migrate, service_role};
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
    let unheld = db.system(Purpose::Health, service_role::find_unheld).await;
    if let Some(role) = unheld.map_err(sentence)? {
        tracing::warn!(
            role,
            "the database role is a superuser or has BYPASSRLS: row-level security does not hold it (docs/operations.md)"
        );
    }
    let app = App::open(db, &options.spool.folder(location), options.registration)
        .await
        .map_err(sentence)?;
    let app = app.behind(options.trusted_proxies.clone());
    Ok(App {
        trusts_request_ids: options.trust_request_id,
        ..app
    })
}

/// Listens, says so, and serves.
pub async fn serve(app: App, options: &ServeOptions, ready: impl FnOnce(SocketAddr)) -> Outcome {
    let origins = options.cors_origins.clone();
    let (limits, connections) = (
        Limits::new(options.rate_limit),
        Connections::new(options.connections_per_address),
    );
    let app = app.limited(limits.clone());
    let metrics = match options.metrics_listen {
        Some(address) => Some(serve_metrics(app.clone(), address)?),
        None => None,
    };
    let mut server = HttpServer::new(move || app.clone().service(origins.clone()))
        .client_request_timeout(Duration::from_secs(10))
        .on_connect(move |stream, kept| connections.arrive(stream, kept))
        .disable_signals()
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
    let delay = Duration::from_secs(options.stop_delay);
    actix_web::rt::spawn(stop_when_told(running.handle(), limits, delay)?);
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

/// Stops in good order: first it says that it is not ready, and closes each connection with its next answer; after the
/// delay it takes no more connections, and ends what it is at. Ctrl-C is not delayed.
#[cfg(unix)]
fn stop_when_told(
    server: ServerHandle,
    limits: Limits,
    delay: Duration,
) -> Result<impl Future<Output = ()>, String> {
    use actix_web::rt::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).map_err(|error| format!("cannot listen for signals: {error}"));
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    Ok(async move {
        let is_delayed = std::future::poll_fn(|context| {
            if interrupt.poll_recv(context).is_ready() {
                std::task::Poll::Ready(false)
            } else {
                terminate.poll_recv(context).map(|_| true)
            }
        })
        .await;
        limits.stop();
        if is_delayed {
            tracing::info!("told to stop: not ready any more, and stopping soon");
            // Ctrl-C cuts it short.
            let _ = tokio::time::timeout(delay, interrupt.recv()).await;
        }
        server.stop(true).await;
    })
}

#[cfg(not(unix))]
fn stop_when_told(
    server: ServerHandle,
    limits: Limits,
    _: Duration,
) -> Result<impl Future<Output = ()>, String> {
    Ok(async move {
        if actix_web::rt::signal::ctrl_c().await.is_ok() {
            limits.stop();
            server.stop(true).await;
        }
    })
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
