//! A submission as CSV: `measure`, `period`, `value`, one column for each dimension, and optionally `organization`,
//! `estimated`, `missing` and `note`.

use csv::{ReaderBuilder, StringRecord, Trim};

use super::ParsedSubmission;
use crate::domain::issue::Issue;
use crate::domain::submission::{RowError, SubmittedRow, SubmittedValue};

/// What a column holds.
enum Column {
    Measure,
    Period,
    Value,
    Organization,
    Estimated,
    Missing,
    Note,
    Dimension(String),
}

/// Reads a file; what keeps it from being read at all is the error.
pub fn parse(bytes: &[u8]) -> Result<ParsedSubmission, Issue> {
    let text = decode(bytes)?;
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| unreadable(&error))?.clone();
    let columns = columns(&header)?;
    let mut parsed = ParsedSubmission {
        dimensions: columns
            .iter()
            .filter_map(|column| {
                if let Column::Dimension(code) = column {
                    Some(code.clone())
                } else {
                    None
                }
            })
            .collect(),
        ..ParsedSubmission::default()
    };
    let mut record = StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|error| unreadable(&error))?
    {
        let place = parsed.rows.len();
        match row(&columns, &record) {
            Ok(row) => parsed.rows.push(row),
            Err(detail) => {
                let pointer = format!("/observations/{place}");
                parsed.unreadable.push(RowError {
                    row: place,
                    pointer,
                    code: "invalid_row",
                    detail,
                });
                parsed.rows.push(SubmittedRow::default());
            }
        }
    }
    if parsed.rows.is_empty() {
        return Err(Issue::new(
            "",
            "empty",
            "the file has a header, but no rows below it",
        ));
    }
    Ok(parsed)
}

fn decode(bytes: &[u8]) -> Result<&str, Issue> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        let detail = format!("line {line} has a character that is not UTF-8: save the file as 'CSV UTF-8'");
        Issue::new("", "not_utf8", detail)
    })?;
    if text.trim().is_empty() {
        return Err(Issue::new("", "empty", "the file is empty"));
    }
    if text.contains('\0') {
        let detail = "a text holds the character U+0000, which no text can: leave it out";
        return Err(Issue::new("", "nul_character", detail));
    }
    Ok(text)
}

fn columns(header: &StringRecord) -> Result<Vec<Column>, Issue> {
    let refuse = |detail: String| Err(Issue::new("", "invalid_header", detail));
    if header.len() == 1 && header.iter().any(|name| name.contains([';', '\t'])) {
        return refuse("the columns have to be separated by commas".into());
    }
    let mut seen = Vec::new();
    let mut columns = Vec::new();
    for name in header {
        if seen.contains(&name) {
            return refuse(format!("the column '{name}' stands twice"));
        }
        seen.push(name);
        columns.push(match name {
            "measure" => Column::Measure,
            "period" => Column::Period,
            "value" => Column::Value,
            "organization" => Column::Organization,
            "estimated" => Column::Estimated,
            "missing" => Column::Missing,
            "note" => Column::Note,
            "" => return refuse("a column has no name".into()),
            dimension => Column::Dimension(dimension.to_owned()),
        });
    }
    let absent: Vec<&str> = ["measure", "period", "value"]
        .into_iter()
        .filter(|name| !seen.contains(name))
        .collect();
    match absent.as_slice() {
        [] => Ok(columns),
        absent => refuse(format!(
            "the first line has to name the columns measure, period and value; here {} lacking",
            match absent {
                [only] => format!("{only} is"),
                several => format!("{} are", several.join(" and ")),
            }
        )),
    }
}

fn row(columns: &[Column], record: &StringRecord) -> Result<SubmittedRow, String> {
    if record.len() != columns.len() {
        return Err(format!(
            "it has {} columns where the header has {}",
            record.len(),
            columns.len()
        ));
    }
    let mut row = SubmittedRow::default();
    let mut has_missing = false;
    for (column, text) in columns.iter().zip(record) {
        let given = || (!text.is_empty()).then(|| text.to_owned());
        match column {
            Column::Measure => row.measure = given(),
            Column::Period => row.period = given(),
            Column::Value => row.value = given().map_or(SubmittedValue::Null, SubmittedValue::Number),
            Column::Organization => row.organization = given(),
            Column::Estimated => row.estimated = flag(text)?,
            Column::Missing => (row.missing, has_missing) = (given(), !text.is_empty()),
            Column::Note => row.note = given(),
            Column::Dimension(code) => row.cell.extend(given().map(|text| (code.clone(), text))),
        }
    }
    if has_missing && row.value == SubmittedValue::Null {
        row.value = SubmittedValue::Absent;
    }
    Ok(row)
}

fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "" | "false" | "no" | "0" => Ok(false),
        "true" | "yes" | "1" => Ok(true),
        _ => Err(format!("estimated is true, false or empty, not '{text}'")),
    }
}

fn unreadable(error: &csv::Error) -> Issue {
    Issue::new("", "malformed_csv", format!("this is not CSV: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_nul() {
        let refused = parse(b"measure,period,value,note\nA,2017,1,a\0b\n").err();
        assert_eq!(refused.unwrap().code, "nul_character");
    }

    #[test]
    fn takes_a_byte_order_mark_and_crlf() {
        let parsed = parse(b"\xef\xbb\xbfmeasure,period,age_group,value,missing\r\nA,2017,children,421,\r\nA,2018,,,not_available\r\nA,2019,,,\r\n").unwrap();
        assert_eq!(parsed.dimensions, ["age_group"]);
        assert_eq!(
            parsed.rows[0].cell,
            [("age_group".to_owned(), "children".to_owned())]
        );
        assert_eq!(parsed.rows[0].value, SubmittedValue::Number("421".into()));
        assert_eq!(parsed.rows[1].value, SubmittedValue::Absent);
        assert_eq!(parsed.rows[1].missing.as_deref(), Some("not_available"));
        assert_eq!(parsed.rows[2].value, SubmittedValue::Null);
    }

    #[test]
    fn says_what_keeps_a_file_from_being_read() {
        let code = |bytes: &[u8]| parse(bytes).unwrap_err().code;
        assert_eq!(code(b""), "empty");
        assert_eq!(code(b"measure,period,value\n"), "empty");
        assert_eq!(code(b"measure;period;value\nA;2017;1\n"), "invalid_header");
        assert_eq!(code(b"measure,value\nA,1\n"), "invalid_header");
        assert_eq!(
            code(b"measure,period,value,value\nA,2017,1,1\n"),
            "invalid_header"
        );
        assert_eq!(code(b"measure,period,value,note\nA,2017,1,caf\xe9\n"), "not_utf8");
    }

    #[test]
    fn lists_rows_that_cannot_be_read() {
        let parsed =
            parse(b"measure,period,value,estimated\nA,2017,1\nA,2018,1,perhaps\nA,2019,1,true\n").unwrap();
        assert_eq!(
            parsed
                .unreadable
                .iter()
                .map(|error| error.row)
                .collect::<Vec<_>>(),
            [0, 1]
        );
        assert!(parsed.rows[2].estimated);
    }
}
