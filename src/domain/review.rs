//! What the backbone finds when it looks at a submission. It changes no figure: it tells the sender where things stand.

use super::words::words;

words! {
    /// What was found.
    Verdict {
        /// The figures are taken as they are.
        Accepted = "accepted",
        /// Something is asked of the sender.
        Questioned = "questioned",
    }
}
