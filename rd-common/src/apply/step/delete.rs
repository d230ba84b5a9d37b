//! Deletes a resource and waits until reads no longer show it.

use crate::apply::step::Executor;
use crate::error::{Error, Result, Retry};
use crate::resource::any_kind::AnyKind;
use crate::resource::kind::{Readiness, Wanted};
use crate::resource::progress::Step;
use crate::state::document::Phase;
use jiff::Timestamp;
use std::time::Duration;

/// The time after which [`crate::Kind::in_use_by`] is called for a delete that AWS refuses.
const NAME_USER_AFTER: Duration = Duration::from_secs(30);
/// How long a delete that AWS refuses is retried.
const DELETE_LIMIT: Duration = Duration::from_secs(20 * 60);

impl<C: 'static> Executor<C> {
    /// Deletes a resource and removes it from the state. `replaced` means that a successor has its address.
    pub async fn delete(
        &self,
        address: &str,
        kind: &str,
        id: &str,
        replaced: bool,
        step: &Step,
    ) -> Result<()> {
        let any = self.kinds.get(kind)?;
        if !replaced {
            self.session.change(|document| {
                if let Some(resource) = document.resources.get_mut(address) {
                    resource.phase = Phase::Deleting;
                    resource.since = Timestamp::now();
                }
            });
            self.session.save().await?;
        }
        step.say("deleting");
        self.delete_until_gone(address, kind, id, any.as_ref(), step)
            .await
            .map_err(|error| error.at(address))?;
        self.session.change(|document| {
            let Some(resource) = document.resources.get_mut(address) else {
                return;
            };
            resource.deposed.retain(|old| old.id != id);
            if replaced {
                if resource.id.as_deref() == Some(id) {
                    resource.id = None;
                    resource.phase = Phase::Creating;
                    resource.token = None;
                    resource.since = Timestamp::UNIX_EPOCH;
                }
            } else if resource.deposed.is_empty() {
                document.resources.remove(address);
            } else {
                resource.id = None;
            }
        });
        self.session.save().await
    }

    /// Sends the delete until AWS accepts it, then waits until reads no longer show the resource.
    async fn delete_until_gone(
        &self,
        address: &str,
        kind: &str,
        id: &str,
        any: &dyn AnyKind<C>,
        step: &Step,
    ) -> Result<()> {
        let deadline = self.ctx.clock.deadline(DELETE_LIMIT);
        let mut users = None;
        loop {
            let permit = self.permit().await?;
            let answer = any.delete(&self.ctx, id).await;
            drop(permit);
            let Err(error) = answer else {
                break;
            };
            if error.retry == Retry::Never || deadline.is_over() {
                return Err(match users {
                    Some(in_use_by) => error.hint(format!("it is in use by {in_use_by}")),
                    None => error,
                });
            }
            let mut reason = error.summary.clone();
            if error.retry == Retry::Later
                && deadline.elapsed() > NAME_USER_AFTER
                && let Some(in_use_by) = any.in_use_by(&self.ctx, id).await?
            {
                reason = format!("in use by {in_use_by}");
                users = Some(in_use_by);
            }
            step.say(&reason);
            self.ctx.pause(deadline.pause()).await?;
        }
        if any.retained() {
            return Ok(());
        }
        let spec = self
            .session
            .read(|document| document.resources.get(address).map(|r| r.spec.clone()));
        loop {
            let wanted = Wanted {
                address: address.to_owned(),
                id: Some(id.to_owned()),
                spec: spec.clone(),
            };
            let found = self.reader.find(kind, wanted).await?;
            let Some(live) = found.into_iter().find(|one| one.id == id) else {
                return Ok(());
            };
            match any.ready(&live.live)? {
                Readiness::Leaving(reason) => step.say(&reason),
                _ => step.say("still exists"),
            }
            if deadline.is_over() {
                return Err(Error::failed(format!("{id} was deleted but still exists"))
                    .hint("run the command again"));
            }
            self.ctx.pause(deadline.pause()).await?;
        }
    }
}
