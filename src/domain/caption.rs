//! What a drawing is about, in people's words.

use super::decimal::format_units;
use super::dimension::NOT_STATED;
use super::measure::Measure;
use super::question::{Column, Question};
use super::schema::Schema;

/// What a chart is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    /// A measure's name, or a goal's statement.
    pub heading: String,
    /// What narrows it down, such as `Library programs` under a goal, or `Age group: Young adults`.
    pub about: Vec<String>,
    /// What the figures are in, such as `programs`.
    pub unit: String,
    /// The decimals of the figures' units.
    pub decimals: u8,
    /// What the lines are for, such as `Age group`; empty where there is only one.
    pub by: String,
}

impl Caption {
    /// What a chart of a measure is about.
    pub fn of(schema: &Schema, measure: &Measure, question: &Question) -> Self {
        let cell = question.filter.pairs().iter().filter_map(|&(dimension, code)| {
            let dimension = schema.dimension(dimension)?;
            let code = Column::Dimension(dimension.id).key_name(schema, dimension.code_text(code)?);
            Some(format!("{}: {code}", or_code(&dimension.name, &dimension.code)))
        });
        Self {
            heading: or_code(&measure.name, &measure.code).to_owned(),
            about: cell.collect(),
            unit: measure.unit.clone(),
            decimals: measure.decimals,
            by: question
                .by
                .first()
                .map_or_else(String::new, |column| column.name(schema)),
        }
    }

    /// The same for a goal, which says what the measure is for.
    pub fn under(self, statement: &str) -> Self {
        Self {
            heading: statement.to_owned(),
            about: [vec![self.heading], self.about].concat(),
            ..self
        }
    }

    /// A figure as people read it: `421,337.5`.
    pub fn figure(&self, units: i128) -> String {
        let digits = format_units(units, self.decimals);
        let (sign, digits) = digits
            .strip_prefix('-')
            .map_or(("", &*digits), |rest| ("−", rest));
        let (whole, fraction) = digits
            .split_once('.')
            .map_or((digits, String::new()), |(whole, rest)| {
                (whole, format!(".{rest}"))
            });
        let mut grouped = String::new();
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        format!("{sign}{grouped}{fraction}")
    }

    /// A figure with what it is in.
    pub fn amount(&self, units: i128) -> String {
        format!("{} {}", self.figure(units), self.unit).trim().to_owned()
    }
}

impl Column {
    /// What people call it.
    fn name(&self, schema: &Schema) -> String {
        match self {
            Self::Dimension(id) => schema.dimension(*id).map_or_else(String::new, |dimension| {
                or_code(&dimension.name, &dimension.code).to_owned()
            }),
            Self::Organization => "organization".into(),
            Self::Attribute(key) => key.clone(),
        }
    }

    /// What people call what stands in it.
    pub(super) fn key_name(&self, schema: &Schema, key: &str) -> String {
        if key == NOT_STATED {
            return "Not stated".into();
        }
        let dimension = match self {
            Self::Dimension(id) => schema.dimension(*id),
            Self::Organization | Self::Attribute(_) => None,
        };
        let code = dimension.and_then(|dimension| dimension.codes.iter().find(|code| code.code == key));
        code.map_or(key, |code| or_code(&code.name, key)).to_owned()
    }
}

/// A name, or the code where there is none.
fn or_code<'t>(name: &'t str, code: &'t str) -> &'t str {
    match name.trim() {
        "" => code,
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_as_people_read_them() {
        let caption = |decimals| Caption {
            heading: String::new(),
            about: vec![],
            unit: "programs".into(),
            decimals,
            by: String::new(),
        };
        for (units, decimals, text) in [
            (421_337, 0, "421,337"),
            (42_133_750, 2, "421,337.5"),
            (-1_000, 0, "−1,000"),
            (999, 0, "999"),
            (5, 3, "0.005"),
        ] {
            assert_eq!(caption(decimals).figure(units), text);
        }
        assert_eq!(caption(0).amount(1_000), "1,000 programs");
    }
}
