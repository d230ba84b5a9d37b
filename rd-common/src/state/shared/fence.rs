//! Fencing off a former holder: whoever takes a lock over writes the state first, so that a write of the former holder
//! that is still on its way finds another ETag than it expects, and is refused.

use super::acquire::Fence;
use super::connection::Clients;
use super::objects::Read;
use super::states::NotWritten;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::state::document::Document;
use crate::state::store::Key;

/// How often the state is written before the run gives up: a former holder that still writes has few writes on their way.
const ATTEMPTS: u32 = 10;

/// The command that is recorded in a version that only fences.
const COMMAND: &str = "lock take-over";

impl Clients {
    /// Writes the same state with the next serial for `run`, or an empty one where there is none.
    pub(super) async fn fence(&self, key: &Key, run: &str, fence: Fence) -> Result<()> {
        if fence == Fence::None {
            return Ok(());
        }
        let mut read = self.read_state(key).await?;
        for _ in 0..ATTEMPTS {
            let expected = read.etag().map(str::to_owned);
            let document = match &read {
                Read::Missing if fence == Fence::IfThereIsAState => return Ok(()),
                Read::Missing => Document::without_resources(&key.stack, &key.slice),
                Read::Deleted => return Err(self.deleted(key)),
                Read::Found(object) => match self.parse_state(key, object) {
                    Ok(document) => document,
                    // The command says so when it reads it. A former holder could not read it either, so that it expects
                    // another ETag already.
                    Err(_) => return Ok(()),
                },
            };
            let next = document.fenced(run, COMMAND);
            match self.write_state(key, &next, expected.as_deref()).await {
                Ok(_) => return Ok(()),
                Err(NotWritten::Other(now)) => read = now,
                Err(NotWritten::Failed(failed)) => return Err(failed.error),
            }
        }
        Err(Error::new(
            Exit::Locked,
            format!(
                "another run goes on writing the state {} without its lock",
                self.place.url(&self.place.state(key))
            ),
        )
        .hint("end that run; `rd-state history` shows who writes"))
    }
}
