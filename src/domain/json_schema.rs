//! The shared schema as JSON Schema 2020-12 of a submission, for programs that check before they send.
//!
//! It refuses nothing that Cairn accepts, but other spellings than the canonical ones (`programs` for `PROGRAMS`) and
//! withdrawals at retired codes. Where JSON Schema cannot say a rule reliably (the
//! decimals of a number, since many validators divide floats), the rule stands in `description` and in `x-`
//! annotations, and Cairn itself checks it.

use super::answer::Answer;
use super::decimal::{MAX_UNITS, format_units};
use super::dimension::{Dimension, NOT_STATED};
use super::measure::{Measure, Side};
use super::period_kind::PeriodKind;
use super::schema::Schema;
use super::text;
use serde_json::{Map, Value, json};

/// The most characters of a submission's `source`.
pub const MOST_SOURCE: usize = text::NAME;

/// JSON Schema 2020-12 of the body of `POST …/observations`, with every measure, dimension, code and rule. Ratio
/// measures, which cannot be submitted, are listed under `x-derived-measures`.
pub fn submission_schema(schema: &Schema) -> Value {
    let submitted: Vec<&Measure> = schema
        .measures
        .iter()
        .filter(|measure| !measure.is_ratio())
        .collect();
    let mut definitions = Map::new();
    definitions.insert("observation".into(), observation(schema, &submitted));
    for dimension in &schema.dimensions {
        definitions.insert(dimension_name(dimension), dimension_schema(dimension));
    }
    for measure in &submitted {
        definitions.insert(measure_name(measure), measure_schema(schema, measure));
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A submission of observations",
        "description": "Figures of one or more measures of the coalition's shared schema.",
        "type": "object",
        "required": ["observations"],
        "additionalProperties": false,
        "properties": {
            "source": { "type": ["string", "null"], "maxLength": MOST_SOURCE, "description": "Where the figures come from." },
            "observations": { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/observation" } },
        },
        "$defs": definitions,
        "x-schema-version": schema.version,
        "x-fiscal-year-start-month": schema.fiscal_start.month(),
        "x-derived-measures": schema.measures.iter().filter_map(|measure| derived(schema, measure)).collect::<Vec<_>>(),
    })
}

fn observation(schema: &Schema, measures: &[&Measure]) -> Value {
    let codes: Vec<&str> = measures.iter().map(|measure| measure.code.as_str()).collect();
    let mut rules: Vec<Value> = measures
        .iter()
        .map(|measure| {
            json!({
                "if": { "properties": { "measure": { "const": measure.code } }, "required": ["measure"] },
                "then": { "$ref": format!("#/$defs/{}", measure_name(measure)) },
            })
        })
        .collect();
    let has_value = json!({ "properties": { "value": { "type": "number" } }, "required": ["value"] });
    let has_reason = json!({ "properties": { "missing": { "type": "string" } }, "required": ["missing"] });
    rules.push(json!({
        "$comment": "A value, or a reason why it is missing, or `value: null` alone, which withdraws.",
        "oneOf": [
            { "allOf": [has_value.clone(), { "not": has_reason.clone() }] },
            { "allOf": [has_reason.clone(), { "not": has_value.clone() }] },
            {
                "properties": { "value": { "type": "null" }, "note": { "type": "null" } },
                "required": ["value"],
                "not": has_reason,
            },
        ],
    }));
    rules.push(json!({
        "$comment": "Only a value can be an estimate.",
        "if": { "properties": { "estimated": { "const": true } }, "required": ["estimated"] },
        "then": has_value,
    }));
    let any_cell: Map<String, Value> = schema.dimensions.iter().map(dimension_property).collect();
    json!({
        "type": "object",
        "required": ["measure", "period"],
        "additionalProperties": false,
        "properties": {
            "measure": { "enum": codes },
            "period": { "type": "string" },
            "cell": { "type": ["object", "null"], "properties": any_cell, "additionalProperties": false, "maxProperties": 4 },
            "value": { "type": ["number", "null"] },
            "estimated": { "type": ["boolean", "null"], "description": "Whether the value is an estimate." },
            "missing": {
                "enum": [Answer::NotApplicable.missing(), Answer::NotAvailable.missing(), null],
                "description": "Why there is no value.",
            },
            "organization": { "type": ["string", "null"], "description": "For the backbone only: the partner on whose behalf it reports." },
            "note": { "type": ["string", "null"], "maxLength": text::NOTE },
        },
        "allOf": rules,
    })
}

fn measure_schema(schema: &Schema, measure: &Measure) -> Value {
    let cell: Map<String, Value> = measure
        .dimensions
        .iter()
        .filter_map(|id| schema.dimension(*id))
        .map(dimension_property)
        .collect();
    let mut annotated = json!({
        "title": measure.name,
        "description": measure.definition,
        "properties": {
            "period": { "pattern": period_pattern(measure.frequency), "examples": [measure.frequency.example()] },
            "cell": { "properties": cell, "additionalProperties": false },
            "value": value_schema(measure),
        },
        "deprecated": measure.retired,
        "x-version": measure.version,
        "x-unit": measure.unit,
        "x-decimals": measure.decimals,
        "x-direction": measure.direction,
        "x-scope": measure.scope,
        "x-performance-type": measure.performance_type,
        "x-frequency": measure.frequency,
        "x-accumulation": measure.accumulation(),
        "x-aggregation": measure.aggregation(),
        "x-counts-people": measure.counts_people,
        "x-required": measure.required,
        "x-disclosure": measure.disclosure,
        "x-expected-range": measure.expected_range.map(|(min, max)| {
            let digits = |units: Option<i64>| units.map(|units| format_units(i128::from(units), measure.decimals));
            json!({ "min": digits(min), "max": digits(max) })
        }),
    });
    if measure.retired {
        annotated["properties"]["value"] = json!({ "type": "null", "description": "The measure is retired: figures can only be withdrawn." });
        annotated["properties"]["missing"] = json!({ "type": "null" });
    }
    annotated
}

fn value_schema(measure: &Measure) -> Value {
    let largest = format_units(i128::from(MAX_UNITS), measure.decimals);
    let rounded_up = MAX_UNITS / 10_i64.pow(u32::from(measure.decimals)) + 1;
    let mut value = match measure.decimals {
        0 => json!({ "type": ["integer", "null"], "maximum": MAX_UNITS, "minimum": -MAX_UNITS }),
        _ => json!({ "type": ["number", "null"], "maximum": rounded_up, "minimum": -rounded_up }),
    };
    if measure.nonnegative {
        value["minimum"] = json!(0);
    }
    let decimals = match measure.decimals {
        0 => "a whole number".into(),
        1 => "at most one decimal".into(),
        decimals => format!("at most {decimals} decimals"),
    };
    value["description"] = json!(format!(
        "In {}: {decimals}, no exponent, at most {largest} in size.",
        measure.unit
    ));
    value
}

/// The codes of a dimension, `_` among them. Retired ones are left out: they take withdrawals only, and Cairn itself
/// accepts those.
fn dimension_schema(dimension: &Dimension) -> Value {
    let stated = dimension
        .active_codes()
        .map(|code| json!({ "const": code.code, "title": code.name }));
    let retired = dimension
        .codes
        .iter()
        .filter(|code| code.retired)
        .map(|code| code.code.as_str());
    json!({
        "title": dimension.name,
        "type": "string",
        "oneOf": stated.chain([json!({ "const": NOT_STATED, "title": "Not stated" })]).collect::<Vec<_>>(),
        "x-overlapping": dimension.overlapping,
        "x-retired-codes": retired.collect::<Vec<_>>(),
    })
}

fn derived(schema: &Schema, measure: &Measure) -> Option<Value> {
    let (numerator, denominator, multiplier) = measure.sides()?;
    let side = |side: &Side| {
        let cell: Map<String, Value> = schema
            .cell_codes(&side.cell)
            .into_iter()
            .map(|(dimension, code)| (dimension.into(), json!(code)))
            .collect();
        json!({ "measure": schema.measure(side.measure_id).map(|measure| &measure.code), "cell": cell })
    };
    let dimensions = measure
        .dimensions
        .iter()
        .filter_map(|id| schema.dimension(*id))
        .map(|dimension| &dimension.code);
    Some(json!({
        "measure": measure.code,
        "title": measure.name,
        "description": measure.definition,
        "version": measure.version,
        "unit": measure.unit,
        "decimals": measure.decimals,
        "direction": measure.direction,
        "frequency": measure.frequency,
        "dimensions": dimensions.collect::<Vec<_>>(),
        "numerator": side(numerator),
        "denominator": side(denominator),
        "multiplier": multiplier,
        "retired": measure.retired,
    }))
}

fn dimension_property(dimension: &Dimension) -> (String, Value) {
    (
        dimension.code.clone(),
        json!({ "$ref": format!("#/$defs/{}", dimension_name(dimension)) }),
    )
}

fn dimension_name(dimension: &Dimension) -> String {
    format!("dimension.{}", dimension.code)
}

fn measure_name(measure: &Measure) -> String {
    format!("measure.{}", measure.code)
}

const fn period_pattern(kind: PeriodKind) -> &'static str {
    match kind {
        PeriodKind::Day => "^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
        PeriodKind::Week => "^[1-9][0-9]{3}-W(0[1-9]|[1-4][0-9]|5[0-3])$",
        PeriodKind::Month => "^[1-9][0-9]{3}-(0[1-9]|1[0-2])$",
        PeriodKind::Quarter => "^[1-9][0-9]{3}-Q[1-4]$",
        PeriodKind::Half => "^[1-9][0-9]{3}-H[12]$",
        PeriodKind::Year => "^[1-9][0-9]{3}$",
        PeriodKind::FiscalYear => "^FY[1-9][0-9]{3}$",
    }
}
