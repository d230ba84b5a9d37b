//! How text for people looks: its width, and the signs that the reader's terminal can show.

use crate::output::style;
use crate::resource::action::Action;
use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

/// The widths within which text is laid out, in columns. Outside of them, lines would be a word or too long to read.
const WIDTHS: (usize, usize) = (40, 200);

static PLAIN: AtomicBool = AtomicBool::new(false);

/// Makes all text of this process plain: words in place of signs, and no colors (`--plain`).
pub fn be_plain() {
    PLAIN.store(true, Ordering::Relaxed);
    anstream::ColorChoice::Never.write_global();
}

/// The signs that text may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signs {
    /// All, such as `✓` and `→`.
    Unicode,
    /// ASCII alone, for a locale such as `C`.
    Ascii,
    /// Words, for a screen reader.
    Words,
}

/// Each sign outside of ASCII that rd's own texts have, as ASCII and in words.
const SPELLED: [(char, &str, &str); 16] = [
    ('→', "->", "to"),
    ('✓', "ok", "ok:"),
    ('✗', "x", "failed:"),
    ('·', "-", ","),
    ('—', "-", ","),
    ('–', "-", "-"),
    ('…', "...", "..."),
    ('±', "-/+", "replace"),
    ('×', "x", "times"),
    ('─', "-", ""),
    ('│', "|", ""),
    ('└', "`", ""),
    ('├', "|", ""),
    ('█', "#", ""),
    ('░', ".", ""),
    ('≥', ">=", "at least"),
];

impl Signs {
    /// The signs of this process: words with `--plain`, ASCII where the locale says that nothing else can be shown.
    /// Without a locale, Unicode: few of today's terminals and log viewers lack it.
    pub fn of_process() -> Self {
        if PLAIN.load(Ordering::Relaxed) {
            return Signs::Words;
        }
        let value = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(value);
        Self::of_locale(locale.as_deref())
    }

    fn of_locale(locale: Option<&str>) -> Self {
        let Some(locale) = locale else {
            return Signs::Unicode;
        };
        let locale = locale.to_ascii_lowercase();
        match locale.contains("utf-8") || locale.contains("utf8") {
            true => Signs::Unicode,
            false => Signs::Ascii,
        }
    }

    /// A text of rd's in these signs.
    pub fn spell(self, text: &str) -> Cow<'_, str> {
        if self == Signs::Unicode || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let mut spelled = String::with_capacity(text.len());
        for letter in text.chars() {
            match SPELLED.iter().find(|(sign, ..)| *sign == letter) {
                Some((_, _, words)) if self == Signs::Words => {
                    // A comma belongs to the word before it.
                    if *words == "," && spelled.ends_with(' ') {
                        spelled.pop();
                    }
                    spelled.push_str(words);
                }
                Some((_, ascii, _)) => spelled.push_str(ascii),
                None => spelled.push(letter),
            }
        }
        Cow::Owned(spelled)
    }

    /// What stands in front of a resource with this action.
    pub fn mark(self, action: Action) -> &'static str {
        match (self, action) {
            (Signs::Ascii, Action::Replace) => "-/+",
            (Signs::Words, Action::Create) => "create",
            (Signs::Words, Action::Update) => "change",
            (Signs::Words, Action::Replace) => "replace",
            (Signs::Words, Action::Delete) => "delete",
            (Signs::Words, Action::Import) => "import",
            (Signs::Words, Action::None) => "unchanged",
            (_, action) => action.mark(),
        }
    }

    /// What stands between an old and a new value.
    pub fn arrow(self) -> &'static str {
        match self {
            Signs::Unicode => "→",
            Signs::Ascii => "->",
            Signs::Words => "to",
        }
    }

    /// What separates the parts of a heading.
    pub fn dot(self) -> &'static str {
        match self {
            Signs::Ascii => "-",
            // In words it is spelled with the whole text.
            Signs::Unicode | Signs::Words => "·",
        }
    }

    /// What stands in front of a line that needs attention.
    pub fn attention(self) -> &'static str {
        match self {
            Signs::Words => "attention:",
            _ => "!",
        }
    }
}

/// How to lay out a text.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The columns of a line.
    pub width: usize,
    /// The signs it may have.
    pub signs: Signs,
    /// Whether nothing is folded.
    pub full: bool,
}

impl Look {
    /// The look for stdout.
    pub fn of_stdout(full: bool) -> Self {
        Self {
            width: style::width().clamp(WIDTHS.0, WIDTHS.1),
            signs: Signs::of_process(),
            full,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_decides_which_signs_can_be_shown() {
        for (locale, signs) in [
            (None, Signs::Unicode),
            (Some("en_US.UTF-8"), Signs::Unicode),
            (Some("C.utf8"), Signs::Unicode),
            (Some("C"), Signs::Ascii),
            (Some("POSIX"), Signs::Ascii),
            (Some("de_DE.ISO-8859-1"), Signs::Ascii),
        ] {
            assert_eq!(Signs::of_locale(locale), signs, "{locale:?}");
        }
    }

    #[test]
    fn signs_are_spelled() {
        assert_eq!(Signs::Unicode.spell("a → b"), "a → b");
        assert_eq!(Signs::Ascii.spell("✓ a → b …"), "ok a -> b ...");
        assert_eq!(Signs::Words.spell("✗ a · b → c"), "failed: a, b to c");
        assert_eq!(Signs::Ascii.spell("Zürich"), "Zürich");
    }
}
