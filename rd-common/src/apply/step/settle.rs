//! Brings an existing resource up to date: wait until it is ready, compare, update, read again.

use crate::apply::step::{Executor, READ_ATTEMPTS};
use crate::error::{Error, Result, Retry};
use crate::plan::planned::Planned;
use crate::resource::action::Action;
use crate::resource::any_kind::AnyKind;
use crate::resource::change::Change;
use crate::resource::kind::{Found, Readiness, Wanted};
use crate::resource::progress::Step;
use crate::resource::wait::backoff;
use crate::stack::Tags;
use crate::state::document::Phase;
use serde_json::Value;
use std::time::Duration;

/// How long reads can lag behind an update; mostly it is less than a second.
/// <https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>
const VISIBLE_WITHIN: Duration = Duration::from_secs(120);

/// How long reads may not show a resource that was created: a target group was missing for minutes.
/// <https://github.com/hashicorp/terraform-provider-aws/issues/20454>
const CREATED_VISIBLE_WITHIN: Duration = Duration::from_secs(300);

/// How long reads of a created resource can show another one of the same name that was deleted before.
const OLD_WITHIN: Duration = Duration::from_secs(30);

/// The pause between reads of a resource that must be seen as desired several times in a row.
const BETWEEN_READS: Duration = Duration::from_secs(1);

/// The error code, of our own, for a resource that failed in AWS.
pub(super) const FAILED_STATE: &str = "rd:FailedState";

impl<C: 'static> Executor<C> {
    /// Waits until the resource is ready and matches its spec, and updates what does not. `known` is the live resource
    /// where it was just read and was ready.
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
        self.complete(planned, spec, id, any, step).await?;
        let already_settled = known.is_some();
        let mut fresh = known;
        // How many reads in a row have shown the resource as desired.
        let mut matched = 0;
        let deadline = self.ctx.clock.deadline(VISIBLE_WITHIN);
        let mut tried = 0;
        // The number of changes of the last update.
        let mut updated = None;
        loop {
            let live = match fresh.take() {
                Some(live) => live,
                None => self.until_ready(planned, spec, id, any, step).await?,
            };
            let impaired = match any.ready(&live.live)? {
                Readiness::Impaired(reason, hint) => Some((reason, hint)),
                _ => None,
            };
            // What AWS does not report was set by the last update, where there was one.
            let compare = if updated.is_none() {
                last.as_ref()
            } else {
                Some(spec)
            };
            let changes = any.diff(spec, &live.live, compare)?;
            // Tags that are not read are those last applied, and, after an update, those of the plan.
            let use_stored_tags = any.tags_not_read() && updated.is_none();
            let (set, remove) = self.tags_to_change(planned, &live, use_stored_tags);
            if let Some((reason, hint)) = impaired
                && (changes.is_empty() || updated.is_some())
            {
                // AWS takes a while to show that an update has cured it.
                if updated.is_some() && !deadline.is_over() {
                    step.say(&reason);
                    self.ctx.pause(deadline.pause()).await?;
                    continue;
                }
                return Err(Error::failed(format!("{id} cannot be used: {reason}"))
                    .at(&planned.address)
                    .hint(hint));
            }
            if changes.is_empty() && set.is_empty() && remove.is_empty() {
                matched += 1;
                let trusted = already_settled && updated.is_none();
                if trusted || matched >= any.reads_in_a_row() {
                    return Ok(live);
                }
                step.say("checking that reads are stable");
                self.ctx.pause(BETWEEN_READS).await?;
                continue;
            }
            matched = 0;
            if let Some(change) = changes.iter().find(|change| change.replaces) {
                let created = matches!(planned.action, Action::Create | Action::Replace);
                if created && deadline.elapsed() < OLD_WITHIN {
                    // Reads can still show its predecessor of the same name.
                    self.ctx.pause(deadline.pause()).await?;
                    continue;
                }
                return Err(stuck(change).at(&planned.address));
            }
            if tried >= READ_ATTEMPTS && deadline.is_over() {
                let error = changes.first().map_or_else(
                    || {
                        Error::failed(
                            "the tags are still the old ones, although AWS accepted the change",
                        )
                    },
                    stuck,
                );
                return Err(error.at(&planned.address));
            }
            // Reads that lag show the old value for a while; an update is idempotent, but not sent again at once. Where
            // less differs than before, the update needs several calls, and the next one follows at once.
            let progressed = updated.is_some_and(|before: usize| changes.len() < before);
            if progressed {
                tried = 0;
            }
            if tried > 0 {
                self.ctx.pause(backoff(tried - 1)).await?;
            }
            if tried == 0 || tried % 3 == 0 {
                updated = Some(changes.len());
                step.say("updating");
                let _permit = self.permit().await?;
                let limit = any.timeouts().limit;
                let say = |error: &Error| step.say(&error.summary);
                let helps = |error: &Error| error.retry != Retry::Never;
                if !changes.is_empty() {
                    let update = || any.update(&self.ctx, id, &live.live, spec, &changes);
                    self.ctx.retrying_for(limit, say, helps, update).await?;
                }
                if !set.is_empty() || !remove.is_empty() {
                    let tag = || any.tag(&self.ctx, id, &set, &remove);
                    self.ctx.retrying_for(limit, say, helps, tag).await?;
                }
            }
            tried += 1;
        }
    }

    /// Completes a create that no run has seen ready. What was adopted keeps what it has.
    async fn complete(
        &self,
        planned: &Planned,
        spec: &Value,
        id: &str,
        any: &dyn AnyKind<C>,
        step: &Step,
    ) -> Result<()> {
        let is_new = self.session.read(|document| {
            let entry = document.resources.get(&planned.address);
            entry.is_some_and(|entry| {
                matches!(entry.phase, Phase::Creating | Phase::Created) && entry.adopted.is_none()
            })
        });
        if !is_new {
            return Ok(());
        }
        let _permit = self.permit().await?;
        let limit = any.timeouts().limit;
        let say = |error: &Error| step.say(&error.summary);
        let helps = |error: &Error| error.retry != Retry::Never;
        let complete = || any.complete(&self.ctx, id, spec);
        let completed = self.ctx.retrying_for(limit, say, helps, complete).await;
        completed.map_err(|error| error.at(&planned.address))
    }

    /// The tags to set and the keys to remove. `use_stored` takes the tags in the state for the live ones.
    fn tags_to_change(
        &self,
        planned: &Planned,
        live: &Found<Value>,
        use_stored: bool,
    ) -> (Tags, Vec<String>) {
        let ours = self.session.read(|document| {
            document
                .resources
                .get(&planned.address)
                .map(|r| r.tags.clone())
                .unwrap_or_default()
        });
        let Some(tags) = live.tags.as_ref().or(use_stored.then_some(&ours)) else {
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
        let mut reads = 0;
        loop {
            let wanted = Wanted {
                address: planned.address.clone(),
                id: Some(id.to_owned()),
                spec: Some(spec.clone()),
            };
            let found = self.reader.find(&planned.kind, wanted).await?;
            reads += 1;
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
                None if reads > 2 * READ_ATTEMPTS
                    && deadline.elapsed() > CREATED_VISIBLE_WITHIN =>
                {
                    return Err(
                        Error::failed(format!("{id} was created but no longer exists"))
                            .at(&planned.address)
                            .hint("it may have been deleted outside of rd; run apply again"),
                    );
                }
                None => "not visible yet".to_owned(),
            };
            if deadline.is_over_after(reads) {
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
