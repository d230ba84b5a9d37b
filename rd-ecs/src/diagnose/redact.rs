//! What applications and AWS say is kept and shown, but no secret in it: neither the password in a URL nor a value that
//! the containers are given.

/// What stands in the place of a secret.
const HIDDEN: &str = "(secret)";

/// Values shorter than this are words that may stand anywhere.
const SHORTEST: usize = 6;

/// Hides secrets in texts.
#[derive(Clone, Default)]
pub struct Redact {
    values: Vec<String>,
}

impl Redact {
    /// Hides these values beside what looks like a secret.
    pub fn new(mut values: Vec<String>) -> Self {
        values.retain(|value| value.len() >= SHORTEST);
        // A value may have another one in it.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self { values }
    }

    /// The text without secrets.
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

/// `scheme://user:password@host` without the password.
fn without_passwords(text: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        done.push_str(before);
        let end = after
            .find(|c: char| c.is_whitespace() || "/\"'<>`".contains(c))
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        match authority
            .rsplit_once('@')
            .map(|(user, host)| (user.split_once(':'), host))
        {
            Some((Some((user, _)), host)) => {
                done.push_str(&format!("{user}:{HIDDEN}@{host}"));
            }
            _ => done.push_str(authority),
        }
        rest = tail;
    }
    done.push_str(rest);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_urls_are_hidden() {
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
    fn known_values_are_hidden() {
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
