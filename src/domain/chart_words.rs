//! A chart in words, for whoever cannot see it, and for what stands beside it.

use super::caption::Caption;
use super::chart::{Chart, Line, Point};
use super::period::Period;
use super::period_kind::PeriodKind;
use super::status::Status;

impl Caption {
    /// What is drawn, in a few words: `Library programs: 30 programs in 2025`.
    pub fn title(&self, chart: &Chart) -> String {
        let subject = match self.about.as_slice() {
            [] => self.heading.clone(),
            about => format!("{} ({})", self.heading, about.join(", ")),
        };
        let latest = match chart.lines.as_slice() {
            [line] if line.name.is_empty() => line.points().last(),
            _ => None,
        };
        match latest {
            Some(point) => format!("{subject}: {} in {}", self.amount(point.units), point.period),
            None if self.by.is_empty() => subject,
            None => format!("{subject} by {}", self.by),
        }
    }

    /// Everything that the drawing tells.
    pub fn description(&self, chart: &Chart) -> String {
        let Some((first, last)) = chart.window else {
            return "There are no figures yet.".into();
        };
        let mut told = vec![format!(
            "Line chart by {}, {first} to {last}, in {}.",
            kind(first.kind()),
            self.unit
        )];
        told.extend(chart.lines.iter().filter_map(|line| self.line(line)));
        if chart.lines.is_empty() {
            told.push("There are no figures to draw.".into());
        }
        if chart.undrawn > 0 {
            told.push(format!("Smaller lines that are not drawn: {}.", chart.undrawn));
        }
        if chart.is_cut {
            told.push("Earlier figures are not drawn.".into());
        }
        if !chart.missing.is_empty() {
            told.push(format!(
                "No figure for {}.",
                periods(chart.missing.iter().copied())
            ));
        }
        for (status, reason) in [
            (
                Status::Suppressed,
                "hidden, because too few organizations reported",
            ),
            (
                Status::Conflicting,
                "several organizations reported what only one can know",
            ),
            (Status::Overflow, "too large to be told"),
        ] {
            let of = || chart.untold.iter().filter(|(_, why)| *why == status);
            if of().next().is_some() {
                told.push(format!(
                    "Not shown for {}: {reason}.",
                    periods(of().map(|(at, _)| *at))
                ));
            }
        }
        let mut provisional: Vec<Period> = chart
            .lines
            .iter()
            .flat_map(Line::points)
            .filter(|point| point.is_provisional)
            .map(|point| point.period)
            .collect();
        provisional.sort_unstable();
        provisional.dedup();
        if !provisional.is_empty() {
            let periods = periods(provisional.into_iter());
            told.push(format!(
                "Provisional, because not everyone has reported: {periods}."
            ));
        }
        for period in &chart.breaks {
            told.push(format!(
                "Figures from {period} on cannot be compared with those before."
            ));
        }
        told.extend(self.baseline(chart).map(|baseline| format!("{baseline}.")));
        told.extend(self.targets(chart).map(|targets| format!("{targets}.")));
        if !chart.axis.has_zero() {
            let low = self.figure(chart.axis.low);
            told.push(format!("The axis begins at {low}, not at zero."));
        }
        told.join(" ")
    }

    /// `Baseline: 300 in 2023`, if there is one.
    pub fn baseline(&self, chart: &Chart) -> Option<String> {
        let baseline = chart.milestones.baseline?;
        Some(format!("Baseline: {}", self.at(&baseline)))
    }

    /// `Target: 600 by 2028`, if there is one.
    pub fn targets(&self, chart: &Chart) -> Option<String> {
        let by = |target: &Point| format!("{} by {}", self.figure(target.units), target.period);
        match chart.milestones.targets.as_slice() {
            [] => None,
            [only] => Some(format!("Target: {}", by(only))),
            several => {
                let all: Vec<String> = several.iter().map(by).collect();
                Some(format!("Targets: {}", all.join(", ")))
            }
        }
    }

    /// A line that has figures, in a sentence.
    fn line(&self, line: &Line) -> Option<String> {
        let (first, last) = (line.points().next()?, line.points().last()?);
        let name = match line.name.as_str() {
            "" => String::new(),
            name => format!("{name}: "),
        };
        if first == last {
            return Some(format!("{name}{}.", self.at(last)));
        }
        let lowest = line.points().min_by_key(|point| point.units)?;
        let highest = line.points().max_by_key(|point| point.units)?;
        let from = if name.is_empty() { "From" } else { "from" };
        Some(format!(
            "{name}{from} {} to {}; lowest {}, highest {}.",
            self.at(first),
            self.at(last),
            self.at(lowest),
            self.at(highest)
        ))
    }

    fn at(&self, point: &Point) -> String {
        format!("{} in {}", self.figure(point.units), point.period)
    }
}

/// How many stretches of periods are named.
const NAMED: usize = 8;

/// Periods in order, those that follow each other as `2009 to 2017`.
fn periods(periods: impl Iterator<Item = Period>) -> String {
    let mut stretches: Vec<(Period, Period)> = Vec::new();
    for period in periods {
        match stretches.last_mut() {
            Some((_, last)) if last.next() == Some(period) => *last = period,
            _ => stretches.push((period, period)),
        }
    }
    let named = stretches
        .iter()
        .take(NAMED)
        .map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first} to {last}"),
        });
    let named = named.collect::<Vec<_>>().join(", ");
    match stretches.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

fn kind(kind: PeriodKind) -> &'static str {
    match kind {
        PeriodKind::FiscalYear => "fiscal year",
        PeriodKind::Half => "half-year",
        other => other.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_that_follow_each_other_are_told_together() {
        let told = |text: &str| periods(text.split(' ').map(|text| Period::parse(text).unwrap()));
        assert_eq!(
            told("2009 2010 2011 2013 2015 2016"),
            "2009 to 2011, 2013, 2015 to 2016"
        );
        let odd: Vec<String> = (1000..1024).step_by(2).map(|year| year.to_string()).collect();
        assert!(told(&odd.join(" ")).ends_with("1012, 1014 and 4 more"));
    }
}
