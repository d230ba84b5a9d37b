//! The note that is left where states have been moved away: whoever still works with the old store is refused.

use crate::error::Error;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The file with the note of a stack in the local store.
pub(super) const NOTE: &str = "moved.note";

/// The file with the id of the move by which the states of a stack came into the local store.
pub(super) const ORIGIN: &str = "moved.origin";

/// The format of notes.
const FORMAT: &str = "rd-moved/1";

/// A note that the states of a stack have been moved to another store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The format of the note.
    format: String,
    /// The id of the move. A local store that states were moved to keeps it, since another one is called the same.
    #[serde(default)]
    pub id: String,
    /// Where the states are now: `s3://bucket/prefix`, or `local`.
    pub to: String,
    /// When they were moved.
    pub at: Timestamp,
    /// Who moved them, as `user@host`.
    pub who: String,
}

impl Moved {
    /// A note of now, with an id of its own.
    pub fn to(to: impl Into<String>, who: impl Into<String>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            id: uuid::Uuid::new_v4().to_string(),
            to: to.into(),
            at: Timestamp::now(),
            who: who.into(),
        }
    }

    /// The note in these bytes; none where they are something else, such as a state.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let note: Self = serde_json::from_slice(bytes).ok()?;
        note.format.starts_with("rd-moved/").then_some(note)
    }

    /// The note as JSON.
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The error of whoever finds the note at `place`.
    pub fn refusal(&self, place: &str) -> Error {
        let hint = match self.to.strip_prefix("s3://") {
            Some(url) => {
                let (bucket, _) = url.split_once('/').unwrap_or((url, ""));
                format!(
                    "write `backend = \"s3\"` and `bucket = \"{bucket}\"` in [state] of rd.toml, as whoever moved them \
                     has; if the move was interrupted, run `rd-state migrate` again"
                )
            }
            None => "write `backend = \"local\"` in [state] of rd.toml, and get the folder .rd from whoever moved them; \
                     if the move was interrupted, run `rd-state migrate` again"
                .to_owned(),
        };
        Error::refused(format!(
            "the states at {place} were moved to {} by {} at {:.0}",
            self.to, self.who, self.at
        ))
        .hint(hint)
    }
}
