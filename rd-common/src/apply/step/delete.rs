//! Deletes a resource and waits until reads no longer show it.
//!
//! What reads do not show may exist nevertheless. So its delete is sent, and "not found" means that it is gone only for
//! what was seen, or is old enough to be visible to every call.

use crate::apply::step::Executor;
use crate::error::{Error, Result, Retry};
use crate::plan::create_and_delete_order::Delete;
use crate::resource::any_kind::AnyKind;
use crate::resource::deletion::Deletion;
use crate::resource::kind::{Readiness, Wanted};
use crate::resource::progress::Step;
use crate::resource::visibility::is_recent;
use crate::resource::wait::backoff;
use crate::state::document::{Document, Phase, Resource};
use std::time::Duration;

/// The time after which [`crate::Kind::in_use_by`] is called for a delete that AWS refuses.
const NAME_USER_AFTER: Duration = Duration::from_secs(30);
/// How long a delete that AWS refuses is retried, at the least.
const DELETE_LIMIT: Duration = Duration::from_secs(20 * 60);
/// How long a delete is repeated of a resource that AWS does not know, although it may have been created.
const NOT_FOUND_LIMIT: Duration = Duration::from_secs(120);

/// What a delete task did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// The resource with this id is gone.
    Id(String),
    /// There was nothing to delete.
    Nothing,
    /// AWS still uses the predecessor with this id, for this reason; its entry keeps the id for a later apply.
    Kept(String, String),
}

/// How a delete ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    /// AWS has deleted it.
    Deleted,
    /// It does not exist.
    Gone,
    /// AWS does not know it, but it may have been created a moment ago.
    Unknown,
    /// AWS refuses to delete it, with this reason, and a later apply will.
    Kept(String),
}

/// How AWS answered a delete in the end.
enum Sent {
    /// It was accepted, or there is nothing to delete.
    Accepted(Deletion),
    /// It was refused, with this reason, for as long as a predecessor may be in use.
    Refused(String),
}

impl<C: 'static> Executor<C> {
    /// Deletes a resource and removes it from the state, unless it is a predecessor that AWS still uses.
    pub async fn delete(&self, delete: &Delete, step: &Step) -> Result<Deleted> {
        let address = delete.address.as_str();
        let id = match &delete.id {
            Some(id) => id.clone(),
            None => match self.find_interrupted(delete, step).await? {
                Some(id) => id,
                None => return Ok(Deleted::Nothing),
            },
        };
        if self.has_deleted(&delete.kind, &id) {
            return Ok(Deleted::Nothing);
        }
        let entry = self
            .session
            .read(|document| document.resources.get(address).cloned());
        let applied = self.done.applied.borrow().contains(address);
        if applied && entry.as_ref().and_then(|entry| entry.id.as_ref()) == Some(&id) {
            // The successor has the same id, as a bucket or role of the same name.
            return Ok(Deleted::Nothing);
        }
        if delete.replaced
            && let Some(reason) = self.used_by(&delete.kind, &id)?
        {
            return Ok(Deleted::Kept(id, reason));
        }
        let seen = delete.seen || delete.id.is_none();
        let is_old = entry.as_ref().is_some_and(|entry| is_old(entry, &id));
        let is_predecessor = entry
            .as_ref()
            .is_some_and(|entry| entry.deposed.iter().any(|old| old.id == id));
        if seen && !is_predecessor {
            // So that the next run knows that it was seen, where this one is killed.
            self.session.change(|document| {
                if let Some(resource) = document.resources.get_mut(address) {
                    // The entry has another id, or none, where it was found by its tags.
                    resource.set_id(&id);
                    resource.phase = Phase::Deleting;
                }
            });
            self.session.save().await?;
        }
        step.say("deleting");
        let not_found_limit = match (seen || is_old, delete.replaced) {
            (true, _) => None,
            // Its entry stays, and the next apply sends the delete again.
            (false, true) => Some(Duration::ZERO),
            (false, false) => Some(NOT_FOUND_LIMIT),
        };
        let end = self
            .delete_until_gone(delete, &id, not_found_limit, step)
            .await
            .map_err(|error| error.at(address))?;
        match end {
            End::Unknown if delete.replaced => return Ok(Deleted::Nothing),
            End::Kept(reason) => return Ok(Deleted::Kept(id, reason)),
            _ => {}
        }
        let kind_and_id = (delete.kind.clone(), id.clone());
        self.done.deleted.borrow_mut().insert(kind_and_id);
        self.session
            .change(|document| forget(document, address, &id, delete.replaced));
        self.session.save().await?;
        Ok(if seen || end == End::Deleted {
            Deleted::Id(id)
        } else {
            Deleted::Nothing
        })
    }

    /// Which resource AWS still uses this one for, by what was last read of all others; none if it uses it for none.
    fn used_by(&self, kind: &str, id: &str) -> Result<Option<String>> {
        let users = self.session.read(|document| -> Vec<_> {
            let users = document.resources.iter();
            let users = users.filter(|(_, user)| user.id.is_some() && !user.attributes.is_null());
            users
                .map(|(address, user)| {
                    (address.clone(), user.kind.clone(), user.attributes.clone())
                })
                .collect()
        });
        for (address, user_kind, live) in users {
            let any = self.kinds.get(&user_kind)?;
            // What an older version has written may lack members.
            let uses = any.uses(&live).unwrap_or_default();
            if uses.iter().any(|(of, used)| *of == kind && used == id) {
                let pending = any.pending(&live)?;
                let until =
                    pending.map_or(String::new(), |pending| format!(" (pending {pending})"));
                return Ok(Some(format!("{address} still uses it{until}")));
            }
        }
        Ok(None)
    }

    /// Searches for what an interrupted create may have created, and records its id. Where there is nothing, the entry is
    /// removed from the state.
    async fn find_interrupted(&self, delete: &Delete, step: &Step) -> Result<Option<String>> {
        step.say("checking whether an interrupted create succeeded");
        let address = delete.address.as_str();
        let spec = self
            .session
            .read(|document| document.resources.get(address).map(|r| r.spec.clone()));
        let Some(spec) = spec else {
            return Ok(None);
        };
        let found = self.find_created(address, &delete.kind, &spec).await?;
        self.session.change(|document| {
            let Some(resource) = document.resources.get_mut(address) else {
                return;
            };
            match &found {
                Some(id) => {
                    resource.set_id(id);
                    resource.phase = Phase::Created;
                }
                None => {
                    resource.vacate();
                    if resource.is_empty() && !delete.replaced {
                        document.resources.remove(address);
                    }
                }
            }
        });
        self.session.save().await?;
        Ok(found)
    }

    /// Sends the delete until AWS accepts it, then waits until reads no longer show the resource. "Not found" is final at
    /// once, or after `not_found_limit`.
    async fn delete_until_gone(
        &self,
        delete: &Delete,
        id: &str,
        not_found_limit: Option<Duration>,
        step: &Step,
    ) -> Result<End> {
        let any = self.kinds.get(&delete.kind)?;
        let any = any.as_ref();
        let deadline = self.ctx.clock.deadline(delete_limit(any));
        let mut attempt = 0;
        loop {
            let answer = match self.send_delete(any, id, delete.replaced, step).await? {
                Sent::Accepted(deletion) => deletion,
                Sent::Refused(reason) => return Ok(End::Kept(reason)),
            };
            if let Some(limit) = not_found_limit
                && (answer == Deletion::NotFound
                    || (answer == Deletion::Unconfirmed
                        && self.read_deleted(delete, id).await?.is_none()))
            {
                if deadline.elapsed() >= limit {
                    return Ok(End::Unknown);
                }
                step.say("not visible yet");
                self.ctx.pause(backoff(attempt)).await?;
                attempt += 1;
                continue;
            }
            if any.retained() {
                return Ok(End::Deleted);
            }
            let mut reads = 0;
            loop {
                reads += 1;
                match self.read_deleted(delete, id).await? {
                    None if answer == Deletion::NotFound => return Ok(End::Gone),
                    None => return Ok(End::Deleted),
                    Some(Readiness::Leaving(reason)) => step.say(&reason),
                    Some(_) => step.say("still exists"),
                }
                if deadline.is_over_after(reads) {
                    return Err(Error::failed(format!("{id} was deleted but still exists"))
                        .hint("run the command again"));
                }
                self.ctx.pause(deadline.pause()).await?;
                if answer == Deletion::NotFound {
                    // It was created a moment ago, and the call did not know it yet.
                    break;
                }
            }
        }
    }

    /// Sends the delete until AWS does not refuse it, or, for a predecessor (`replaced`), until it may stay.
    async fn send_delete(
        &self,
        any: &dyn AnyKind<C>,
        id: &str,
        replaced: bool,
        step: &Step,
    ) -> Result<Sent> {
        let deadline = self.ctx.clock.deadline(delete_limit(any));
        let may_stay = any.predecessor_may_stay_after().filter(|_| replaced);
        let mut users = None;
        loop {
            let permit = self.permit().await?;
            let answer = any.delete(&self.ctx, id).await;
            drop(permit);
            let error = match answer {
                Ok(deletion) => return Ok(Sent::Accepted(deletion)),
                Err(error) => error,
            };
            let mut reason = error.summary.clone();
            if error.retry == Retry::Later
                && deadline.elapsed() > NAME_USER_AFTER
                // The delete goes on also where its holders cannot be read.
                && let Ok(Some(in_use_by)) = any.in_use_by(&self.ctx, id).await
            {
                reason = format!("in use by {in_use_by}");
                users = Some(in_use_by);
            }
            if error.retry == Retry::Never || deadline.is_over() {
                return Err(match users {
                    Some(in_use_by) => error.hint(format!("it is in use by {in_use_by}")),
                    None => error,
                });
            }
            if may_stay
                .is_some_and(|limit| error.retry == Retry::Later && deadline.elapsed() > limit)
            {
                return Ok(Sent::Refused(reason));
            }
            step.say(&reason);
            self.ctx.pause(deadline.pause()).await?;
        }
    }

    /// The state of a resource whose delete was sent; none where reads no longer show it.
    async fn read_deleted(&self, delete: &Delete, id: &str) -> Result<Option<Readiness>> {
        let address = delete.address.as_str();
        let spec = self
            .session
            .read(|document| document.resources.get(address).map(|r| r.spec.clone()));
        let wanted = Wanted {
            address: address.to_owned(),
            id: Some(id.to_owned()),
            spec,
        };
        let found = self.reader.find(&delete.kind, wanted).await?;
        let Some(one) = found.into_iter().find(|one| one.id == id) else {
            return Ok(None);
        };
        let any = self.kinds.get(&delete.kind)?;
        any.ready(&one.live).map(Some)
    }
}

/// How long a delete is retried: longer for a kind that takes longer to become ready, since its delete takes as long, such
/// as a database's with its final snapshot.
fn delete_limit<C: 'static>(any: &dyn AnyKind<C>) -> Duration {
    any.timeouts().limit.max(DELETE_LIMIT)
}

/// Whether an id has been in the state for so long that every call knows the resource, if it exists.
fn is_old(entry: &Resource, id: &str) -> bool {
    if entry.id.as_deref() == Some(id) {
        return !is_recent(entry.id_since());
    }
    let old = entry.deposed.iter().find(|old| old.id == id);
    old.is_some_and(|old| !old.unseen.is_some_and(is_recent))
}

/// Removes an id from the entry at `address`, and the entry with its last id. `replaced` keeps it for a successor.
fn forget(document: &mut Document, address: &str, id: &str, replaced: bool) {
    let Some(resource) = document.resources.get_mut(address) else {
        return;
    };
    resource.deposed.retain(|old| old.id != id);
    if resource.id.as_deref() == Some(id) {
        resource.vacate();
    }
    if resource.is_empty() && !replaced {
        document.resources.remove(address);
    }
}
