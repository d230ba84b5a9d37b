//! Removes secrets from log lines and AWS's texts before they are shown or saved: passwords in URLs, and the secret values
//! of the containers.

/// The text that replaces a secret.
const HIDDEN: &str = "(secret)";

/// Shorter values are not replaced: they may be ordinary words.
const SHORTEST: usize = 6;

/// Replaces secrets in texts.
#[derive(Clone, Default)]
pub struct Redact {
    values: Vec<String>,
}

impl Redact {
    /// Replaces these values, and passwords in URLs.
    pub fn new(mut values: Vec<String>) -> Self {
        values.retain(|value| value.len() >= SHORTEST);
        // One value may contain another: the longer one is replaced first.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self { values }
    }

    /// Returns the text with `(secret)` in place of each secret.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in &self.values {
            if text.contains(value.as_str()) {
                text = text.replace(value.as_str(), HIDDEN);
            }
        }
        without_passwords(&text)
    }
}

/// Replaces the password in each `scheme://user:password@host`.
fn without_passwords(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        result.push_str(before);
        let end = after
            .find(|c: char| c.is_whitespace() || "/\"'<>`".contains(c))
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        match authority
            .rsplit_once('@')
            .map(|(user, host)| (user.split_once(':'), host))
        {
            Some((Some((user, _)), host)) => {
                result.push_str(&format!("{user}:{HIDDEN}@{host}"));
            }
            _ => result.push_str(authority),
        }
        rest = tail;
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_urls_are_replaced() {
        let text =
            Redact::default().text("cannot reach postgresql://app:hunter2@db:5432/x or http://a/b");
        assert_eq!(
            text,
            "cannot reach postgresql://app:(secret)@db:5432/x or http://a/b"
        );
        let text = Redact::default().text("rediss://:tok@en@redis:6379");
        assert_eq!(text, "rediss://:(secret)@redis:6379");
    }

    #[test]
    fn known_values_are_replaced() {
        let redact = Redact::new(vec![
            "sesame".to_owned(),
            "open sesame".to_owned(),
            "a".to_owned(),
        ]);
        assert_eq!(
            redact.text("say open sesame or sesame"),
            "say (secret) or (secret)"
        );
    }
}
