//! Checks the syntax of a CloudWatch filter pattern before the first call, for a better error. AWS does the matching.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

use rd_common::{Error, Result};

/// The longest pattern that AWS accepts, in characters.
const MAX_LENGTH: usize = 1024;

/// Fails for a pattern that AWS would reject: with what is wrong, and how to write it.
pub fn check(pattern: &str) -> Result<()> {
    problem(pattern).map_or(Ok(()), |(what, hint)| {
        Err(Error::usage(format!("--filter `{pattern}`: {what}")).hint(hint))
    })
}

fn problem(pattern: &str) -> Option<(String, String)> {
    let text = pattern.trim();
    if pattern.chars().count() > MAX_LENGTH {
        let what = format!("a filter pattern has at most {MAX_LENGTH} characters");
        return Some((what, "use --grep, which rd-logs applies itself".to_owned()));
    }
    for (open, close, what) in [('{', '}', "JSON"), ('[', ']', "space-delimited")] {
        if text.starts_with(open) {
            return (!text.ends_with(close)).then(|| {
                (
                    format!("a pattern for {what} messages begins with {open} and ends with {close}"),
                    "such as { $.level = \"error\" } or [ip, user, status = 4*, ...]; to search for the text itself, put it in double quotes"
                        .to_owned(),
                )
            });
        }
    }
    check_terms(text)
}

/// Checks terms. A term consists of letters, digits and underscores; other text must be in double quotes, and a regular
/// expression between percent signs.
fn check_terms(text: &str) -> Option<(String, String)> {
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let term = rest.strip_prefix(['?', '-']).unwrap_or(rest);
        let end = if let Some(quoted) = term.strip_prefix('"') {
            match closing_quote(quoted) {
                Some(end) => &quoted[end + 1..],
                None => return Some(("a double quote is not closed".to_owned(), HINT.to_owned())),
            }
        } else if let Some(regex) = term.strip_prefix('%') {
            match regex.find('%') {
                Some(end) if end > 0 => &regex[end + 1..],
                _ => {
                    return Some((
                        "a regular expression must be between two percent signs".to_owned(),
                        "such as %ERR[0-9]+%; --grep accepts any regular expression, and rd-logs applies it itself"
                            .to_owned(),
                    ));
                }
            }
        } else {
            let length = term
                .find(|letter: char| letter.is_whitespace() || letter == '"')
                .unwrap_or(term.len());
            let (word, after) = term.split_at(length);
            if word.is_empty() || !word.chars().all(|l| l.is_alphanumeric() || l == '_') {
                return Some((
                    format!("`{word}` has characters other than letters, digits and underscores"),
                    format!("put it in double quotes: --filter '\"{word}\"'; {HINT}"),
                ));
            }
            after
        };
        rest = end.trim_start();
    }
    None
}

/// The position of the quote that closes a text, whose opening quote was already read.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}

const HINT: &str = "terms are words (ERROR), \"quoted text\", ?either ?or, -without, %regex%, { $.json = \"value\" } or [a, b, ...]";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn valid_and_invalid_patterns() {
        for good in [
            "",
            "ERROR",
            "ERROR timeout",
            "?ERROR ?WARN",
            "ERROR -healthcheck",
            "\"GET /health\"",
            "-\"a b\"",
            "%ERR[0-9]+%",
            "{ $.level = \"error\" && $.ms > 100 }",
            "[ip, user, status = 4*, ...]",
            "\"say \\\"x\\\"\"",
        ] {
            assert_eq!(problem(good), None, "{good}");
        }
        for bad in [
            "/health",
            "a-b",
            "\"open",
            "{ $.a = 1",
            "[a, b",
            "%",
            "%%",
            "?",
            "x%y%",
            "a.b",
        ] {
            assert!(problem(bad).is_some(), "{bad}");
        }
        let error = check("GET /health").unwrap_err();
        assert!(
            error.hint.as_ref().unwrap().contains("'\"/health\"'"),
            "{error:?}"
        );
    }

    proptest! {
        #[test]
        fn any_text_in_quotes_is_a_term(text in "[^\"\\\\]{0,60}") {
            prop_assert_eq!(problem(&format!("?\"{text}\" WORD")), None);
        }

        #[test]
        fn words_are_terms(words in prop::collection::vec("[?-]?[A-Za-z0-9_]{1,8}", 1..6)) {
            prop_assert_eq!(problem(&words.join(" ")), None);
        }

        #[test]
        fn no_text_makes_the_check_panic(text in "\\PC{0,40}") {
            let _ = problem(&text);
        }
    }
}
