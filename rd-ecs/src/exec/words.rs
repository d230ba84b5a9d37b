//! A command line for the agent in the container, which splits it at blanks as a shell does, and runs it without one.

/// What needs no quotes anywhere.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c)
}

/// One line of these words.
pub fn line(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    quoted.join(" ")
}

fn quoted(word: &str) -> String {
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn words_stay_words() {
        let words = ["sh", "-c", "echo $A | wc -l", "it's", ""].map(str::to_owned);
        assert_eq!(line(&words), r"sh -c 'echo $A | wc -l' 'it'\''s' ''");
        assert_eq!(line(&["/bin/sh".to_owned()]), "/bin/sh");
    }
}
