//! The command line for the agent in the container: it splits the line into words like a shell, but runs no shell.

/// Whether a character never needs quotes.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c)
}

/// Joins words into one line, quoted so that the agent splits it into the same words.
pub fn command_line(words: &[String]) -> String {
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
    use super::command_line;

    #[test]
    fn words_stay_words() {
        let words = ["sh", "-c", "echo $A | wc -l", "it's", ""].map(str::to_owned);
        assert_eq!(
            command_line(&words),
            r"sh -c 'echo $A | wc -l' 'it'\''s' ''"
        );
        assert_eq!(command_line(&["/bin/sh".to_owned()]), "/bin/sh");
    }
}
