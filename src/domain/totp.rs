//! Codes of an authenticator app (RFC 6238): six digits of HMAC-SHA-1, a new code every thirty seconds, which is what
//! every such app knows. That no code is taken twice is for whoever keeps the last step.

use totp_rs::{Algorithm, Builder, Secret, Totp};

/// How many bytes a secret has.
pub const SECRET: usize = 20;
const STEP: u64 = 30;
const DIGITS: usize = 6;
/// Clocks may be apart by one step.
const SKEW: u16 = 1;
const ISSUER: &str = "Cairn";

/// A secret as it is shown to whoever keeps it, this once.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown {
    /// In base32, to be typed.
    pub base32: String,
    /// As an `otpauth` address, to be shown as a QR code.
    pub uri: String,
}

/// The secret as an app takes it, for the account of that address.
pub fn shown(secret: &[u8], email: &str) -> Option<Shown> {
    // A colon would end the name of the account.
    let totp = totp(secret, &email.replace(':', "_"))?;
    Some(Shown {
        base32: totp.secret().to_base32(),
        uri: totp.to_url().ok()?,
    })
}

/// The time step whose code this is, around a moment in microseconds.
pub fn step_of(secret: &[u8], code: &str, now: i64) -> Option<i64> {
    let is_code = code.len() == DIGITS && code.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = u64::try_from(now / 1_000_000).ok().filter(|_| is_code)?;
    let step = totp(secret, "")?.check(code, seconds)?;
    i64::try_from(step).ok()
}

/// What was typed, without the blanks and hyphens that make it readable, in small letters.
pub fn plain(typed: &str) -> String {
    let kept = typed.chars().filter(|c| !c.is_whitespace() && *c != '-');
    kept.flat_map(char::to_lowercase).collect()
}

/// Bytes as letters and digits that are hard to mistake.
pub fn base32(bytes: &[u8]) -> String {
    Secret::from(bytes.to_vec()).to_base32()
}

fn totp(secret: &[u8], account: &str) -> Option<Totp> {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS as u8)
        .with_skew(SKEW)
        .with_step_duration(STEP)
        .with_secret(secret.to_vec())
        .with_issuer(Some(ISSUER))
        .with_account_name(account)
        .build()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B.
    const KEY: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_rfc() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = step_of(KEY, code, seconds * 1_000_000);
            assert_eq!(step, Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_taken_one_step_early_or_late_and_no_more() {
        let step = 1_111_111_109 / 30;
        let at = |offset: i64| step_of(KEY, "081804", (step + offset) * 30 * 1_000_000);
        assert_eq!(
            [-2, -1, 0, 1, 2].map(at),
            [None, Some(step), Some(step), Some(step), None]
        );
    }

    #[test]
    fn what_is_no_code_is_refused() {
        let now = 1_111_111_109_000_000;
        for code in [
            "",
            "81804",
            "0081804",
            "+81804",
            "081 804",
            "０８１８０４",
            "08180a",
        ] {
            assert_eq!(step_of(KEY, code, now), None, "{code:?}");
        }
        assert_eq!(step_of(KEY, "081804", -now), None);
        assert_eq!(step_of(b"too short", "081804", now), None);
    }

    #[test]
    fn blanks_and_capitals_do_not_count() {
        assert_eq!(plain(" 081 804\t"), "081804");
        assert_eq!(plain("ABCD-efgh-2345-Wxyz"), "abcdefgh2345wxyz");
    }

    #[test]
    fn an_app_reads_the_address() {
        let shown = shown(KEY, "ana:b@riverside.example").expect("a secret");
        assert_eq!(shown.base32, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            shown.uri,
            format!(
                "otpauth://totp/Cairn:ana_b%40riverside.example?secret={}&issuer=Cairn",
                shown.base32
            )
        );
    }
}
