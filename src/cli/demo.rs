//! `cairn demo`: the service on a database of its own, loaded with real data.

use cairn::app::App;
use cairn::config::{DatabaseOptions, ServeOptions};
use cairn::store::{DatabaseLock, Purpose, organizations};
use clap::Args;

use super::demo_client::{Client, Demo};
use super::{Outcome, serve};

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    serve: ServeOptions,
}

/// Loads the demo's data if they are not there yet, says how to try it, and serves.
pub fn run(options: Options) -> Outcome {
    let location = options.database.location("sqlite://cairn-demo.db")?;
    let _lock = DatabaseLock::acquire(&location)?;
    actix_web::rt::System::new().block_on(async {
        let app = serve::open(&location, &options.serve).await?;
        let (secret, link) = load(&app).await?;
        serve::serve(app, &options.serve, |address| {
            introduce(&address.to_string(), &secret, &link)
        })
        .await
    })
}

/// Brings the data in through the API itself, and answers the secret of a key and the address of a share link to try it
/// with.
async fn load(app: &App) -> Result<(String, String), String> {
    let demo = Demo::embedded()?;
    let client = Client::new(app).await;
    if !client.sign_in(&demo).await? {
        let is_used = app
            .db
            .system(Purpose::Demo, organizations::exist)
            .await
            .map_err(|error| error.to_string())?;
        if is_used {
            return Err(
                "this database is not a demo's: name another with --database, or leave it out".into(),
            );
        }
        client.register(&demo).await?;
    }
    if !client.is_loaded(&demo).await? {
        client.load(&demo).await?;
    }
    Ok((client.fresh_key(&demo).await?, client.fresh_link(&demo).await?))
}

fn introduce(address: &str, secret: &str, link: &str) {
    let demo = "http://".to_owned() + address;
    let aggregates = format!("{demo}/v1/coalitions/us-public-libraries/aggregates");
    println!("Cairn is ready at {demo}, its documentation at {demo}/docs");
    println!();
    println!("Sign in as       demo@national-library-network.example");
    println!("with password    stones-mark-the-way");
    println!();
    println!("See a chart      {demo}{link}/chart.svg?measure=PROGRAMS&by=age_group");
    println!("and a goal       {demo}{link}/goals/teens-belong/chart.svg");
    println!();
    println!("Or ask with this key, which the next start replaces:");
    println!("  curl -u demo:{secret} '{aggregates}?measure=PROGRAMS&by=age_group&period=2015..2017'");
    println!(
        "  curl -u demo:{secret} '{aggregates}?measure=VISITS_PER_CAPITA&by=partner_region&period=2017&format=csv'"
    );
}
