//! What `rd.example.toml` says about each key: the comment above it, which keys without one of their own share.

use std::collections::BTreeMap;

/// The text of `rd.example.toml`, which lists every key.
pub const EXAMPLE: &str = include_str!("../../../rd.example.toml");

/// The comment of a key, such as `net.nat`; that of its table where it has none; none for a key that the file does not have.
pub fn meaning(key: &str) -> Option<String> {
    let all = meanings(EXAMPLE);
    let mut key = key;
    loop {
        if let Some(text) = all.get(key) {
            return Some(text.clone());
        }
        key = key.rsplit_once('.')?.0;
    }
}

/// The most tables that are named for a key that stands in none of them.
const MOST_TABLES: usize = 3;

/// The keys of this name in the tables, such as `net.nat` for `nat`; none where there are many.
pub fn keys_named(name: &str) -> Vec<String> {
    let mut table = "";
    let mut keys = Vec::new();
    for line in EXAMPLE.lines() {
        if let Some(name) = line.strip_prefix('[') {
            table = name.trim_end_matches(']');
        } else if key_of(line) == Some(name) && !["", "tags"].contains(&table) {
            keys.push(format!("{table}.{name}"));
        }
    }
    keys.retain(|key| !key.starts_with("environments."));
    if keys.len() > MOST_TABLES {
        keys.clear();
    }
    keys
}

/// The comments of a file by key and by table.
fn meanings(text: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut table = String::new();
    let mut comment: Vec<&str> = Vec::new();
    // Whether a key has had this comment: the next one begins another.
    let mut used = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            table = name.trim_end_matches(']').to_owned();
            if !comment.is_empty() && !used {
                all.insert(table.clone(), comment.join(" "));
            }
        } else if let Some(name) = key_of(line) {
            let key = match table.as_str() {
                "" => name.to_owned(),
                table => format!("{table}.{name}"),
            };
            if !comment.is_empty() {
                all.insert(key, comment.join(" "));
            }
            used = true;
            continue;
        } else if let Some(words) = line.strip_prefix("# ") {
            if used {
                comment.clear();
                used = false;
            }
            comment.push(words);
            continue;
        }
        comment.clear();
        used = false;
    }
    all
}

/// The key of a line `key = value`, commented out or not.
fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.strip_prefix("# ").unwrap_or(line).split_once(" = ")?;
    let is_key = key
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"_-.\"".contains(&b));
    is_key.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_comment_above_it() {
        let text = "# About the file.\n\n# The name.\nproject = \"p\"\n\n# The network.\n[net]\n# nat = 1\n\
                    # Two\n# sizes.\n# a = 1\n# b = 2\n# Another.\n# c = [\"x = y\"]\n";
        let all: Vec<(String, String)> = meanings(text).into_iter().collect();
        let expected = [
            ("net", "The network."),
            ("net.a", "Two sizes."),
            ("net.b", "Two sizes."),
            ("net.c", "Another."),
            ("project", "The name."),
        ];
        let expected = expected.map(|(key, text)| (key.to_owned(), text.to_owned()));
        assert_eq!(all, expected);
    }

    #[test]
    fn a_key_is_found_in_its_tables() {
        assert_eq!(keys_named("nat"), ["net.nat"]);
        assert_eq!(
            keys_named("engine_version"),
            ["data.engine_version", "cache.engine_version"]
        );
        for name in ["project", "Owner", "nothing"] {
            assert!(keys_named(name).is_empty(), "{name}");
        }
    }

    #[test]
    fn a_key_without_a_comment_has_that_of_its_table() {
        for (key, text) in [
            ("net.nat", "How private subnets reach the internet"),
            ("state.backend", "Where states are kept"),
            ("tags.Owner", "Tags for every resource"),
            (
                "data.parameters.\"rds.force_ssl\"",
                "Parameters of PostgreSQL",
            ),
        ] {
            let meaning = meaning(key).unwrap_or_default();
            assert!(meaning.starts_with(text), "{key}: {meaning}");
        }
        assert_eq!(meaning("nothing"), None);
    }
}
