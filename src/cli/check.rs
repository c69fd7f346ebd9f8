//! `cairn check`.

use std::process::ExitCode;

use cairn::clock::Clock;
use cairn::config::DatabaseOptions;
use cairn::store::{Db, Purpose, recompute};
use clap::Args;

use super::Outcome;

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    database: DatabaseOptions,
}

/// Works all totals out again from the observations, beside a running service if there is one, and fails where they
/// differ.
pub fn run(options: &Options) -> Outcome {
    let location = options.database.location("sqlite://cairn.db")?;
    let db = Db::open(&location, 2, Clock::System).map_err(|error| error.to_string())?;
    actix_web::rt::System::new().block_on(async {
        let failed = |error: cairn::error::Error| error.to_string();
        let mut differences = 0;
        for coalition in db
            .system(Purpose::Check, recompute::coalitions)
            .await
            .map_err(failed)?
        {
            let report = db
                .system(Purpose::Check, move |tx| recompute::check(tx, coalition.clone()))
                .await
                .map_err(failed)?;
            for difference in &report.differences {
                println!("{} {difference}", report.coalition);
            }
            let verdict = match report.differences.len() {
                0 => "all equal".to_owned(),
                count => format!("{count} differ"),
            };
            println!(
                "{}: {} totals from {} observations, {verdict}",
                report.coalition, report.totals, report.observations
            );
            differences += report.differences.len();
        }
        Ok(if differences == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    })
}
