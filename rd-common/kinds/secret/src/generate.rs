//! Generating passwords and tokens from the operating system's random numbers.

use rd_common::{Error, Result};
use std::sync::OnceLock;

/// The number of characters: 32 of 62 are 190 bits.
const LENGTH: usize = 32;

/// Letters and digits, which need no escaping in a URL and are accepted by RDS and ElastiCache.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html>
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html>
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The largest multiple of 62 in a byte. Random bytes from it on are discarded, so that each character is equally
/// likely.
const UNBIASED_BELOW: u8 = 248;

/// A generated password or token. It has no `Display`, and its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Generated(String);

impl Generated {
    /// Wraps a value that exists already, such as one read from a secret.
    pub fn known(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The value itself, for the one call that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Generated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(generated)")
    }
}

/// A function that generates passwords and tokens.
pub type Source = fn() -> Result<Generated>;

static SOURCE: OnceLock<Source> = OnceLock::new();

/// Replaces the generator for the whole process, once. The tests use a known value and search everything that a program
/// writes for it; no program calls this.
pub fn use_source(source: Source) {
    // Only the first call has an effect.
    let _ = SOURCE.set(source);
}

/// Generates a password or token. Fails if the operating system provides no random numbers.
pub fn generate() -> Result<Generated> {
    SOURCE.get().map_or_else(from_system, |source| source())
}

/// Generates one from the operating system's random numbers.
fn from_system() -> Result<Generated> {
    let mut text = String::with_capacity(LENGTH);
    while text.len() < LENGTH {
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes).map_err(|e| {
            Error::failed(format!(
                "the operating system provides no random numbers: {e}"
            ))
        })?;
        let unbiased = bytes.iter().filter(|byte| **byte < UNBIASED_BELOW);
        let chars = unbiased.map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
        text.extend(chars.take(LENGTH - text.len()));
    }
    Ok(Generated(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_value_is_unique_complete_and_of_the_alphabet() {
        let made: Vec<Generated> = (0..200).map(|_| generate().unwrap()).collect();
        let seen: BTreeSet<char> = made.iter().flat_map(|one| one.reveal().chars()).collect();
        assert_eq!(seen.len(), ALPHABET.len());
        assert!(made.iter().all(|one| one.reveal().len() == LENGTH));
        let different: BTreeSet<&str> = made.iter().map(Generated::reveal).collect();
        assert_eq!(different.len(), made.len());
        assert_eq!(format!("{:?}", made[0]), "(generated)");
    }
}
