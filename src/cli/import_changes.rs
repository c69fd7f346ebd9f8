//! What `cairn import --dry-run` says of the figures that would change.

use cairn::domain::answer::Answer;
use cairn::domain::decimal::format_units;
use cairn::submit::{FigureChange, Rehearsed};

/// A line for each of the changes that were listed, and one for those that were not.
pub fn changes(rehearsed: &Rehearsed) -> Vec<String> {
    let listed = rehearsed.changes.iter().map(|change| told(rehearsed, change));
    let rest = rehearsed.changes_total - rehearsed.changes.len();
    let more = (rest > 0).then(|| format!("… and {rest} more changes"));
    listed.chain(more).collect()
}

fn told(rehearsed: &Rehearsed, change: &FigureChange) -> String {
    let (measure_id, period, cell) = change.place;
    let measure = rehearsed.schema.measure(measure_id);
    let decimals = measure.map_or(0, |measure| measure.decimals);
    let side = |answered: &Option<(Answer, Option<String>)>| match answered {
        None => "nothing".to_owned(),
        Some((answer, _)) => answer.units().map_or_else(
            || answer.missing().unwrap_or_default().to_owned(),
            |units| format_units(units.into(), decimals),
        ),
    };
    let at = change.at.clone().unwrap_or_else(|| format!("row {}", change.row));
    let code = measure.map_or("", |measure| measure.code.as_str());
    let key = rehearsed.schema.cell_key(&cell);
    let cell = if key.is_empty() {
        String::new()
    } else {
        format!(" {key}")
    };
    format!(
        "change at {at}: {} {code} {period}{cell}: {} becomes {}",
        change.organization,
        side(&change.before),
        side(&change.after),
    )
}
