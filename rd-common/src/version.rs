//! The version of the programs, and the commit that they were built from where it is known.

use std::sync::LazyLock;

/// The version of the package, such as `0.1.0`.
pub const NUMBER: &str = env!("CARGO_PKG_VERSION");

/// The commit and its date as a release build sets them (`scripts/dist`, `scripts/install`): `<hash> <date>`. Other builds
/// have none, since each commit would compile everything again.
const OF_BUILD: Option<&str> = option_env!("RD_BUILD");

/// The commit of a source archive: `git archive` replaces the text in this file.
const OF_ARCHIVE: &str = include_str!("commit.txt");

/// What `--version` prints after the name of the program: `0.1.0 (3e43f434c1 2026-11-27)`, or the version alone.
pub static TEXT: LazyLock<String> = LazyLock::new(|| text(OF_BUILD, OF_ARCHIVE));

fn text(of_build: Option<&str>, of_archive: &str) -> String {
    let archive = (!of_archive.starts_with('$')).then_some(of_archive);
    let source = of_build.filter(|text| !text.is_empty()).or(archive);
    let mut words = source.unwrap_or_default().split_whitespace();
    match (words.next(), words.next()) {
        (Some(commit), Some(date)) => {
            // `+changed` follows the hash where files were changed.
            let (hash, changed) = commit.split_at(commit.find('+').unwrap_or(commit.len()));
            let short: String = hash.chars().take(10).collect();
            format!("{NUMBER} ({short}{changed} {date})")
        }
        _ => NUMBER.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{NUMBER, text};

    #[test]
    fn the_commit_is_that_of_the_build_or_of_the_archive() {
        let long = "3e43f434c1d2b3a4 2026-11-27 1764273405\n";
        let of_archive = format!("{NUMBER} (3e43f434c1 2026-11-27)");
        assert_eq!(text(None, "$Format:%H %cs %ct$\n"), NUMBER);
        assert_eq!(text(None, long), of_archive);
        assert_eq!(text(Some(""), long), of_archive);
        let of_build = format!("{NUMBER} (abc+changed 2026-01-02)");
        assert_eq!(text(Some("abc+changed 2026-01-02"), long), of_build);
    }
}
