//! What the columns of a table mean, by their header: a tidy table has a row for each figure, a wide one a column for
//! each measure. Case and blanks around a name do not count. A name in parentheses is for people: what stands below
//! it is not read.
//!
//! A tidy CSV file is read before the schema is at hand, so that a column with any other name may be a dimension.

use super::incoming::Head;
use crate::domain::issue::Issue;
use crate::domain::listing;
use crate::domain::schema::Schema;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// The code of a measure.
    Measure,
    /// A period.
    Period,
    /// A figure.
    Value,
    /// The code of an organization.
    Organization,
    /// Whether the figure is an estimate.
    Estimated,
    /// Why there is no figure.
    Missing,
    /// A remark.
    Note,
    /// A code of that dimension.
    Dimension(String),
    /// Figures of the measure with that code.
    Figure(String),
    /// Something for people.
    Ignored,
    /// Nothing should stand in it.
    Nameless,
}

/// The columns of a table, from its first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// In their order.
    pub list: Vec<Column>,
}

/// The columns of which a table has one at most.
const FIXED: [(&str, Column); 7] = [
    ("measure", Column::Measure),
    ("period", Column::Period),
    ("value", Column::Value),
    ("organization", Column::Organization),
    ("estimated", Column::Estimated),
    ("missing", Column::Missing),
    ("note", Column::Note),
];

/// What Cairn itself tells of figures when it lists them: who has changed such a list may send it back as it is, so
/// what stands in these columns is not read.
pub const TOLD: [&str; 5] = [
    "period_start",
    "period_end",
    "withdrawn",
    "submission",
    "recorded_at",
];

impl Columns {
    /// The columns of a wide table with that header.
    pub fn wide(names: &[&str], schema: &Schema) -> Result<Self, Issue> {
        let columns = Self::read(names, |name| known(name, schema, false))?;
        let has_figures = columns
            .list
            .iter()
            .any(|column| matches!(column, Column::Figure(_)));
        if !columns.list.contains(&Column::Period) || !has_figures {
            let detail = "a wide table has a column period, and a column for each measure, named by its code";
            return Err(refusal(detail));
        }
        Ok(columns)
    }

    /// The columns of a table that is tidy if it has a column for measures, and wide otherwise.
    pub fn either(names: &[&str], schema: &Schema) -> Result<Self, Issue> {
        if !names.iter().any(|name| is_named(name, "measure")) {
            return Self::wide(names, schema);
        }
        Self::read(names, |name| known(name, schema, true))?.complete()
    }

    /// The columns of a tidy table; whether there are such dimensions is for others to say.
    pub fn tidy(names: &[&str]) -> Result<Self, Issue> {
        let column = |name: &str| Ok(plain(name).unwrap_or_else(|| Column::Dimension(name.into())));
        Self::read(names, column)?.complete()
    }

    /// These, if they are enough for a tidy table.
    fn complete(self) -> Result<Self, Issue> {
        let is_absent = |(_, column): &&(&str, Column)| !self.list.contains(column);
        let absent: Vec<&str> = FIXED[..3]
            .iter()
            .filter(is_absent)
            .map(|(name, _)| *name)
            .collect();
        if absent.is_empty() {
            return Ok(self);
        }
        let wide = if absent.contains(&"measure") {
            "; that a table is wide, with a column for each measure, has to be said: layout=wide, or --wide for cairn \
             import"
        } else {
            ""
        };
        Err(refusal(format!(
            "a table with a row for each figure has the columns measure, period and value; here is no {}{wide}",
            absent.join(" and no ")
        )))
    }

    /// Whether the names look like a header rather than like a title or a row of figures.
    pub fn are_named_by(names: &[&str], schema: &Schema) -> bool {
        let has = |wanted| names.iter().any(|name| is_named(name, wanted));
        let mut names = names.iter().map(|name| name.trim());
        has("period")
            && (has("measure") || has("value") || names.any(|name| schema.measure_by_code(name).is_some()))
    }

    fn read(names: &[&str], column: impl Fn(&str) -> Result<Column, Issue>) -> Result<Self, Issue> {
        let mut list: Vec<Column> = Vec::with_capacity(names.len());
        for name in names {
            let name = name.trim();
            let column = column(name)?;
            if list.contains(&column) && !matches!(column, Column::Ignored | Column::Nameless) {
                return Err(refusal(format!("the column '{name}' stands twice")));
            }
            list.push(column);
        }
        Ok(Self { list })
    }

    /// What is to be known before the rows. `sheet` names the sheet of a workbook.
    pub fn head(&self, sheet: Option<&str>) -> Head {
        let mut head = Head {
            sheet: sheet.map(Into::into),
            ..Head::default()
        };
        for (place, column) in (0..).zip(&self.list) {
            if let Column::Dimension(code) = column {
                head.dimensions.push(code.clone());
            }
            if sheet.is_some() {
                head.columns
                    .extend(pointer(column).map(|pointer| (pointer, place)));
            }
        }
        head
    }
}

/// What a name means in a tidy table, whatever the schema is.
fn plain(name: &str) -> Option<Column> {
    if name.is_empty() {
        return Some(Column::Nameless);
    }
    let is_for_people = name.starts_with('(') && name.ends_with(')');
    if is_for_people || TOLD.iter().any(|told| is_named(name, told)) {
        return Some(Column::Ignored);
    }
    let fixed = FIXED.iter().find(|(fixed, _)| is_named(name, fixed));
    fixed.map(|(_, column)| column.clone())
}

/// What a name means in a table of that schema.
fn known(name: &str, schema: &Schema, is_tidy: bool) -> Result<Column, Issue> {
    if let Some(column) = plain(name) {
        let is_of_tidy = matches!(
            column,
            Column::Measure | Column::Value | Column::Estimated | Column::Missing
        );
        if is_tidy || !is_of_tidy {
            return Ok(column);
        }
        return Err(refusal(format!(
            "the column '{name}' belongs to a table with the columns measure, period and value; in a wide table a \
             figure stands in the column of its measure, and so does the reason why there is none, such as \
             not_available"
        )));
    }
    let dimension = schema.dimension_by_code(name);
    let measure = schema.measure_by_code(name).filter(|_| !is_tidy);
    match (dimension, measure) {
        (Some(dimension), None) => Ok(Column::Dimension(dimension.code.clone())),
        (Some(dimension), Some(_)) if dimension.code == name => Ok(Column::Dimension(dimension.code.clone())),
        (_, Some(measure)) => Ok(Column::Figure(measure.code.clone())),
        (None, None) => Err(unknown(name, schema, is_tidy)),
    }
}

fn pointer(column: &Column) -> Option<String> {
    if let Column::Dimension(code) = column {
        return Some(format!("/cell/{code}"));
    }
    let (name, _) = FIXED.iter().find(|(_, fixed)| fixed == column)?;
    Some(format!("/{name}"))
}

fn is_named(name: &str, wanted: &str) -> bool {
    name.trim().eq_ignore_ascii_case(wanted)
}

fn unknown(name: &str, schema: &Schema, is_tidy: bool) -> Issue {
    let shown: String = name.chars().take(80).collect();
    let dimensions = schema.dimensions.iter().map(|dimension| dimension.code.as_str());
    let measures = schema
        .measures
        .iter()
        .filter(|measure| !measure.retired && !measure.is_ratio());
    let measures = measures.map(|measure| measure.code.as_str());
    let known = if is_tidy {
        listing::known("dimensions", name, dimensions)
    } else {
        listing::known("measures and dimensions", name, measures.chain(dimensions))
    };
    let detail =
        format!("the column '{shown}' is not known here: {known} (what stands in parentheses is not read)");
    Issue::new("", "unknown_column", detail)
}

fn refusal(detail: impl Into<String>) -> Issue {
    Issue::new("", "invalid_header", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::schema;

    fn wide(names: &[&str]) -> Result<Vec<Column>, Issue> {
        Columns::wide(names, &schema()).map(|columns| columns.list)
    }

    #[test]
    fn tells_measures_from_dimensions() {
        let columns = wide(&["Period", " age_group", "VISITS", "programs", "(remarks)", ""]).unwrap();
        assert_eq!(
            columns,
            [
                Column::Period,
                Column::Dimension("age_group".into()),
                Column::Figure("Visits".into()),
                Column::Figure("PROGRAMS".into()),
                Column::Ignored,
                Column::Nameless,
            ]
        );
    }

    #[test]
    fn says_what_a_column_may_have_meant() {
        let refused = wide(&["period", "visit"]).unwrap_err();
        assert_eq!(refused.code, "unknown_column");
        assert!(
            refused.detail.contains("did you mean `Visits`?"),
            "{}",
            refused.detail
        );
        let told = wide(&["period", "VISITS", "withdrawn", "Recorded_at"]).unwrap();
        assert_eq!(told[2..], [Column::Ignored, Column::Ignored]);
        let refused = wide(&["period", "VISITS", "value"]).unwrap_err();
        assert!(refused.detail.contains("not_available"), "{}", refused.detail);
        let refused = Columns::either(&["measure", "period", "value", "visits"], &schema()).unwrap_err();
        assert_eq!(refused.code, "unknown_column");
    }

    #[test]
    fn refuses_what_lacks_or_stands_twice() {
        for names in [
            &["period", "visits", "Visits"][..],
            &["VISITS"],
            &["period", "age_group"],
        ] {
            assert_eq!(wide(names).unwrap_err().code, "invalid_header", "{names:?}");
        }
        for tidy in [Columns::tidy, |names: &[&str]| Columns::either(names, &schema())] {
            assert!(tidy(&["Measure", "Period", "Value", "sex"]).is_ok());
            let refused = tidy(&["measure", "period"]).unwrap_err();
            assert!(refused.detail.ends_with("here is no value"), "{}", refused.detail);
        }
        let refused = Columns::tidy(&["period", "visits"]).unwrap_err();
        assert!(refused.detail.contains("layout=wide"), "{}", refused.detail);
    }

    #[test]
    fn finds_its_header_below_a_title() {
        let named = |names: &[&str]| Columns::are_named_by(names, &schema());
        assert!(named(&["Period", "visits"]) && named(&["PERIOD", "measure"]));
        assert!(!named(&["Reporting period", ""]) && !named(&["period"]) && !named(&["2017", "421"]));
    }

    #[test]
    fn knows_where_fields_stand_in_a_sheet() {
        let columns = Columns::either(&["", "measure", "sex", "period", "value"], &schema()).unwrap();
        let head = columns.head(Some("Data"));
        assert_eq!(head.place(3, None, "/cell/sex").unwrap(), "Data!C3");
        assert_eq!(head.place(3, None, "/value").unwrap(), "Data!E3");
        assert!(columns.head(None).columns.is_empty());
    }
}
