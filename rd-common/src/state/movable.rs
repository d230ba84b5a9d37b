//! What a store must do so that states can be moved to it and away from it, with their history.

use crate::error::Result;
use crate::state::document::Document;
use crate::state::moved::Moved;
use crate::state::store::{Key, Lock, Store};
use futures_util::future::LocalBoxFuture;

/// A store that states can be moved to and away from. A note in the place of a state, or next to it, refuses every command
/// but the move itself.
pub trait Movable: Store {
    /// What the note calls this store: `local`, or `s3://bucket/prefix`.
    fn name(&self) -> String;

    /// Every version of a state that is kept and can be read, oldest first, also where a note hides them.
    fn all_versions<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Vec<Document>>>;

    /// Adds a version of another store as it is, as the newest one. Its serial must be higher than that of every version
    /// that is kept.
    fn add_version<'a>(
        &'a self,
        key: &'a Key,
        document: &'a Document,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<()>>;

    /// The note that hides a state; none where there is none.
    fn note<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Option<Moved>>>;

    /// Hides a state behind a note.
    fn leave_note<'a>(
        &'a self,
        key: &'a Key,
        note: &'a Moved,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<()>>;

    /// Removes the note, so that `newest`, the newest version that is kept, is the state again.
    fn remove_note<'a>(
        &'a self,
        key: &'a Key,
        newest: &'a Document,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<()>>;

    /// The id of the move by which the states of the stack came here, where the name does not say which store this is.
    fn origin<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Option<String>>> {
        let _ = key;
        Box::pin(async { Ok(None) })
    }

    /// Keeps the id of a move to this store.
    fn set_origin<'a>(
        &'a self,
        key: &'a Key,
        id: &'a str,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<()>> {
        let _ = (key, id, lock);
        Box::pin(async { Ok(()) })
    }
}
