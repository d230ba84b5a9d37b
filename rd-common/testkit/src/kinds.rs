//! Whether `docs/schema/kinds.json` names the kinds that the programs have.

use serde_json::{Map, Value, json};
use std::path::Path;

/// Fails the test where the file names other kinds for `slice` than `kinds`, which are sorted. With `UPDATE_SCHEMAS`
/// set, as in `make schemas`, writes them first.
pub fn assert_listed<'a>(slice: &str, kinds: impl Iterator<Item = &'a str>) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema/kinds.json");
    let kinds: Value = kinds.collect();
    let listed = std::fs::read_to_string(&file).unwrap_or_default();
    let mut listed: Map<String, Value> = serde_json::from_str(&listed).unwrap_or_default();
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        listed.insert(slice.to_owned(), kinds.clone());
        listed.sort_keys();
        let text = serde_json::to_string_pretty(&json!(listed)).unwrap();
        std::fs::write(&file, text + "\n").unwrap();
    }
    assert_eq!(
        listed.get(slice),
        Some(&kinds),
        "docs/schema/kinds.json is not current: make schemas"
    );
}
