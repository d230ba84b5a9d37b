//! Text from elsewhere, such as a tag in AWS or a record of another program, must not give commands to a terminal. Every
//! text passes one of these filters on its way to stdout or stderr.

use std::borrow::Cow;
use std::fmt::Write;

/// The end of all styles.
const RESET: &str = "\x1b[0m";

/// The longest style that [`clean`] keeps, such as `\x1b[31m`.
const LONGEST_STYLE: usize = 5;

/// The text without control characters, except line feeds, tabs, and the styles that rd and clap print: bold, dimmed,
/// italic, underlined and colors. A line ends without a style. All others are shown as JSON escapes them, `\u001b`: so a
/// JSON document keeps its meaning.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    let mut rest = text;
    let mut styled = false;
    while let Some(letter) = rest.chars().next() {
        if let Some(style) = style(rest) {
            clean.push_str(style);
            styled = style != RESET;
            rest = &rest[style.len()..];
            continue;
        }
        if letter == '\n' && std::mem::take(&mut styled) {
            clean.push_str(RESET);
        }
        add(&mut clean, letter, is_unsafe(letter));
        rest = &rest[letter.len_utf8()..];
    }
    if styled {
        clean.push_str(RESET);
    }
    Cow::Owned(clean)
}

/// As [`clean`], without styles, and on one line.
pub fn one_line(text: &str) -> Cow<'_, str> {
    let escaped = |letter: char| is_unsafe(letter) || matches!(letter, '\n' | '\t');
    if !text.contains(escaped) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '\n' => clean.push_str("\\n"),
            '\t' => clean.push_str("\\t"),
            other => add(&mut clean, other, is_unsafe(other)),
        }
    }
    Cow::Owned(clean)
}

fn add(text: &mut String, letter: char, escape: bool) {
    if escape {
        // All of them have at most four digits.
        let _ = write!(text, "\\u{:04x}", u32::from(letter));
    } else {
        text.push(letter);
    }
}

/// Whether a character is a command for a terminal, or changes the direction in which the text around it is shown
/// (<https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>).
fn is_unsafe(letter: char) -> bool {
    match letter {
        '\n' | '\t' => false,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        other => other.is_control(),
    }
}

/// The style at the beginning of a text, if it is one that rd or clap prints. Not concealed or reversed text, nor a
/// background.
fn style(text: &str) -> Option<&str> {
    let digits = text.strip_prefix("\x1b[")?;
    let length = 2 + digits
        .bytes()
        .take(LONGEST_STYLE - 3)
        .take_while(u8::is_ascii_digit)
        .count();
    let number: u8 = text.get(2..length)?.parse().ok()?;
    let known = matches!(number, 0..=4 | 31..=36 | 39 | 91..=96);
    (known && text[length..].starts_with('m')).then(|| &text[..=length])
}

/// Appends a line of a log, whose program may have colored it, without control characters. With `color`, its color
/// sequences are kept, and end with the line.
pub fn add_log_line(out: &mut Vec<u8>, line: &str, color: bool) {
    let mut rest = line;
    let mut colored = false;
    while let Some(at) = rest.find(char::is_control) {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at..];
        if let Some(length) = color_length(rest) {
            if color {
                out.extend_from_slice(&rest.as_bytes()[..length]);
                colored = true;
            }
            rest = &rest[length..];
            continue;
        }
        if let Some(length) = sequence_length(rest) {
            rest = &rest[length..];
            continue;
        }
        let control = rest.chars().next().unwrap_or_default();
        match control {
            '\t' => out.extend_from_slice(b"\t"),
            '\r' => {}
            _ => out.extend_from_slice("\u{fffd}".as_bytes()),
        }
        rest = &rest[control.len_utf8()..];
    }
    out.extend_from_slice(rest.as_bytes());
    if colored {
        out.extend_from_slice(RESET.as_bytes());
    }
}

/// A text without the escape sequences of terminals, such as colors. Other control characters stay.
pub fn without_sequences(text: &str) -> String {
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(char::is_control) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let control = rest.chars().next().unwrap_or_default();
        let length = sequence_length(rest).unwrap_or_else(|| {
            plain.push(control);
            control.len_utf8()
        });
        rest = &rest[length..];
    }
    plain.push_str(rest);
    plain
}

/// Lines of a log as [`add_log_line`] shows them.
pub fn log_lines(text: &str, color: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        add_log_line(&mut out, line, color);
        out.extend_from_slice(end.as_bytes());
    }
    out
}

/// The length of the color sequence (SGR) at the beginning of a text, in bytes; none if there is none.
fn color_length(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\x1b[")?;
    let length = parameters.find(|l: char| !l.is_ascii_digit() && l != ';')?;
    parameters[length..]
        .starts_with('m')
        .then_some(2 + length + 1)
}

/// The length of the complete escape sequence at the beginning of a text, in bytes; none if there is none. Strings for
/// the terminal, such as its title, end with BEL or ST.
/// <https://ecma-international.org/publications-and-standards/standards/ecma-48/>
fn sequence_length(text: &str) -> Option<usize> {
    let mut letters = text.chars();
    let first = letters.next()?;
    // The two forms of each introducer: ESC and a letter, or one character.
    let (kind, begin) = match first {
        '\x1b' => {
            let second = letters.next()?;
            (second, 1 + second.len_utf8())
        }
        '\u{9b}' => ('[', 2),
        '\u{9d}' => (']', 2),
        '\u{90}' | '\u{98}' | '\u{9e}' | '\u{9f}' => ('P', 2),
        _ => return None,
    };
    let rest = &text[begin..];
    let length = match kind {
        '[' => {
            let length = rest.find(|letter| !matches!(letter, ' '..='?'))?;
            let last = rest[length..].chars().next()?;
            matches!(last, '@'..='~').then_some(length + 1)?
        }
        ']' | 'P' | 'X' | '^' | '_' => {
            let end = rest.find(['\x07', '\x1b', '\u{9c}'])?;
            let after = &rest[end..];
            let string_end = ["\x07", "\x1b\\", "\u{9c}"];
            let found = string_end.iter().find(|one| after.starts_with(**one))?;
            end + found.len()
        }
        ' '..='/' => {
            let length = rest.find(|letter| !matches!(letter, ' '..='/'))?;
            let last = rest[length..].chars().next()?;
            matches!(last, '0'..='~').then_some(length + 1)?
        }
        '0'..='~' => 0,
        _ => return None,
    };
    Some(begin + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::style::{BOLD, DIM, ERROR, INFO, OK, WARN, paint};
    use proptest::prelude::*;

    #[test]
    fn commands_for_the_terminal_are_shown_and_not_sent() {
        let evil = "a\x1b]52;c;aGk=\x07b\x1b[2Jc\x1b[8md\u{9b}2Je\rf\u{202e}g";
        assert_eq!(
            clean(evil),
            "a\\u001b]52;c;aGk=\\u0007b\\u001b[2Jc\\u001b[8md\\u009b2Je\\u000df\\u202eg"
        );
        assert_eq!(one_line("a\nb\tc\x1b[31m"), "a\\nb\\tc\\u001b[31m");
    }

    #[test]
    fn own_styles_are_kept_and_end_with_the_line() {
        for style in [BOLD, DIM, ERROR, WARN, OK, INFO] {
            let own = format!("{}\n\tnext", paint(style, "text"));
            assert_eq!(clean(&own), own);
        }
        assert_eq!(clean("tag \x1b[2m\nnext"), "tag \x1b[2m\x1b[0m\nnext");
        assert_eq!(clean("tag \x1b[31m"), "tag \x1b[31m\x1b[0m");
    }

    #[test]
    fn a_json_document_keeps_its_meaning() {
        let value = serde_json::json!({"tag": "\x1b[2J\u{9b}2J\u{7f}\u{202e}"});
        let text = value.to_string();
        let clean = clean(&text);
        assert!(!clean.contains(is_unsafe), "{clean}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&clean).unwrap(),
            value
        );
    }

    #[test]
    fn a_log_keeps_its_colors_only() {
        let line = "a\x1b[1;31mred\x1b[0m\x1b[2Jb\r\n";
        assert_eq!(
            String::from_utf8(log_lines(line, true)).unwrap(),
            "a\x1b[1;31mred\x1b[0mb\x1b[0m\n"
        );
        assert_eq!(
            String::from_utf8(log_lines(line, false)).unwrap(),
            "aredb\n"
        );
    }

    #[test]
    fn nothing_remains_of_escape_sequences() {
        for (text, expected) in [
            ("a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c", "abc"),
            ("\x1b[?25l\x1b[38:2::1:2:3mx\x1b(B\x1b7\u{9b}2J", "x"),
            ("\x1bP1$r\x1b\\y\u{9d}0;t\u{9c}z", "yz"),
            // What is not complete takes nothing with it.
            ("\x1b]0;no end", "\u{fffd}]0;no end"),
            ("\x1b[31", "\u{fffd}[31"),
            ("x\x1b", "x\u{fffd}"),
        ] {
            let lines = String::from_utf8(log_lines(text, false)).unwrap();
            assert_eq!(lines, expected, "{text:?}");
            assert_eq!(
                without_sequences(text).replace('\x1b', "\u{fffd}"),
                expected
            );
        }
    }

    proptest! {
        #[test]
        fn nothing_else_comes_through(text in "(\\PC|[\\x00-\\x1f\\x7f-\\u{9f}m0-9\\[;]){0,40}") {
            let clean = clean(&text).into_owned();
            let mut rest = clean.as_str();
            while let Some(at) = rest.find(is_unsafe) {
                let style = style(&rest[at..]);
                prop_assert!(style.is_some(), "{clean:?}");
                rest = &rest[at + style.unwrap_or_default().len()..];
            }
            prop_assert!(!one_line(&text).contains(char::is_control));
            let plain = String::from_utf8(log_lines(&text, false)).unwrap_or_default();
            prop_assert!(!plain.replace(['\n', '\t'], "").contains(char::is_control));
        }
    }
}
