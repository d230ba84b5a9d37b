//! Doc comments say something that the name does not. Three words, such as `The slice's name.`, do not.

use crate::layers::files;
use std::path::Path;

/// The longest doc comment that is refused, in words.
const TOO_SHORT: usize = 3;

/// The doc comments of a source: the number of the first line, and the text.
fn doc_comments(source: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut open = None;
    for (number, line) in (1..).zip(source.lines()) {
        let line = line.trim_start();
        // Four slashes are an ordinary comment.
        let marker = ["///", "//!"]
            .into_iter()
            .find(|marker| line.starts_with(marker) && !line.starts_with("////"));
        if let Some(marker) = marker {
            let text = &line[marker.len()..];
            match found.last_mut().filter(|_| open == Some(marker)) {
                Some((_, block)) => block.push_str(text),
                None => found.push((number, text.to_owned())),
            }
        }
        open = marker;
    }
    found
}

/// How many words a text has. Punctuation that stands alone is not a word.
fn words(text: &str) -> usize {
    text.split_whitespace()
        .filter(|word| word.contains(char::is_alphanumeric))
        .count()
}

#[test]
fn a_doc_comment_is_all_of_its_lines() {
    let source = "//! A file.\n//! Of two.\n\n    /// The\n    /// id.\n    pub id: u8,\n    // Not a doc.\n    //// Nor this.\n    /// By name;\n    #[serde]\n    /// — and kind.\n";
    let found = doc_comments(source);
    let texts: Vec<(usize, &str)> = found
        .iter()
        .map(|(number, text)| (*number, text.as_str()))
        .collect();
    let expected = [
        (1, " A file. Of two."),
        (4, " The id."),
        (9, " By name;"),
        (11, " — and kind."),
    ];
    assert_eq!(texts, expected);
    assert_eq!(words(texts[0].1), 4);
    assert_eq!(words(texts[3].1), 2);
}

#[test]
fn no_doc_comment_has_three_words_or_fewer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut sources = 0;
    let mut short = Vec::new();
    for entry in std::fs::read_dir(&root).unwrap() {
        let entry = entry.unwrap();
        if !entry.file_name().to_string_lossy().starts_with("rd-") || !entry.path().is_dir() {
            continue;
        }
        for file in files(&entry.path()) {
            sources += 1;
            let source = std::fs::read_to_string(&file).unwrap();
            let name = file.strip_prefix(&root).unwrap().display();
            let comments = doc_comments(&source);
            let comments = comments.iter().filter(|(_, text)| words(text) <= TOO_SHORT);
            short.extend(comments.map(|(number, text)| format!("{name}:{number}:{text}")));
        }
    }
    assert!(sources > 300, "only {sources} files");
    assert!(
        short.is_empty(),
        "{} doc comments of {TOO_SHORT} words or fewer:\n{}",
        short.len(),
        short.join("\n")
    );
}
