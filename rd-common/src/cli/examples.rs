//! The examples in the help of each command. A command writes them as its `after_help`, one per line:
//! `{program} plan :: show the changes`; here, the names are filled in and the descriptions are aligned.

use crate::cli::About;
use clap::Command;

/// The separator between an example and its description.
const SEPARATOR: &str = " :: ";

/// Longer command lines do not move the descriptions of the others to the right.
const WIDEST: usize = 48;

/// Fills in the examples of all subcommands.
pub(super) fn fill_in(command: Command, about: &About) -> Command {
    command.mut_subcommands(|subcommand| {
        let subcommand = fill_in(subcommand, about);
        match subcommand.get_after_help().map(ToString::to_string) {
            Some(examples) => {
                let text = format!("Examples:\n{}", aligned(&named(&examples, about)));
                subcommand.after_help(text)
            }
            None => subcommand,
        }
    })
}

fn named(examples: &str, about: &About) -> String {
    let mut text = examples.replace("{program}", about.name);
    for (placeholder, value) in about.samples {
        text = text.replace(placeholder, value);
    }
    text
}

fn aligned(examples: &str) -> String {
    let lines: Vec<(&str, Option<&str>)> = examples
        .lines()
        .map(|line| match line.split_once(SEPARATOR) {
            Some((command, description)) => (command, Some(description)),
            None => (line, None),
        })
        .collect();
    let widths = lines
        .iter()
        .filter(|(_, description)| description.is_some())
        .map(|(command, _)| command.chars().count());
    let width = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let lines: Vec<String> = lines
        .into_iter()
        .map(|(command, description)| match description {
            Some(description) => format!("  {command:width$}  {description}"),
            None => format!("  {command}"),
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::aligned;

    #[test]
    fn descriptions_line_up() {
        assert_eq!(
            aligned("a b :: one\nlonger one :: two\nno description"),
            "  a b         one\n  longer one  two\n  no description"
        );
    }
}
