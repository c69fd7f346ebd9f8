//! Signals to processes that this program has started.

use std::process::Command;

use crate::Outcome;

/// Sends one, by the name of the signal and the id of the process.
pub fn send_signal(signal: &str, process: i32) -> Outcome<()> {
    let status = Command::new("kill")
        .args([&format!("-{signal}"), &process.to_string()])
        .status()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{signal} could not be sent to {process}").into()),
    }
}
