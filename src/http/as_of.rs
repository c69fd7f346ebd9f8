//! `as_of`: figures as they were known at an instant.

use crate::app::App;
use crate::auth::ReadsCoalition;
use crate::clock::parse_rfc3339;
use crate::error::{Error, Result};
use crate::store::{Purpose, instants};

/// Reads the instant that a query names, if it names one, and sees to it that its answer never changes.
pub async fn settled<S: ReadsCoalition>(app: &App, reader: &S, text: Option<&str>) -> Result<Option<i64>> {
    let Some(text) = text else { return Ok(None) };
    let instant = instant(text, app.db.clock().now())?;
    settle(app, reader, instant).await?;
    Ok(Some(instant))
}

/// Sees to it that nothing can be recorded at or before the instant any more, so that its answer never changes.
async fn settle<S: ReadsCoalition>(app: &App, reader: &S, instant: i64) -> Result<()> {
    let tick = app.db.read(reader, |tx| tx.current_tick()).await?;
    let coalition_id = reader.coalition_id();
    let settled = if tick.recorded_at >= instant {
        tick.version()
    } else {
        app.db
            .system(Purpose::SettleInstant, move |tx| {
                instants::settle(tx, coalition_id, instant)
            })
            .await?
    };
    // The figures are read after this, perhaps elsewhere.
    app.db.need(coalition_id, settled);
    Ok(())
}

fn instant(text: &str, now: i64) -> Result<i64> {
    let instant = parse_rfc3339(text).ok_or_else(|| {
        Error::invalid(
            "?as_of",
            "invalid_time",
            "an instant as in RFC 3339, such as 2026-06-30T00:00:00Z",
        )
    })?;
    if instant > now {
        return Err(Error::invalid(
            "?as_of",
            "in_the_future",
            "what will be known then is not known yet",
        ));
    }
    Ok(instant)
}
