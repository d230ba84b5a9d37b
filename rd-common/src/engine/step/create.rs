//! Creating, and looking for what may have been created.

use crate::engine::actions::Action;
use crate::engine::cx::ATTEMPTS;
use crate::engine::plan::Planned;
use crate::engine::refresh::pick;
use crate::engine::step::{Bench, LOOKS};
use crate::engine::wait::backoff;
use crate::error::{Error, Repeat, Result};
use crate::model::erased::AnyKind;
use crate::model::kind::{Order, Replacing, Wanted};
use crate::state::document::{Deposed, Phase};
use crate::ui::progress::Step;
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// How long an unfinished create of an earlier run counts as fresh, so that a look may not see it yet.
const FRESH: Duration = Duration::from_secs(120);

impl<C: 'static> Bench<C> {
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
        let keeps_old = planned.replacing == Replacing::CreateFirst;
        self.record(planned, spec, |resource| {
            // A predecessor that is deleted later must not be forgotten, whatever happens in between.
            for id in resource.id.take().into_iter().chain(old.clone()) {
                let known = resource.deposed.iter().any(|deposed| deposed.id == id);
                let alive = keeps_old && old.as_ref() == Some(&id);
                if alive && !known {
                    resource.deposed.push(Deposed { id });
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
        for attempt in 0..ATTEMPTS {
            if uncertain && let Some(id) = self.look(planned, spec, step).await? {
                return Ok(id);
            }
            step.say("creating");
            let order = Order {
                address: &planned.address,
                spec,
                tags: &planned.tags,
                token: &token,
            };
            let permit = self.permit().await?;
            let answer = any.create(&self.cx, order).await;
            drop(permit);
            match answer {
                Ok(id) => return Ok(id),
                Err(error) if error.repeat == Repeat::Never || attempt + 1 == ATTEMPTS => {
                    if error.repeat == Repeat::Never && !uncertain {
                        // Certainly not made: nothing to look for next time.
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
                    uncertain |= error.repeat == Repeat::Unknown;
                    step.say(&error.summary);
                    self.cx.pause(backoff(attempt)).await?;
                }
            }
        }
        Err(Error::failed("it could not be created").at(&planned.address))
    }

    /// Looks for something that may have been made, until it is found or would have been seen.
    async fn look(&self, planned: &Planned, spec: &Value, step: &Step) -> Result<Option<String>> {
        step.say("looking for what an unfinished create may have made");
        let deposed: Vec<String> = self.session.read(|document| {
            let resource = document.resources.get(&planned.address);
            resource.map_or(Vec::new(), |r| {
                r.deposed.iter().map(|old| old.id.clone()).collect()
            })
        });
        for attempt in 0..LOOKS {
            let wanted = Wanted {
                address: planned.address.clone(),
                id: None,
                spec: Some(spec.clone()),
            };
            let found = self.reader.find(&planned.kind, wanted).await?;
            if let Some(one) = pick(&self.cx, &self.kinds, &planned.kind, found, None, &deposed)? {
                return Ok(Some(one.id));
            }
            if attempt + 1 < LOOKS {
                self.cx.pause(backoff(attempt)).await?;
            }
        }
        Ok(None)
    }
}
