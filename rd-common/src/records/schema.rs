//! The JSON Schemas of records and states, generated from the types. A test compares them with the files in
//! `docs/schema/`.

use crate::records::Record;
use crate::state::document::Document;
use schemars::{Schema, schema_for};

/// Each schema with the name of its file.
pub fn schemas() -> [(&'static str, Schema); 2] {
    [
        ("record.schema.json", schema_for!(Record)),
        ("state.schema.json", schema_for!(Document)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// With `UPDATE_SCHEMAS` set, as in `make schemas`, writes the files first.
    #[test]
    fn the_files_are_current() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema");
        for (name, schema) in schemas() {
            let made = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
            let file = folder.join(name);
            if std::env::var_os("UPDATE_SCHEMAS").is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&file, &made).unwrap();
            }
            let there = std::fs::read_to_string(&file).unwrap_or_default();
            assert!(there == made, "{name} is not current: make schemas");
        }
    }
}
