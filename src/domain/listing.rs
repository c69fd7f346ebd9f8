//! Words for what would have been right: the nearest of the known names, or a list of them.

const MOST_LISTED: usize = 20;
const MOST_COMPARED: usize = 2_000;

/// `did you mean `X`?` when one name is near, else `the measures are `A`, `B` …`, else that there are none.
pub(crate) fn known<'a>(what: &str, wrong: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        return format!("there are no {what} yet");
    }
    match nearest(wrong, &names) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("the {what} are {}", list(&names)),
    }
}

/// The name that begins with what was written, else the one that differs in at most every third letter.
fn nearest<'a>(wrong: &str, names: &[&'a str]) -> Option<&'a str> {
    let written = wrong.to_ascii_lowercase();
    let begins = |name: &&&str| written.len() >= 3 && name.to_ascii_lowercase().starts_with(&written);
    let near = |name: &&'a str| {
        Some((distance(&written, name), *name)).filter(|(letters, _)| letters * 3 <= written.len())
    };
    let scanned = &names[..names.len().min(MOST_COMPARED)];
    let begun = scanned.iter().find(begins).copied();
    begun.or_else(|| scanned.iter().filter_map(near).min().map(|(_, name)| name))
}

/// `` `A`, `B` and 7 more ``.
pub(crate) fn list(names: &[&str]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(MOST_LISTED)
        .map(|name| format!("`{name}`"))
        .collect();
    let rest = names.len().saturating_sub(MOST_LISTED);
    if rest == 0 {
        shown.join(", ")
    } else {
        format!("{} and {rest} more", shown.join(", "))
    }
}

/// How many letters must be changed, added or left out to make one name of the other, ignoring case (Levenshtein);
/// more than 2 is told as 3.
fn distance(a: &str, b: &str) -> usize {
    if a.len().abs_diff(b.len()) > 2 || a.len() > 64 {
        return 3;
    }
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    let b = b.as_bytes();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for j in 0..b.len() {
            let substituted = diagonal + usize::from(letter != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()].min(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_a_near_name() {
        assert_eq!(
            known("measures", "PROGRAM", ["VISITS", "PROGRAMS"].into_iter()),
            "did you mean `PROGRAMS`?"
        );
        assert_eq!(
            known("measures", "porgrams", ["VISITS", "PROGRAMS"].into_iter()),
            "did you mean `PROGRAMS`?"
        );
        assert_eq!(
            known("dimensions", "age", ["race", "age_group"].into_iter()),
            "did you mean `age_group`?"
        );
    }

    #[test]
    fn lists_names_when_none_is_near() {
        assert_eq!(
            known("codes", "teens", ["children", "adult"].into_iter()),
            "the codes are `children`, `adult`"
        );
        assert_eq!(
            known("codes", "f", ["m", "x"].into_iter()),
            "the codes are `m`, `x`"
        );
        assert_eq!(
            known("measures", "X", std::iter::empty()),
            "there are no measures yet"
        );
    }

    #[test]
    fn keeps_long_lists_short() {
        let names = vec!["n"; 25];
        assert!(list(&names).ends_with("and 5 more"));
    }
}
