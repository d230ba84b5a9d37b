//! docs/aws-behaviour.md: the tests that it names exist, whichever crate has them.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use std::path::Path;

/// The text of all sources below a folder.
fn texts(folder: &Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_source = path
            .extension()
            .is_some_and(|end| end == "rs" || end == "py");
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            all += &texts(&path);
        } else if is_source {
            all += &std::fs::read_to_string(&path).unwrap();
        }
    }
    all
}

#[test]
fn the_tests_that_the_page_names_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sources = texts(&root);
    let page = std::fs::read_to_string(root.join("docs/aws-behaviour.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let names = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    let mut count = 0;
    let is_test = |name: &&str| {
        let is_name = |b: u8| b == b'_' || b.is_ascii_lowercase() || b.is_ascii_digit();
        name.matches('_').count() > 2 && name.bytes().all(is_name)
    };
    for name in names.filter(is_test) {
        count += 1;
        let defined = [format!("fn {name}("), format!("def {name}(")];
        let is_defined = defined.iter().any(|text| sources.contains(text));
        assert!(is_defined, "there is no test {name}");
    }
    assert!(count > 100, "{count}");
}
