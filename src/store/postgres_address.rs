//! What a PostgreSQL address says beyond what libpq understands: `prepared_statements=false`, for a pooler that gives
//! each transaction another connection and knows nothing of named statements.

const PARAMETER: &str = "prepared_statements";

/// An address taken apart.
#[derive(Clone)]
pub(in crate::store) struct PostgresAddress {
    /// For libpq, which refuses parameters that it does not know.
    pub url: String,
    /// Whether statements may be named and kept on the connection.
    pub prepares: bool,
}

impl PostgresAddress {
    /// Reads it; the error is a sentence for the person who typed it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((head, query)) = text.split_once('?') else {
            return Ok(Self {
                url: text.into(),
                prepares: true,
            });
        };
        let mut prepares = true;
        let mut kept = Vec::new();
        for pair in query.split('&') {
            match pair.split_once('=') {
                Some((PARAMETER, "true")) => prepares = true,
                Some((PARAMETER, "false")) => prepares = false,
                Some((PARAMETER, other)) => {
                    return Err(format!(
                        "{PARAMETER} in the address is true or false, not '{other}'"
                    ));
                }
                _ => kept.push(pair),
            }
        }
        let url = match kept.join("&") {
            kept if kept.is_empty() => head.into(),
            kept => format!("{head}?{kept}"),
        };
        Ok(Self { url, prepares })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_out_what_libpq_does_not_know() {
        for (text, url, prepares) in [
            ("postgres://h/d", "postgres://h/d", true),
            (
                "postgres://h/d?prepared_statements=false",
                "postgres://h/d",
                false,
            ),
            ("postgres://h/d?prepared_statements=true", "postgres://h/d", true),
            (
                "postgres://h/d?a=1&prepared_statements=false&b=2",
                "postgres://h/d?a=1&b=2",
                false,
            ),
        ] {
            let address = PostgresAddress::parse(text).unwrap();
            assert_eq!(
                (address.url.as_str(), address.prepares),
                (url, prepares),
                "{text}"
            );
        }
        assert!(PostgresAddress::parse("postgres://h/d?prepared_statements=no").is_err());
    }
}
