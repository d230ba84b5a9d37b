//! Moving the states of a stack from one store to another, with their history. It can be interrupted anywhere and run
//! again: each step looks first, and at no time do both stores let a run change the stack.
//!
//! 1. Every state is locked in both stores.
//! 2. The versions that are missing are added, and all are read again and compared.
//! 3. A note hides the states in the old store: from here on, it refuses.
//! 4. The note in the new store, where one hides older versions, is removed.
//!
//! Only the store that has the states can be moved from. The bucket is one; of local stores there can be many, so each keeps
//! the id of the move by which it got the states, and the note in the bucket has the same id.
//!
//! Between 1 and 3 the new store may have a part of the versions. The shared store protects them with the lock, which only
//! another move takes over; the local store with a note.

use crate::error::{Error, Result};
use crate::stack::StackId;
use crate::state::document::Document;
use crate::state::movable::Movable;
use crate::state::moved::Moved;
use crate::state::store::{Holder, Key, Lock};
use serde::Serialize;
use std::rc::Rc;
use std::time::Duration;

/// The beginning of the command of a lock that is held for a move.
pub(super) const MIGRATE: &str = "rd-state migrate";

/// How long a move waits for a run that holds a lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// What was moved of a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MovedState {
    /// The environment of the stack.
    pub environment: String,
    /// The slice that it is the state of.
    pub slice: String,
    /// The serial of the state.
    pub serial: u64,
    /// How many versions the new store has of it.
    pub versions: usize,
    /// How many of them were added.
    pub added: usize,
}

/// A state with its locks in both stores.
struct Locked {
    key: Key,
    old: Rc<dyn Lock>,
    new: Rc<dyn Lock>,
}

/// Moves all states of `stack` from the store `from` to the store `to`. Returns what was moved, in the order of the slices'
/// names. `holder` is shown to others that find the states locked. With `force`, notes that say that the states are in a third
/// store do not count.
pub async fn migrate(
    from: &dyn Movable,
    to: &dyn Movable,
    stack: &StackId,
    holder: &Holder,
    force: bool,
) -> Result<Vec<MovedState>> {
    let mut locked = Vec::new();
    let result = move_all(from, to, stack, holder, force, &mut locked).await;
    for one in &locked {
        // Where the move has failed, the locks are free for another attempt; nobody was let in by half.
        let released = from.unlock(&one.key, one.old.as_ref()).await;
        let released = released.and(to.unlock(&one.key, one.new.as_ref()).await);
        if result.is_ok() {
            released?;
        }
    }
    result
}

async fn move_all(
    from: &dyn Movable,
    to: &dyn Movable,
    stack: &StackId,
    holder: &Holder,
    force: bool,
    locked: &mut Vec<Locked>,
) -> Result<Vec<MovedState>> {
    for slice in from.slices(stack).await? {
        let stack = stack.clone();
        let key = Key { stack, slice };
        let old = from.lock(&key, holder.clone(), LOCK_TIMEOUT).await?;
        let new = to.lock(&key, holder.clone(), LOCK_TIMEOUT).await;
        let new = match new {
            Ok(new) => new,
            Err(error) => {
                from.unlock(&key, old.as_ref()).await?;
                return Err(error);
            }
        };
        locked.push(Locked { key, old, new });
    }
    let mut note = Moved::to(to.name(), &holder.who);
    for one in locked.iter() {
        let from_note = from.note(&one.key).await?;
        if !force {
            check_notes(from, to, &one.key, from_note.as_ref()).await?;
        }
        // The same move, run again.
        if let Some(from_note) = from_note
            && to.origin(&one.key).await?.as_ref() == Some(&from_note.id)
        {
            note.id = from_note.id;
        }
    }
    let mut moved = Vec::new();
    let mut newest = Vec::new();
    for one in locked.iter() {
        let (state, document) = copy(from, to, one).await?;
        moved.push(state);
        newest.push(document);
    }
    for one in locked.iter() {
        to.set_origin(&one.key, &note.id, one.new.as_ref()).await?;
    }
    for (one, document) in locked.iter().zip(&newest) {
        if document.is_some() && from.note(&one.key).await?.is_none() {
            from.leave_note(&one.key, &note, one.old.as_ref()).await?;
        }
    }
    for (one, document) in locked.iter().zip(&newest) {
        if let Some(document) = document
            && to.note(&one.key).await?.is_some()
        {
            to.remove_note(&one.key, document, one.new.as_ref()).await?;
        }
    }
    Ok(moved)
}

/// Fails where the notes say that the states are neither here nor on their way there, but in a third store.
async fn check_notes(
    from: &dyn Movable,
    to: &dyn Movable,
    key: &Key,
    from_note: Option<&Moved>,
) -> Result<()> {
    let to_note = to.note(key).await?;
    let (from_origin, to_origin) = (from.origin(key).await?, to.origin(key).await?);
    let is_shared = to.name() != LOCAL;
    let from_there = |note: &Moved| from_origin.as_ref() == Some(&note.id);
    let refused = |note: &Moved, place: &str| {
        let hint = "move them from where they are now; if that store is lost, pass --force: what was changed there since is \
                    then missing, and `rd-state rebuild` finds it in AWS";
        note.refusal(place).hint(hint)
    };
    if let Some(note) = from_note {
        let completes = to_origin.as_ref() == Some(&note.id)
            || is_shared && note.to == to.name() && to_note.as_ref().is_none_or(from_there);
        if !completes {
            return Err(refused(note, &from.location(key)));
        }
    }
    match to_note {
        Some(note) if is_shared && !from_there(&note) => Err(refused(&note, &to.location(key))),
        _ => Ok(()),
    }
}

/// Adds the versions that the new store lacks, and compares all. Returns the newest version; none where the old store has no
/// version that can be read.
async fn copy(
    from: &dyn Movable,
    to: &dyn Movable,
    one: &Locked,
) -> Result<(MovedState, Option<Document>)> {
    let key = &one.key;
    let theirs = from.all_versions(key).await?;
    let ours = to.all_versions(key).await?;
    let state = |serial: u64, versions: usize, added: usize| MovedState {
        environment: key.stack.environment.clone(),
        slice: key.slice.clone(),
        serial,
        versions,
        added,
    };
    let Some(newest) = theirs.last() else {
        return Ok((state(0, ours.len(), 0), None));
    };
    // Moved before: the old store has a note, and the new one may have been used since.
    let done = from
        .note(key)
        .await?
        .is_some_and(|note| note.to == to.name());
    if let Some(last) = ours.last()
        && done
        && last.lineage == newest.lineage
        && last.serial >= newest.serial
    {
        return Ok((state(last.serial, ours.len(), 0), Some(last.clone())));
    }
    let after = common(from, to, key, &theirs, &ours)?;
    let missing: Vec<&Document> = theirs.iter().filter(|one| one.serial > after).collect();
    if let Some(first) = missing.first()
        && to.note(key).await?.is_none()
        && to.name() == LOCAL
    {
        // The local store must not let anybody in until it has everything.
        let note = Moved::to(
            from.name(),
            format!("a move that has reached serial {}", first.serial),
        );
        to.leave_note(key, &note, one.new.as_ref()).await?;
    }
    for document in &missing {
        to.add_version(key, document, one.new.as_ref()).await?;
    }
    let now = to.all_versions(key).await?;
    for document in &theirs {
        if !now.contains(document) && missing.contains(&document) {
            return Err(Error::failed(format!(
                "serial {} of the state {} differs from the one in {}",
                document.serial,
                to.location(key),
                from.location(key)
            ))
            .hint("the old store is as it was: run the command again"));
        }
    }
    let moved = state(newest.serial, now.len(), missing.len());
    Ok((moved, Some(newest.clone())))
}

/// The name of the local store.
pub(super) const LOCAL: &str = "local";

/// The serial up to which the new store has what the old one has; 0 where it has nothing. Fails where both were used.
fn common(
    from: &dyn Movable,
    to: &dyn Movable,
    key: &Key,
    theirs: &[Document],
    ours: &[Document],
) -> Result<u64> {
    let (Some(newest), Some(last)) = (theirs.last(), ours.last()) else {
        return Ok(0);
    };
    // The fence of an earlier move, which was interrupted before it had added a version.
    if last.unchanged_since == Some(0) {
        return Ok(0);
    }
    let conflict = |what: &str| {
        Error::refused(format!(
            "{} and {} {what}: serial {} of {}, and serial {} of {}",
            from.location(key),
            to.location(key),
            newest.serial,
            newest.command,
            last.serial,
            last.command
        ))
        .hint(format!(
            "nothing was changed; `rd-state pull {0}` with `--set state.backend=local` and `--set state.backend=s3` shows \
             them; remove the one that is wrong from .rd, or make it the newer one with `rd-state push {0} --force`",
            key.slice
        ))
    };
    if last.lineage != newest.lineage {
        return Err(conflict("are unrelated states"));
    }
    // A version that only fenced has the contents of an older one.
    let base = last.unchanged_since.unwrap_or(last.serial);
    let of_base = |all: &[Document]| all.iter().find(|one| one.serial == base).cloned();
    match (of_base(theirs), of_base(ours)) {
        (Some(their), Some(our)) if their.is_same_write(&our) => Ok(base),
        // It is so old that the local store has removed it since.
        (None, _) if theirs.first().is_some_and(|first| first.serial > base) => Ok(base),
        _ => Err(conflict("have both been changed")),
    }
}
