//! The help texts: `kiln --help` with its groups of commands, and what the help of every command has.

use super::COMMANDS;
use clap::{Arg, ArgAction, Command};
use std::fmt::Write;

/// The heading of the options that every command has.
const OTHER: &str = "Other";

/// The widest help text, in columns; a narrower terminal wraps earlier.
const WIDTH: usize = 100;

/// The parser of the whole command line.
pub fn command_line() -> Command {
    let commands = COMMANDS.iter().flat_map(|group| group.commands).map(|command| finished(command.parser()));
    finished(Command::new("kiln"))
        .version(env!("CARGO_PKG_VERSION"))
        .about("Trains small generative image models, and shows how gradients are computed")
        .subcommands(commands)
        .help_template(template())
        .disable_help_subcommand(false)
        .max_term_width(WIDTH)
}

/// The examples at the end of a command's help: what each is for, and the words to type.
pub fn examples(examples: &[(&str, &str)]) -> String {
    let example = |(purpose, words): &(&str, &str)| format!("\n  {purpose}:\n    {words}");
    format!("Examples:{}", examples.iter().map(example).collect::<String>())
}

/// The command with what every command has, and those below it: numbers may be negative, so that `--steps -5` is answered
/// by what `--steps` takes; and the option for help comes last, under a heading of its own.
fn finished(command: Command) -> Command {
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help);
    let help = help.help("Print this help").help_heading(OTHER);
    command
        .allow_negative_numbers(true)
        .arg_required_else_help(false)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .arg(help)
        .mut_subcommands(finished)
}

/// `kiln --help`: all commands, under headings that say what they are for. Clap knows only one heading for them.
fn template() -> String {
    let width = 2 + COMMANDS
        .iter()
        .flat_map(|group| group.commands)
        .map(|command| command.parser().get_name().len())
        .max()
        .unwrap_or(0);
    let mut text = "{about}\n\nUsage: kiln COMMAND [OPTIONS]\n".to_owned();
    for group in COMMANDS {
        let _ = writeln!(text, "\n{}:", group.heading);
        for command in group.commands.iter().map(|command| command.parser()) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(text, "  {:width$}{about}", command.get_name());
        }
    }
    text + "\nOptions:\n{options}\n\nkiln COMMAND --help lists the options of a command, with examples.\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls `check` for every command with its full name.
    fn visit(command: &Command, name: &str, check: &mut dyn FnMut(&str, &Command)) {
        check(name, command);
        for inner in command.get_subcommands() {
            visit(inner, &format!("{name} {}", inner.get_name()), check);
        }
    }

    #[test]
    fn the_arguments_are_consistent() {
        command_line().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_does_and_shows_examples_of_itself() {
        let mut found = 0;
        for command in command_line().get_subcommands() {
            visit(command, &format!("kiln {}", command.get_name()), &mut |name, command| {
                found += 1;
                let about = command.get_about().map(ToString::to_string).unwrap_or_default();
                // Behind the name it must fit a line of `kiln --help`.
                assert!((20..=WIDTH - 15).contains(&about.len()), "{name} has the line {about:?}");
                let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                let examples: Vec<&str> =
                    after.lines().filter_map(|line| line.strip_prefix("    ")).collect();
                assert!((1..=5).contains(&examples.len()), "{name} has {} examples", examples.len());
                for example in examples {
                    assert!(example.starts_with(name), "{name} has the example {example:?}");
                    assert!(example.len() + 4 <= WIDTH, "{example:?} does not fit a line of the help");
                }
            });
        }
        assert!(found > 15);
    }

    #[test]
    fn every_option_has_a_help_text_and_every_group_a_heading() {
        visit(&command_line(), "kiln", &mut |name, command| {
            for option in command.get_arguments() {
                let id = option.get_id();
                let help = option.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.len() >= 10, "{name}: {id} has the help {help:?}");
                assert!(!help.ends_with('.'), "{name}: {id} ends with a full stop");
                let headed = option.is_positional() || option.get_help_heading().is_some();
                assert!(headed, "{name}: {id} stands under no heading");
            }
        });
    }
}
