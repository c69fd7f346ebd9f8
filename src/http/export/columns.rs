//! The tables of the packages: the members of what the API answers, in their order.

use std::borrow::Cow;

use crate::domain::schema::Schema;
use crate::formats::package::table::Kind::{Date, Flag, Instant, Integer, List, Number, Object, Text};
use crate::formats::package::table::{Field, Kind, Table};

type Columns = &'static [(&'static str, Kind)];

pub const ORGANIZATION: Columns = &[("code", Text), ("name", Text), ("created_at", Instant)];
pub const MEMBERS: Columns = &[
    ("email", Text),
    ("name", Text),
    ("role", Text),
    ("created_at", Instant),
];
pub const INVITATIONS: Columns = &[
    ("id", Text),
    ("email", Text),
    ("role", Text),
    ("created_at", Instant),
    ("expires_at", Instant),
    ("state", Text),
];
pub const API_KEYS: Columns = &[
    ("id", Text),
    ("name", Text),
    ("prefix", Text),
    ("scopes", List),
    ("coalition", Text),
    ("created_at", Instant),
    ("revoked_at", Instant),
];
pub const COALITIONS: Columns = &[
    ("code", Text),
    ("name", Text),
    ("purpose", Text),
    ("fiscal_year_start_month", Integer),
    ("locked_through", Date),
    ("role", Text),
    ("state", Text),
    ("created_at", Instant),
    ("updated_at", Instant),
];
pub const PARTNERS: Columns = &[
    ("organization", Text),
    ("name", Text),
    ("role", Text),
    ("state", Text),
    ("engagement_level", Text),
    ("engagement_since", Date),
    ("member_from", Date),
    ("member_until", Date),
    ("expected_measures", List),
    ("attributes", Object),
    ("invited_at", Instant),
    ("joined_at", Instant),
    ("left_at", Instant),
];
pub const DIMENSIONS: Columns = &[
    ("code", Text),
    ("name", Text),
    ("overlapping", Flag),
    ("codes", List),
];
/// A measure's versions; the last of each is the measure as it is.
pub const MEASURES: Columns = &[
    ("code", Text),
    ("version", Integer),
    ("name", Text),
    ("definition", Text),
    ("unit", Text),
    ("kind", Text),
    ("decimals", Integer),
    ("scope", Text),
    ("performance_type", Text),
    ("accumulation", Text),
    ("aggregation", Text),
    ("direction", Text),
    ("frequency", Text),
    ("dimensions", List),
    ("numerator", Object),
    ("denominator", Object),
    ("multiplier", Integer),
    ("counts_people", Flag),
    ("nonnegative", Flag),
    ("required", Flag),
    ("due_days", Integer),
    ("disclosure", Text),
    ("expected_range", Object),
    ("reporters", List),
    ("retired", Flag),
    ("breaks", List),
    ("recorded_at", Instant),
];
pub const GOALS: Columns = &[
    ("code", Text),
    ("statement", Text),
    ("population", Text),
    ("place", Text),
    ("target_date", Date),
    ("state", Text),
    ("organization", Text),
    ("measures", List),
    ("created_at", Instant),
    ("updated_at", Instant),
];
pub const REFERENCE_POINTS: Columns = &[
    ("measure", Text),
    ("kind", Text),
    ("period", Text),
    ("cell", Object),
    ("value", Number),
];
pub const ACTIVITIES: Columns = &[
    ("id", Text),
    ("title", Text),
    ("description", Text),
    ("starts_on", Date),
    ("ends_on", Date),
    ("place", Text),
    ("goals", List),
    ("measures", List),
    ("contributions", List),
    ("attendance", Integer),
    ("organization", Text),
    ("created_at", Instant),
    ("updated_at", Instant),
];
pub const SHARE_LINKS: Columns = &[
    ("id", Text),
    ("name", Text),
    ("audience", Text),
    ("measures", List),
    ("prefix", Text),
    ("created_by", Object),
    ("created_at", Instant),
    ("expires_at", Instant),
    ("revoked_at", Instant),
];
pub const SUBMISSIONS: Columns = &[
    ("submission", Text),
    ("state", Text),
    ("dry_run", Flag),
    ("counts", Object),
    ("organizations", List),
    ("errors_total", Integer),
    ("errors", List),
    ("warnings_total", Integer),
    ("warnings", List),
    ("organization", Text),
    ("submitted_by", Object),
    ("source", Text),
    ("file", Object),
    ("recorded_at", Instant),
    ("review", Object),
];

/// What the columns of aggregates hold, by their names.
pub fn aggregates(columns: &[String]) -> Table {
    let fields = columns.iter().map(|name| Field {
        kind: match name.as_str() {
            "value" | "numerator" | "denominator" => Number,
            "contributors" | "estimated" | "expected" => Integer,
            "period_start" | "period_end" => Date,
            "break" => Flag,
            _ => Text,
        },
        name: Cow::Owned(name.clone()),
    });
    Table {
        name: "aggregates",
        title: "Figures added up over the coalition's organizations, as this organization may see them",
        fields: fields.collect(),
    }
}

/// The figures as they were reported.
pub fn observations(schema: &Schema) -> Table {
    figures(
        schema,
        "observations",
        "The figures that hold, of this organization; for the backbone, of all",
        &[
            ("value", Number),
            ("missing", Text),
            ("estimated", Flag),
            ("note", Text),
            ("organization", Text),
            ("period_start", Date),
            ("period_end", Date),
            ("withdrawn", Flag),
            ("submission", Text),
            ("recorded_at", Instant),
        ],
    )
}

/// What they said before.
pub fn earlier_values(schema: &Schema) -> Table {
    figures(
        schema,
        "earlier_values",
        "What the same figures said before they were corrected or withdrawn",
        &[
            ("value", Number),
            ("missing", Text),
            ("estimated", Flag),
            ("note", Text),
            ("organization", Text),
            ("submission", Text),
            ("recorded_at", Instant),
            ("superseded_at", Instant),
            ("superseded_by", Text),
        ],
    )
}

fn figures(schema: &Schema, name: &'static str, title: &'static str, columns: Columns) -> Table {
    let mut table = Table::new(name, title, &[("measure", Text), ("period", Text)]);
    let dimensions = schema.dimensions.iter().map(|dimension| Field {
        name: Cow::Owned(dimension.code.clone()),
        kind: Text,
    });
    table.fields.extend(dimensions);
    table.fields.extend(Table::new(name, title, columns).fields);
    table
}
