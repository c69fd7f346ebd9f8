//! What Cairn is built from: every crate under a licence that `deny.toml` allows, from the registry, at the version in
//! `Cargo.lock`. `cargo deny check` asks the same and more, where it is installed.

use std::process::Command;

use serde_json::Value;

/// The licences that `deny.toml` allows.
fn allowed() -> Vec<&'static str> {
    let rules = include_str!("../../deny.toml");
    let (_, rest) = rules.split_once("\nallow = [").expect("a list of licences");
    let (list, _) = rest.split_once(']').expect("its end");
    list.split('"').skip(1).step_by(2).collect()
}

/// The crates of this machine's build, with the features that this test was built with, from what is here already.
fn crates() -> Vec<Value> {
    let version = Command::new(env!("CARGO")).arg("-vV").output().expect("cargo");
    let version = String::from_utf8(version.stdout).expect("UTF-8");
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let metadata = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--offline",
            "--locked",
            "--format-version",
            "1",
            "--filter-platform",
        ])
        .arg(host.expect("a host"))
        .args(if cfg!(feature = "otel") {
            &["--features", "otel"][..]
        } else {
            &[]
        })
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    assert!(
        metadata.status.success(),
        "{}",
        String::from_utf8_lossy(&metadata.stderr)
    );
    let mut metadata: Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    match metadata["packages"].take() {
        Value::Array(crates) => crates,
        other => panic!("{other}"),
    }
}

/// Whether an SPDX expression can be met with what is allowed: `AND` binds closer than `OR`, parentheses closest. The
/// older way to write `OR` is a slash.
fn can_be_met(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = any_of(&mut rest, allowed);
    met && rest.is_empty()
}

fn any_of(rest: &mut &[&str], allowed: &[&str]) -> bool {
    let mut met = all_of(rest, allowed);
    while rest.first() == Some(&"OR") {
        *rest = &rest[1..];
        met |= all_of(rest, allowed);
    }
    met
}

fn all_of(rest: &mut &[&str], allowed: &[&str]) -> bool {
    let mut met = one(rest, allowed);
    while rest.first() == Some(&"AND") {
        *rest = &rest[1..];
        met &= one(rest, allowed);
    }
    met
}

fn one(rest: &mut &[&str], allowed: &[&str]) -> bool {
    let Some((first, after)) = rest.split_first() else {
        return false;
    };
    *rest = after;
    if *first == "(" {
        let met = any_of(rest, allowed);
        let is_closed = rest.first() == Some(&")");
        *rest = rest.get(1..).unwrap_or_default();
        return met && is_closed;
    }
    if let ["WITH", exception, after @ ..] = *rest {
        let name = format!("{first} WITH {exception}");
        *rest = after;
        return allowed.contains(&name.as_str());
    }
    allowed.contains(first)
}

#[test]
fn every_crate_has_a_licence_that_fits_and_comes_from_the_registry() {
    let (allowed, crates) = (allowed(), crates());
    assert!(
        allowed.len() > 5 && crates.len() > 100,
        "{} {}",
        allowed.len(),
        crates.len()
    );
    let wrong: Vec<String> = crates
        .iter()
        .filter(|package| package["name"] != "cairn")
        .filter(|package| {
            let licence = package["license"].as_str().unwrap_or_default();
            package["source"] != "registry+https://github.com/rust-lang/crates.io-index"
                || !can_be_met(licence, &allowed)
        })
        .map(|package| format!("{} {} {}", package["name"], package["license"], package["source"]))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_expression_is_met_as_spdx_says() {
    let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"];
    for (expression, is_met) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("MIT/GPL-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("ISC AND (GPL-3.0 OR MIT)", true),
        ("GPL-3.0 OR MIT AND GPL-3.0", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
        ("(MIT", false),
        ("", false),
    ] {
        assert_eq!(can_be_met(expression, &allowed), is_met, "{expression}");
    }
}
