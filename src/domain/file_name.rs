//! Names of files that come in: shown again, never used to open anything.

/// The longest, in characters.
const LONGEST: usize = 255;

/// Whether a text is the name of a file, without folders; if not, what it would have to be.
pub fn check(name: &str) -> Result<(), &'static str> {
    if name.is_empty() || matches!(name, "." | "..") {
        return Err("the name of a file, such as figures.csv");
    }
    if name.chars().count() > LONGEST {
        return Err("the name of a file, of at most 255 characters");
    }
    if name.contains(['/', '\\']) {
        return Err("the name of the file alone, without folders: neither / nor \\ can stand in it");
    }
    if name.chars().any(char::is_control) {
        return Err("the name of a file, without control characters");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path() {
        for name in [
            "figures.csv",
            "Zählung 2026 (neu).xlsx",
            "..hidden",
            &"é".repeat(255),
        ] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            "/etc/passwd",
            "a/b.csv",
            "C:\\b.csv",
            "a\nb",
            "a\0",
            &"é".repeat(256),
        ] {
            assert!(check(name).is_err(), "{name:?}");
        }
    }
}
