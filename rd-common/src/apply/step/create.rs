//! Creates a resource. Where an earlier create may have succeeded, first reads whether it did.

use crate::apply::step::{Executor, READ_ATTEMPTS};
use crate::error::{Error, Result, Retry};
use crate::plan::planned::Planned;
use crate::plan::refresh::pick;
use crate::resource::action::Action;
use crate::resource::any_kind::AnyKind;
use crate::resource::ctx::MAX_ATTEMPTS;
use crate::resource::kind::{CreateRequest, ReplaceOrder, Wanted};
use crate::resource::progress::Step;
use crate::resource::wait::backoff;
use crate::state::document::{Deposed, Phase};
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// How long reads may not show a resource that an interrupted run has created.
const FRESH: Duration = Duration::from_secs(120);

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
        let unfinished = before.as_ref().filter(|r| r.phase == Phase::Creating);
        let fresh = unfinished.is_some_and(|r| {
            let age = Timestamp::now().duration_since(r.since);
            age.unsigned_abs() < FRESH
        });
        let token = unfinished
            .and_then(|r| r.token.clone())
            .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        let old = planned
            .live
            .as_ref()
            .filter(|_| planned.action == Action::Replace)
            .map(|live| live.id.clone());
        let keeps_old = planned.replace_order == ReplaceOrder::CreateFirst;
        self.record(planned, spec, |resource| {
            // The id of a predecessor must be in the state until it is deleted, whatever happens in between.
            for id in resource.id.take().into_iter().chain(old.clone()) {
                let known = resource.deposed.iter().any(|deposed| deposed.id == id);
                let alive = keeps_old && old.as_ref() == Some(&id);
                if alive && !known {
                    resource.deposed.push(Deposed::new(id));
                }
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

        let mut uncertain = fresh;
        for attempt in 0..MAX_ATTEMPTS {
            if uncertain && let Some(id) = self.find_created(planned, spec, step).await? {
                return Ok(id);
            }
            step.say("creating");
            let request = CreateRequest {
                address: &planned.address,
                spec,
                tags: &planned.tags,
                token: &token,
            };
            let permit = self.permit().await?;
            let answer = any.create(&self.ctx, request).await;
            drop(permit);
            match answer {
                Ok(id) => return Ok(id),
                Err(error) if error.retry == Retry::Never || attempt + 1 == MAX_ATTEMPTS => {
                    if error.retry == Retry::Never && !uncertain {
                        // It was certainly not created, so the next run need not search for it.
                        self.session.change(|document| {
                            if let Some(resource) = document.resources.get_mut(&planned.address)
                                && resource.deposed.is_empty()
                            {
                                document.resources.remove(&planned.address);
                            }
                        });
                        self.session.save().await?;
                    }
                    return Err(error.at(&planned.address));
                }
                Err(error) => {
                    uncertain |= error.retry == Retry::Unknown;
                    step.say(&error.summary);
                    self.ctx.pause(backoff(attempt)).await?;
                }
            }
        }
        Err(Error::failed("the resource could not be created").at(&planned.address))
    }

    /// Searches for a resource that an earlier create call may have created, until reads would have shown it.
    async fn find_created(
        &self,
        planned: &Planned,
        spec: &Value,
        step: &Step,
    ) -> Result<Option<String>> {
        step.say("checking whether an interrupted create succeeded");
        let deposed: Vec<String> = self.session.read(|document| {
            let resource = document.resources.get(&planned.address);
            resource.map_or(Vec::new(), |r| {
                r.deposed.iter().map(|old| old.id.clone()).collect()
            })
        });
        for attempt in 0..READ_ATTEMPTS {
            let wanted = Wanted {
                address: planned.address.clone(),
                id: None,
                spec: Some(spec.clone()),
            };
            let found = self.reader.find(&planned.kind, wanted).await?;
            if let Some(one) = pick(
                &self.ctx,
                &self.kinds,
                &planned.kind,
                found,
                None,
                &deposed,
                true,
            )? {
                return Ok(Some(one.id));
            }
            if attempt + 1 < READ_ATTEMPTS {
                self.ctx.pause(backoff(attempt)).await?;
            }
        }
        Ok(None)
    }
}
