//! Words for what would have been right: the nearest of the known names, or a list of them.

const MOST_LISTED: usize = 20;

/// `did you mean `X`?` when one name is near, else `the measures are `A`, `B` …`, else that there are none.
pub(crate) fn known<'a>(what: &str, wrong: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        return format!("there are no {what} yet");
    }
    let near = names.iter().map(|name| (distance(wrong, name), name)).min().filter(|(distance, _)| *distance <= 2 && *distance < wrong.len());
    match near {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None => format!("the {what} are {}", list(&names)),
    }
}

/// `` `A`, `B` and 7 more ``.
pub(crate) fn list(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(MOST_LISTED).map(|name| format!("`{name}`")).collect();
    let rest = names.len().saturating_sub(MOST_LISTED);
    if rest == 0 { shown.join(", ") } else { format!("{} and {rest} more", shown.join(", ")) }
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
        assert_eq!(known("measures", "PROGRAM", ["VISITS", "PROGRAMS"].into_iter()), "did you mean `PROGRAMS`?");
        assert_eq!(known("measures", "porgrams", ["VISITS", "PROGRAMS"].into_iter()), "did you mean `PROGRAMS`?");
    }

    #[test]
    fn lists_names_when_none_is_near() {
        assert_eq!(known("codes", "teens", ["children", "adult"].into_iter()), "the codes are `children`, `adult`");
        assert_eq!(known("codes", "f", ["m", "x"].into_iter()), "the codes are `m`, `x`");
        assert_eq!(known("measures", "X", std::iter::empty()), "there are no measures yet");
    }

    #[test]
    fn keeps_long_lists_short() {
        let names = vec!["n"; 25];
        assert!(list(&names).ends_with("and 5 more"));
    }
}
