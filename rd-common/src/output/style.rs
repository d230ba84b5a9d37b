//! Colours: few, and with a meaning each. Terminals that want none get none (`NO_COLOR`, no terminal).

use crate::resource::action::Action;
use anstyle::{AnsiColor, Style};
use std::fmt::Display;

/// Bold.
pub const BOLD: Style = Style::new().bold();
/// For what matters less.
pub const DIM: Style = Style::new().dimmed();
/// For errors and deletes.
pub const ERROR: Style = AnsiColor::Red.on_default();
/// For warnings and changes.
pub const WARN: Style = AnsiColor::Yellow.on_default();
/// For what is made and what is well.
pub const OK: Style = AnsiColor::Green.on_default();
/// For what is taken over.
pub const INFO: Style = AnsiColor::Cyan.on_default();

/// Text in a style.
pub fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// The style of an action.
pub fn of(action: Action) -> Style {
    match action {
        Action::Create => OK,
        Action::Update | Action::Replace => WARN,
        Action::Delete => ERROR,
        Action::Import => INFO,
        Action::None => DIM,
    }
}

/// The width of the terminal that text goes to; 100 where there is none.
pub fn width() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0))
}
