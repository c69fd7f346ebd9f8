//! What is wrong with a request, and where: the one shape of every validation error.

use serde::Serialize;

/// One thing that is wrong with a body or a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// An RFC 6901 pointer into the body (`""` is the whole of it), or `?name` for a query parameter.
    pub pointer: String,
    /// A stable name for programs, such as `unknown_dimension`.
    pub code: &'static str,
    /// For people: what is wrong, and what would be right.
    pub detail: String,
}

impl Issue {
    /// An issue at a pointer.
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            code,
            detail: detail.into(),
        }
    }

    /// An issue with a query parameter.
    pub fn query(name: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(format!("?{name}"), code, detail)
    }
}

/// One step of a pointer, with `~` and `/` escaped as RFC 6901 asks.
pub fn pointer_step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_the_steps_of_a_pointer() {
        assert_eq!(pointer_step("a/b~c"), "a~1b~0c");
        assert_eq!(pointer_step("age_group"), "age_group");
    }

    #[test]
    fn marks_query_parameters() {
        assert_eq!(Issue::query("by", "unknown_column", "…").pointer, "?by");
    }
}
