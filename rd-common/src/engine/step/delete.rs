//! Deleting, and waiting until it is gone.

use crate::engine::step::Bench;
use crate::error::{Error, Repeat, Result};
use crate::model::erased::AnyKind;
use crate::model::kind::{Readiness, Wanted};
use crate::state::document::Phase;
use crate::ui::progress::Step;
use jiff::Timestamp;
use std::time::Duration;

/// After how long a refused delete names what holds it.
const NAME_HOLDER_AFTER: Duration = Duration::from_secs(30);
/// How long a refused delete is tried.
const DELETE_LIMIT: Duration = Duration::from_secs(20 * 60);

impl<C: 'static> Bench<C> {
    /// Deletes a resource and forgets it.
    pub async fn down(
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
        self.delete(address, kind, id, any.as_ref(), step)
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

    async fn delete(
        &self,
        address: &str,
        kind: &str,
        id: &str,
        any: &dyn AnyKind<C>,
        step: &Step,
    ) -> Result<()> {
        let deadline = self.cx.clock.deadline(DELETE_LIMIT);
        let mut held = None;
        loop {
            let permit = self.permit().await?;
            let answer = any.delete(&self.cx, id).await;
            drop(permit);
            let Err(error) = answer else {
                break;
            };
            if error.repeat == Repeat::Never || deadline.is_over() {
                return Err(match held {
                    Some(holders) => error.hint(format!("it is held by {holders}")),
                    None => error,
                });
            }
            let mut reason = error.summary.clone();
            if error.repeat == Repeat::Later
                && deadline.elapsed() > NAME_HOLDER_AFTER
                && let Some(holders) = any.holders(&self.cx, id).await?
            {
                reason = format!("held by {holders}");
                held = Some(holders);
            }
            step.say(&reason);
            self.cx.pause(deadline.pause()).await?;
        }
        if any.stays() {
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
                _ => step.say("still to be seen"),
            }
            if deadline.is_over() {
                return Err(
                    Error::failed(format!("{id} was deleted but is still there"))
                        .hint("run the command again"),
                );
            }
            self.cx.pause(deadline.pause()).await?;
        }
    }
}
