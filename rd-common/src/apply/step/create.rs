//! Creates a resource. Where an earlier create may have succeeded, first reads whether it did.

use crate::apply::step::Executor;
use crate::error::{Result, Retry};
use crate::plan::planned::Planned;
use crate::resource::action::Action;
use crate::resource::any_kind::AnyKind;
use crate::resource::kind::{CreateRequest, ReplaceOrder};
use crate::resource::patience::Patience;
use crate::resource::progress::Step;
use crate::state::document::{Deposed, Phase, Resource};
use jiff::Timestamp;
use serde_json::Value;

impl<C: 'static> Executor<C> {
    pub(super) async fn create(
        &self,
        planned: &Planned,
        spec: &Value,
        any: &dyn AnyKind<C>,
        step: &Step,
    ) -> Result<String> {
        let before = self
            .session
            .read(|document| document.resources.get(&planned.address).cloned());
        // The create of an earlier run, whose result is not known. How long ago that was does not matter: the clock of
        // this machine may differ from that of the other one.
        let unfinished = before.as_ref().filter(|r| r.may_have_been_created());
        let mut uncertain = unfinished.is_some();
        let token = unfinished
            .and_then(|r| r.token.clone())
            .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        let old = planned
            .live
            .as_ref()
            .filter(|_| planned.action == Action::Replace)
            .filter(|_| planned.replace_order == ReplaceOrder::CreateFirst)
            .map(|live| live.id.clone());
        self.record(planned, spec, |resource| {
            // The id of a predecessor must be in the state until it is deleted, whatever happens in between.
            resource.depose(resource.id.is_some() && resource.id == old);
            if let Some(old) = &old
                && !resource.deposed.iter().any(|deposed| deposed.id == *old)
            {
                resource.deposed.push(Deposed::new(old));
            }
            if resource.phase != Phase::Creating || resource.token.is_none() {
                resource.since = Timestamp::now();
            }
            resource.phase = Phase::Creating;
            resource.token = Some(token.clone());
            resource.spec = spec.clone();
            resource.tags.clone_from(&planned.tags);
            resource.attributes = Value::Null;
        });
        self.session.save().await?;

        let mut patience = Patience::new(self.ctx.clock, any.timeouts().limit);
        loop {
            if uncertain {
                step.say("checking whether an interrupted create succeeded");
                if let Some(id) = self
                    .find_created(&planned.address, &planned.kind, spec)
                    .await?
                {
                    return Ok(id);
                }
            }
            step.say("creating");
            let request = CreateRequest {
                address: &planned.address,
                spec,
                tags: &planned.tags,
                token: &token,
            };
            let permit = match self.permit().await {
                Err(error) if !uncertain => {
                    self.undo_record(planned, before);
                    return Err(error);
                }
                other => other?,
            };
            let answer = any.create(&self.ctx, request).await;
            drop(permit);
            let error = match answer {
                Ok(id) => return Ok(id),
                Err(error) => error,
            };
            let Some(pause) = patience.pause_after(&error) else {
                if error.retry == Retry::Never && !uncertain {
                    self.undo_record(planned, before);
                    self.session.save().await?;
                }
                return Err(error.at(&planned.address));
            };
            uncertain |= error.retry == Retry::Unknown;
            step.say(&error.summary);
            self.ctx.pause(pause).await?;
        }
    }

    /// Restores the entry, since nothing was created for certain, so that the next run need not search for it.
    fn undo_record(&self, planned: &Planned, before: Option<Resource>) {
        self.session.change(|document| match before {
            Some(entry) => document.resources.insert(planned.address.clone(), entry),
            None => document.resources.remove(&planned.address),
        });
    }
}
