//! The styles of text for people: few, each with one meaning. There are none with `NO_COLOR` or without a terminal.

use crate::resource::action::Action;
use anstyle::{AnsiColor, Style};
use std::fmt::Display;

/// For text without a meaning of its own.
pub const PLAIN: Style = Style::new();
/// For names, such as addresses.
pub const BOLD: Style = Style::new().bold();
/// For text that matters less.
pub const DIM: Style = Style::new().dimmed();
/// For errors and deletes.
pub const ERROR: Style = AnsiColor::Red.on_default();
/// For warnings and changes.
pub const WARN: Style = AnsiColor::Yellow.on_default();
/// For creates, and for what is up to date.
pub const OK: Style = AnsiColor::Green.on_default();
/// For imports and notes.
pub const INFO: Style = AnsiColor::Cyan.on_default();

/// A text in a style, with the escape codes around it.
pub fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A text without its styles.
pub fn unstyled(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// The style in which an action is shown.
pub fn of(action: Action) -> Style {
    match action {
        Action::Create => OK,
        Action::Update | Action::Replace => WARN,
        Action::Delete => ERROR,
        Action::Import => INFO,
        Action::None => DIM,
    }
}

/// The width of the output in columns: that of `COLUMNS`, otherwise of the terminal, otherwise 100.
pub fn width() -> usize {
    let set = std::env::var("COLUMNS").ok();
    let set = set.and_then(|text| text.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    set.or_else(terminal).unwrap_or(100)
}
