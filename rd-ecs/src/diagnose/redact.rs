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
    /// Replaces these values, also as they stand in a URL or in JSON, and passwords in URLs.
    pub fn new(values: &[String]) -> Self {
        // A key of several lines is logged line by line.
        let lines = values.iter().flat_map(|value| value.lines());
        let whole = values.iter().map(String::as_str);
        let all = whole.chain(lines).filter(|value| value.len() >= SHORTEST);
        let mut values: Vec<String> = all.flat_map(spellings).collect();
        // One value may contain another: the longer one is replaced first.
        values.sort_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
        values.dedup();
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

/// A value as it is, in a URL (spaces as `%20` or `+`, digits of either case), and as the text of a JSON string, as
/// written by tools that escape `/` or not.
fn spellings(value: &str) -> Vec<String> {
    let encoded = |keep: &str| -> String {
        let plain = |b: u8| b.is_ascii_alphanumeric() || keep.as_bytes().contains(&b);
        let bytes = value.bytes();
        bytes
            .map(|b| match plain(b) {
                true => char::from(b).to_string(),
                false => format!("%{b:02X}"),
            })
            .collect()
    };
    // Which characters stay as they are differs by the tool: RFC 3986, JavaScript's encodeURIComponent, HTML forms.
    let urls = ["-._~", "-._~!'()*", "-._*"].map(encoded);
    let json = serde_json::Value::from(value).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let mut all = vec![value.to_owned(), json.replace('/', "\\/"), json];
    for url in urls {
        all.extend([url.replace("%20", "+"), lower_digits(&url), url]);
    }
    all
}

/// The text with the two digits after each `%` in lower case.
fn lower_digits(url: &str) -> String {
    let mut parts = url.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (digits, rest) = part.split_at(part.len().min(2));
        format!("{text}%{}{rest}", digits.to_lowercase())
    })
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
    fn values_are_replaced_in_urls_and_in_json() {
        let redact = Redact::new(&["p/\"w ö+!".to_owned()]);
        for text in [
            "p/\"w ö+!",
            "p%2F%22w%20%C3%B6%2B%21",
            "p%2f%22w%20%c3%b6%2b%21",
            "p%2F%22w%20%C3%B6%2B!",
            "p%2F%22w+%C3%B6%2B%21",
            "p/\\\"w ö+!",
            "p\\/\\\"w ö+!",
        ] {
            let text = format!("<{text}>");
            assert_eq!(redact.text(&text), "<(secret)>", "{text}");
        }
    }

    #[test]
    fn known_values_are_replaced() {
        let redact = Redact::new(&[
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
