//! The name that a user probably meant, for errors about unknown names.

/// The nearest of the names: the one with the fewest typing errors, otherwise one that the word begins with,
/// such as `data` for `database`.
pub fn nearest<'a>(word: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    among
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| {
            *distance <= 1 + candidate.len() / 5
                || candidate.len() > 2 && word.starts_with(candidate)
        })
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn typing_errors_and_longer_words_are_understood() {
        let slices = ["net", "data", "cache", "store", "edge", "ecs", "logs"];
        for (word, expected) in [
            ("nett", Some("net")),
            ("databse", Some("data")),
            ("network", Some("net")),
            ("sotre", Some("store")),
            ("redis", None),
        ] {
            assert_eq!(nearest(word, slices.into_iter()), expected, "{word}");
        }
    }
}
