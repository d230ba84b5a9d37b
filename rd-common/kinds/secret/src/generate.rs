//! The generator of passwords and tokens.

use rd_common::{Error, Result};
use std::sync::OnceLock;

/// How many characters: with 62 to choose from, 190 bits.
const LENGTH: usize = 32;

/// Letters and digits: they need no escape in a URL, and RDS and ElastiCache take all of them.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html>
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html>
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The bytes below it are an even number of turns through the alphabet; the others are thrown away, so that each
/// character is as likely as any other.
const FAIR: u8 = 248;

/// A generated password or token. It shows itself to nobody who does not ask for it by name.
#[derive(Clone, PartialEq, Eq)]
pub struct Generated(String);

impl Generated {
    /// One that is there already.
    pub fn known(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The characters themselves, for the one call that carries them.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Generated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(generated)")
    }
}

/// A source of passwords and tokens.
pub type Source = fn() -> Result<Generated>;

static SOURCE: OnceLock<Source> = OnceLock::new();

/// Takes another source for the whole process. The tests plant a known value here and look for it in all that is
/// written; no program calls it.
pub fn plant(source: Source) {
    // The first one stays.
    let _ = SOURCE.set(source);
}

/// A new one.
pub fn generate() -> Result<Generated> {
    SOURCE.get().map_or_else(from_system, |source| source())
}

/// From the operating system's generator.
fn from_system() -> Result<Generated> {
    let mut text = String::with_capacity(LENGTH);
    while text.len() < LENGTH {
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes).map_err(|e| {
            Error::failed(format!("the operating system gives no random numbers: {e}"))
        })?;
        let fair = bytes.iter().filter(|byte| **byte < FAIR);
        let chars = fair.map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
        text.extend(chars.take(LENGTH - text.len()));
    }
    Ok(Generated(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_is_new_whole_and_of_the_alphabet() {
        let made: Vec<Generated> = (0..200).map(|_| generate().unwrap()).collect();
        let seen: BTreeSet<char> = made.iter().flat_map(|one| one.reveal().chars()).collect();
        assert_eq!(seen.len(), ALPHABET.len());
        assert!(made.iter().all(|one| one.reveal().len() == LENGTH));
        let different: BTreeSet<&str> = made.iter().map(Generated::reveal).collect();
        assert_eq!(different.len(), made.len());
        assert_eq!(format!("{:?}", made[0]), "(generated)");
    }
}
