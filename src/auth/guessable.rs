//! Which passwords are guessed first: those of lists that were stolen elsewhere, words by themselves, keyboard rows,
//! sequences, repetitions, and whatever is made of one's own name, address or organization. The judgement and most of the
//! lists are those of the crate `zxcvbn`; all of them are built into the program.

use zxcvbn::{Score, zxcvbn};

/// So many characters are looked at: more would take longer without telling more.
const LOOKED_AT: usize = 40;
/// Below it a hundred million guesses are enough.
const ENOUGH: Score = Score::Three;
/// One a line, after lines that begin with `#`.
const KNOWN: &str = include_str!("known_passwords.txt");
/// Shorter ones are in every text.
const SHORTEST_WORD: usize = 3;

/// What others know of whoever sets a password.
#[derive(Clone, Debug, Default)]
pub struct OwnWords(Vec<String>);

impl OwnWords {
    /// Of names, codes and addresses: each as it is, its words, and its words in a row.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut own = vec!["cairn".to_owned()];
        for text in texts {
            let words: Vec<&str> = text
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| word.chars().count() >= SHORTEST_WORD)
                .collect();
            own.extend([text.to_owned(), words.concat()]);
            own.extend(words.into_iter().map(str::to_owned));
        }
        own.retain(|word| word.chars().count() >= SHORTEST_WORD);
        own.sort_unstable();
        own.dedup();
        Self(own)
    }
}

fn known<'a>() -> impl Iterator<Item = &'a str> {
    KNOWN.lines().filter(|line| !line.starts_with('#'))
}

/// Whether somebody who knows those words would soon have guessed a password. It takes milliseconds.
pub(super) fn is_guessable(password: &str, own: &OwnWords) -> bool {
    let looked_at: String = password.chars().take(LOOKED_AT).collect();
    let words: Vec<&str> = own.0.iter().map(String::as_str).chain(known()).collect();
    zxcvbn(&looked_at, &words).score() < ENOUGH
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn own() -> OwnWords {
        OwnWords::of([
            "ana.lopez@riverside.example",
            "Ana López",
            "Riverside Public Library",
        ])
    }

    #[test]
    fn what_is_guessed_first_is_known() {
        for password in [
            "password1234",
            "P@ssw0rd2026!",
            "qwertyuiop123",
            "1q2w3e4r5t6y",
            "zaq12wsxcde3",
            "123456789012",
            "111122223333",
            "abcdefghijkl",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "passwordpassword",
            "letmein12345",
            "iloveyou1234",
            "football1234",
            "administrator",
            "monkeydragon12",
            "cairncairncairn",
        ] {
            assert!(is_guessable(password, &OwnWords::default()), "{password}");
        }
    }

    #[test]
    fn what_was_stolen_often_is_known_with_something_at_its_end_too() {
        assert!(known().count() > 40);
        for password in known() {
            assert!(
                password.chars().count() >= super::super::password::SHORTEST,
                "{password}"
            );
            for password in [
                password.to_owned(),
                password.to_uppercase(),
                format!("{password}1"),
            ] {
                assert!(is_guessable(&password, &OwnWords::default()), "{password}");
            }
        }
    }

    #[test]
    fn what_is_ones_own_is_known() {
        for password in [
            "ana.lopez@riverside.example",
            "riverside1234",
            "Riverside2026",
            "Riverside Public Library",
            "RiversidePublicLibrary",
            "Ana López 1234",
        ] {
            assert!(is_guessable(password, &own()), "{password}");
        }
    }

    #[test]
    fn a_few_words_or_random_letters_will_do() {
        for password in [
            "violet-harbor-candle-47",
            "stones-mark-the-way",
            "maple lantern river",
            "riverside-candle-violet-moose",
            "x7Kq!92mZpLt",
            "ein Fahrrad ohne Sattel",
            "гора река облако",
        ] {
            assert!(!is_guessable(password, &own()), "{password}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_is_judged(password in "\\PC{0,80}", word in "\\PC{0,20}") {
            is_guessable(&password, &OwnWords::of([word.as_str()]));
        }
    }
}
