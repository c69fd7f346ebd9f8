//! Holds docs/configuration.md to what the program really takes.

use clap::{Arg, Command, CommandFactory};

use super::Cli;

const PAGE: &str = include_str!("../../docs/configuration.md");

/// The commands by their names, as they are typed, with what they take.
fn commands(command: &Command, name: &str) -> Vec<(String, Command)> {
    let mut all = vec![(name.to_owned(), command.clone())];
    for inner in command.get_subcommands() {
        all.extend(commands(inner, &format!("{name} {}", inner.get_name())));
    }
    all
}

fn is_asked_for_help(argument: &Arg) -> bool {
    matches!(argument.get_id().as_str(), "help" | "version")
}

/// A line of a table, as the page has it.
fn line(argument: &Arg) -> String {
    let value = argument.get_value_names().and_then(|names| names.first());
    let takes_value = argument.get_action().takes_values();
    let name = match (argument.get_long(), value) {
        (Some(long), Some(value)) if takes_value => format!("`--{long} {value}`"),
        (Some(long), _) => format!("`--{long}`"),
        (None, value) => format!("`{}`", value.map_or("", |value| value)),
    };
    let environment = argument
        .get_env()
        .map_or(String::new(), |name| format!("`{}`", name.to_string_lossy()));
    let defaults: Vec<_> = argument
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy())
        .collect();
    let default = match defaults.as_slice() {
        [one] if takes_value && !one.is_empty() => format!("`{one}`"),
        _ => String::new(),
    };
    let mut help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let choices = argument.get_possible_values();
    if takes_value && !choices.is_empty() {
        let told: Vec<_> = choices
            .iter()
            .map(|choice| {
                let what = choice
                    .get_help()
                    .map(|help| format!(" ({help})"))
                    .unwrap_or_default();
                format!("`{}`{what}", choice.get_name())
            })
            .collect();
        help = format!("{help}: {}", told.join(", "));
    }
    format!(
        "| {name} | {environment} | {default} | {} |",
        help.replace('|', "\\|")
    )
}

/// What the page has to say of a command, or of what all of them take.
fn table(title: &str, arguments: &[&Arg]) -> String {
    let lines: Vec<_> = arguments.iter().map(|argument| line(argument)).collect();
    format!(
        "## {title}\n\n| Option | Environment | Default | What |\n|---|---|---|---|\n{}\n",
        lines.join("\n")
    )
}

#[test]
fn the_page_tells_every_option_with_its_variable_and_default() {
    let mut root = Cli::command();
    root.build();
    let of_all: Vec<_> = root
        .get_arguments()
        .filter(|argument| argument.is_global_set())
        .cloned()
        .collect();
    let mut expected = vec![table("Every command", &of_all.iter().collect::<Vec<_>>())];
    for (name, command) in commands(&root, "cairn").into_iter().skip(1) {
        if name.contains(" help") {
            continue;
        }
        let arguments: Vec<_> = command
            .get_arguments()
            .filter(|argument| !argument.is_global_set() && !is_asked_for_help(argument))
            .collect();
        if !arguments.is_empty() {
            expected.push(table(&format!("`{name}`"), &arguments));
        }
    }
    let missing: Vec<_> = expected
        .iter()
        .filter(|table| !PAGE.contains(table.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/configuration.md is not what the program takes. Write there:\n\n{}",
        expected.join("\n")
    );
    let sections = PAGE.matches("\n| Option | Environment |").count();
    assert_eq!(
        sections,
        expected.len(),
        "the page tells of a command that is not there"
    );
}
