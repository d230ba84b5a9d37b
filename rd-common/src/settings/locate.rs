//! The place of a key in the file: the number and the text of its line.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The line of `path`, counted from 1, and its text; that of the nearest table where the key itself is not in the file.
pub(super) fn line(text: &str, path: &[&str]) -> Option<(usize, String)> {
    let table = DeTable::parse(text).ok()?;
    let mut place = None;
    let mut here: &DeTable<'_> = table.get_ref();
    for name in path {
        let Some((key, value)) = here.iter().find(|(key, _)| key.get_ref() == name) else {
            break;
        };
        place = Some(Spanned::span(key).start);
        match value.get_ref() {
            DeValue::Table(inner) => here = inner,
            _ => break,
        }
    }
    place.map(|offset| at(text, offset))
}

/// The line that contains the byte at `offset`, and its text.
pub(super) fn at(text: &str, offset: usize) -> (usize, String) {
    let before = &text[..offset.min(text.len())];
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default();
    (number, line.trim().to_owned())
}

/// Whether the file has the key `path` itself.
pub(super) fn has(text: &str, path: &[&str]) -> bool {
    let Ok(table) = text.parse::<toml::Table>() else {
        return false;
    };
    let mut here = &table;
    for (depth, name) in path.iter().enumerate() {
        match here.get(*name) {
            Some(toml::Value::Table(inner)) => here = inner,
            Some(_) => return depth + 1 == path.len(),
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_on_its_line() {
        let text = "project = \"p\"\n\n[net]\nnat = 3 # why\n[environments.a.net]\nnat = 4\n";
        assert_eq!(
            line(text, &["net", "nat"]),
            Some((4, "nat = 3 # why".into()))
        );
        assert_eq!(
            line(text, &["environments", "a", "net", "nat"]).map(|l| l.0),
            Some(6)
        );
        assert_eq!(line(text, &["net", "cidr"]).map(|l| l.0), Some(3));
        assert!(!has(text, &["net", "cidr"]) && has(text, &["net", "nat"]));
    }
}
