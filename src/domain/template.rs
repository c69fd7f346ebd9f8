//! The figures that an organization is asked for in a period, one by one: what a template to fill in has rows for.

use super::answer::Answer;
use super::cell::Cell;
use super::measure::{Measure, MeasureScope};
use super::period::Period;
use super::period_range::PeriodRange;
use super::schema::Schema;
use std::collections::{BTreeSet, HashMap};

/// The most rows of a template.
pub const MOST_ROWS: usize = 20_000;

/// A figure that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    /// The measure.
    pub measure_id: i32,
    /// A period of its frequency.
    pub period: Period,
    /// The cell.
    pub cell: Cell,
}

/// A figure that is asked for, with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRow {
    /// Which figure.
    pub slot: Slot,
    /// What was answered already.
    pub answer: Option<Answer>,
    /// The remark on it.
    pub note: Option<String>,
    /// What was answered for the period before.
    pub previous: Option<Answer>,
}

/// Whom a template is for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The organization.
    pub organization_id: i32,
    /// Whether it is the backbone.
    pub is_backbone: bool,
    /// The measures that the backbone has chosen for it, where it has: of others, it gets only what it ever reported.
    pub measures: Option<&'a [i32]>,
}

/// The figures asked for in a period, in the order of the schema: of each measure that the organization reports and
/// whose periods lie in that one, the headline, each code of each dimension, and every cell that it ever reported.
/// `None` if there are more than a template has rows.
pub fn slots(
    schema: &Schema,
    asked: Asked<'_>,
    period: Period,
    reported: &HashMap<i32, BTreeSet<Cell>>,
) -> Option<Vec<Slot>> {
    let fiscal_start = schema.fiscal_start;
    let range = PeriodRange {
        from: Some(period.start(fiscal_start)),
        to: Some(period.end(fiscal_start)),
    };
    let none = BTreeSet::new();
    let mut slots = Vec::new();
    let is_asked = |measure: &&Measure| asked.reports(measure, reported.contains_key(&measure.id));
    for measure in schema.measures.iter().filter(is_asked) {
        let cells = cells(schema, measure, reported.get(&measure.id).unwrap_or(&none));
        let bounds = range.bounds(measure.frequency, fiscal_start);
        let mut next = bounds.map(|(first, _)| first);
        while let Some(period) = next.filter(|period| bounds.is_some_and(|(_, last)| *period <= last)) {
            slots.extend(cells.iter().map(|&cell| Slot {
                measure_id: measure.id,
                period,
                cell,
            }));
            if slots.len() > MOST_ROWS {
                return None;
            }
            next = period.next();
        }
    }
    Some(slots)
}

impl Asked<'_> {
    fn reports(&self, measure: &Measure, has_reported: bool) -> bool {
        let is_asked = match measure.scope {
            MeasureScope::Performance => {
                has_reported || self.measures.is_none_or(|chosen| chosen.contains(&measure.id))
            }
            MeasureScope::Population if measure.reporters.is_empty() => self.is_backbone,
            MeasureScope::Population => measure.reporters.contains(&self.organization_id),
        };
        is_asked && !measure.retired && !measure.is_ratio()
    }
}

fn cells(schema: &Schema, measure: &Measure, reported: &BTreeSet<Cell>) -> Vec<Cell> {
    let mut cells = vec![Cell::HEADLINE];
    let dimensions = measure.dimensions.iter().filter_map(|id| schema.dimension(*id));
    for dimension in dimensions {
        let codes = dimension.active_codes();
        cells.extend(codes.filter_map(|code| Cell::HEADLINE.with(dimension.id, code.id)));
    }
    let takes_figures = |cell: &Cell| {
        cell.pairs().iter().all(|&(dimension, code)| {
            let dimension = schema.dimension(dimension);
            let code = dimension.and_then(|dimension| dimension.code_by_id(code));
            code.is_none_or(|code| !code.retired)
        })
    };
    let others: Vec<Cell> = reported
        .iter()
        .filter(|cell| !cells.contains(cell) && takes_figures(cell))
        .copied()
        .collect();
    cells.extend(others);
    cells
}

#[cfg(test)]
mod tests {
    use super::super::sample::{AGE, PROGRAMS, SEX, VISITS, schema};
    use super::*;

    fn told(asked: Asked<'_>, period: &str, reported: &[(i32, Cell)]) -> Vec<String> {
        let schema = schema();
        let mut cells: HashMap<i32, BTreeSet<Cell>> = HashMap::new();
        for (measure, cell) in reported {
            cells.entry(*measure).or_default().insert(*cell);
        }
        let slots = slots(&schema, asked, Period::parse(period).unwrap(), &cells).unwrap();
        slots
            .iter()
            .map(|slot| {
                let measure = &schema.measure(slot.measure_id).unwrap().code;
                let key = schema.cell_key(&slot.cell);
                format!("{measure} {} {key}", slot.period).trim_end().to_owned()
            })
            .collect()
    }

    const PARTNER: Asked<'static> = Asked {
        organization_id: 7,
        is_backbone: false,
        measures: None,
    };

    #[test]
    fn a_month_has_the_headline_and_every_code() {
        let expected = [
            "Visits 2026-02",
            "Visits 2026-02 age_group=children",
            "Visits 2026-02 age_group=young_adult",
            "Visits 2026-02 sex=f",
            "Visits 2026-02 sex=m",
            "Visits 2026-02 race=A",
            "Visits 2026-02 race=B",
        ];
        assert_eq!(told(PARTNER, "2026-02", &[]), expected);
    }

    #[test]
    fn a_longer_period_has_those_that_lie_in_it() {
        let of_quarter = told(PARTNER, "2026-Q1", &[]);
        assert_eq!(of_quarter.len(), 3 * 7);
        assert_eq!(of_quarter[7], "Visits 2026-02");
        let of_year = told(PARTNER, "2026", &[]);
        assert_eq!(of_year.len(), 5 + 12 * 7);
        assert!(!of_year.iter().any(|row| row.starts_with("FUNDING")));
        assert_eq!(told(PARTNER, "FY2026", &[]).last().unwrap(), "FUNDING FY2026");
    }

    #[test]
    fn who_is_asked_for_some_measures_gets_these_and_what_it_reported() {
        let chosen = Asked {
            measures: Some(&[PROGRAMS]),
            ..PARTNER
        };
        assert_eq!(told(chosen, "2026", &[]).len(), 5);
        let ever = [(VISITS, Cell::HEADLINE)];
        assert_eq!(told(chosen, "2026", &ever).len(), 5 + 12 * 7);
    }

    #[test]
    fn population_measures_are_for_their_reporters() {
        let has_residents = |asked| told(asked, "2026", &[]).contains(&"RESIDENTS 2026".to_owned());
        assert!(!has_residents(PARTNER));
        assert!(has_residents(Asked {
            is_backbone: true,
            ..PARTNER
        }));
    }

    #[test]
    fn cells_reported_before_come_last_unless_they_are_retired() {
        let young_women = Cell::HEADLINE
            .with(AGE, 2)
            .and_then(|cell| cell.with(SEX, 1))
            .unwrap();
        let old = Cell::HEADLINE.with(AGE, 3).unwrap();
        let reported = [(PROGRAMS, young_women), (PROGRAMS, old), (VISITS, Cell::HEADLINE)];
        let of_year = told(PARTNER, "2026", &reported);
        assert_eq!(of_year[5], "PROGRAMS 2026 age_group=young_adult,sex=f");
        assert!(!of_year.iter().any(|row| row.contains("old_adult")));
        assert_eq!(of_year.len(), 6 + 12 * 7);
    }
}
