//! From what was made, or is there, to what is wanted: wait, compare, change, look again.

use crate::apply::step::{Executor, READ_ATTEMPTS};
use crate::error::{Error, Result};
use crate::plan::planner::Planned;
use crate::resource::any_kind::AnyKind;
use crate::resource::change::Change;
use crate::resource::kind::{Found, Readiness, Wanted};
use crate::resource::progress::Step;
use crate::resource::wait::backoff;
use crate::stack::Tags;
use crate::state::document::Phase;
use serde_json::Value;
use std::time::Duration;

/// How long a change, or what was made, may take to be seen: reads lag behind writes, mostly by less than a second.
/// <https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>
const SEEN_WITHIN: Duration = Duration::from_secs(120);

/// The code of an error that says that AWS gave a resource up.
pub(super) const FAILED_STATE: &str = "rd:FailedState";

impl<C: 'static> Executor<C> {
    /// Waits until it is ready and as wanted, changing what is not.
    pub(super) async fn settle(
        &self,
        planned: &Planned,
        spec: &Value,
        id: &str,
        known: Option<Found<Value>>,
        any: &dyn AnyKind<C>,
        step: &Step,
    ) -> Result<Found<Value>> {
        let last = self.session.read(|document| {
            let resource = document.resources.get(&planned.address)?;
            (resource.phase == Phase::Ready).then(|| resource.spec.clone())
        });
        let mut fresh = known;
        let deadline = self.ctx.clock.deadline(SEEN_WITHIN);
        let mut tried = 0;
        let mut asked = None;
        loop {
            let live = match fresh.take() {
                Some(live) => live,
                None => self.until_ready(planned, spec, id, any, step).await?,
            };
            let impaired = match any.ready(&live.live)? {
                Readiness::Impaired(reason, hint) => Some((reason, hint)),
                _ => None,
            };
            // Once changed, what AWS does not report is as it was last asked for: the update carried it.
            let compare = if asked.is_none() {
                last.as_ref()
            } else {
                Some(spec)
            };
            let changes = any.diff(spec, &live.live, compare)?;
            // Tags that are not told are as they were last applied, and, once changed, as they were asked for.
            let untold = any.tags_not_read() && asked.is_none();
            let (set, remove) = self.tag_work(planned, &live, untold);
            if let Some((reason, hint)) = impaired
                && (changes.is_empty() || asked.is_some())
            {
                return Err(Error::failed(format!("{id} is in a bad state: {reason}"))
                    .at(&planned.address)
                    .hint(hint));
            }
            if changes.is_empty() && set.is_empty() && remove.is_empty() {
                return Ok(live);
            }
            if let Some(change) = changes.iter().find(|change| change.replaces) {
                return Err(stuck(change).at(&planned.address));
            }
            if tried >= READ_ATTEMPTS && deadline.is_over() {
                let error = changes.first().map_or_else(
                    || Error::failed("AWS accepted the change of tags but does not show it"),
                    stuck,
                );
                return Err(error.at(&planned.address));
            }
            // Lagging reads show the old value for a while; the same change again does no harm, but not at once. Where
            // less differs than before, the last change was one of several stages, and the next one follows.
            let got_on = asked.is_some_and(|before: usize| changes.len() < before);
            if got_on {
                tried = 0;
            }
            if tried > 0 {
                self.ctx.pause(backoff(tried - 1)).await?;
            }
            if tried == 0 || tried % 3 == 0 {
                asked = Some(changes.len());
                step.say("updating");
                let _permit = self.permit().await?;
                if !changes.is_empty() {
                    self.ctx
                        .retrying(|| any.update(&self.ctx, id, &live.live, spec, &changes))
                        .await?;
                }
                if !set.is_empty() || !remove.is_empty() {
                    self.ctx
                        .retrying(|| any.tag(&self.ctx, id, &set, &remove))
                        .await?;
                }
            }
            tried += 1;
        }
    }

    fn tag_work(
        &self,
        planned: &Planned,
        live: &Found<Value>,
        untold: bool,
    ) -> (Tags, Vec<String>) {
        let ours = self.session.read(|document| {
            document
                .resources
                .get(&planned.address)
                .map(|r| r.tags.clone())
                .unwrap_or_default()
        });
        let Some(tags) = live.tags.as_ref().or(untold.then_some(&ours)) else {
            return (Tags::new(), Vec::new());
        };
        let set = planned
            .tags
            .iter()
            .filter(|(key, value)| tags.get(*key) != Some(value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let remove = ours
            .keys()
            .filter(|key| !planned.tags.contains_key(*key) && tags.contains_key(*key))
            .cloned()
            .collect();
        (set, remove)
    }

    async fn until_ready(
        &self,
        planned: &Planned,
        spec: &Value,
        id: &str,
        any: &dyn AnyKind<C>,
        step: &Step,
    ) -> Result<Found<Value>> {
        let timeouts = any.timeouts();
        let deadline = self.ctx.clock.deadline(timeouts.limit);
        self.ctx.pause(timeouts.first).await?;
        let mut looks = 0;
        loop {
            let wanted = Wanted {
                address: planned.address.clone(),
                id: Some(id.to_owned()),
                spec: Some(spec.clone()),
            };
            let found = self.reader.find(&planned.kind, wanted).await?;
            looks += 1;
            let reason = match found.into_iter().find(|one| one.id == id) {
                Some(live) => match any.ready(&live.live)? {
                    Readiness::Ready | Readiness::Impaired(..) => return Ok(live),
                    Readiness::Failed(reason) => {
                        return Err(Error::failed(format!("{id} failed: {reason}"))
                            .at(&planned.address)
                            .with_code(Some(FAILED_STATE.to_owned()), None)
                            .hint("fix the cause; the next apply replaces the resource"));
                    }
                    Readiness::Leaving(reason) => {
                        return Err(Error::failed(format!(
                            "{id} is being deleted outside of rd: {reason}"
                        ))
                        .at(&planned.address)
                        .hint("find out who is deleting it, then run apply again"));
                    }
                    Readiness::Pending(reason) => reason,
                },
                None if looks > 2 * READ_ATTEMPTS && deadline.elapsed() > SEEN_WITHIN => {
                    return Err(
                        Error::failed(format!("{id} was created but no longer exists"))
                            .at(&planned.address)
                            .hint("it may have been deleted outside of rd; run apply again"),
                    );
                }
                None => "not visible yet".to_owned(),
            };
            if deadline.is_over() {
                return Err(Error::failed(format!(
                    "{id}: timed out after {}m: {reason}",
                    timeouts.limit.as_secs() / 60
                ))
                .at(&planned.address)
                .hint("the state records it; run apply again to continue waiting"));
            }
            step.say(&reason);
            self.ctx.pause(deadline.pause_from(timeouts.pause)).await?;
        }
    }
}

fn stuck(change: &Change) -> Error {
    Error::failed(format!(
        "`{}` is still {} instead of {}, although AWS accepted the change",
        change.path, change.before, change.after
    ))
    .hint(
        "check the resource in the AWS console: something may be resetting it; then run plan again",
    )
}
