//! One task, done so that a kill at any point loses nothing: what is about to happen is durable before it happens.
//!
//! Create: record `creating` with a token, make that durable, create, record the id, wait until ready, set what the
//! create call could not set, record `ready`. A `creating` that an earlier run left, and an answer that was lost, mean
//! that it may exist: it is looked for, with pauses since reads lag behind writes, before another one is made.

use crate::engine::actions::Action;
use crate::engine::cx::Cx;
use crate::engine::plan::Planned;
use crate::engine::read::Reader;
use crate::engine::refresh::pick;
use crate::engine::wait::backoff;
use crate::error::{Error, Repeat, Result};
use crate::model::change::Change;
use crate::model::erased::{AnyKind, Kinds};
use crate::model::kind::{Found, Order, Readiness, Replacing, Wanted};
use crate::stack::Tags;
use crate::state::document::{Deposed, Phase, Resource};
use crate::state::session::Session;
use crate::ui::progress::Step;
use jiff::Timestamp;
use serde_json::Value;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How often something that may exist is looked for before it counts as not there. Reads lag by a few looks.
const LOOKS: u32 = 8;
/// How long an unfinished create of an earlier run counts as fresh, so that a look may not see it yet.
const FRESH: Duration = Duration::from_secs(120);
/// How often a create is tried whose answers are lost, or that is throttled.
const CREATE_ATTEMPTS: u32 = 8;
/// After how long a refused delete names what holds it.
const NAME_HOLDER_AFTER: Duration = Duration::from_secs(30);
/// How long a refused delete is tried.
const DELETE_LIMIT: Duration = Duration::from_secs(20 * 60);

/// What the steps of one run share.
pub struct Bench<C> {
    /// The context.
    pub cx: Rc<Cx<C>>,
    /// The kinds.
    pub kinds: Rc<Kinds<C>>,
    /// Reads.
    pub reader: Rc<Reader<C>>,
    /// The state.
    pub session: Rc<Session>,
    /// How many changes may be on their way at once.
    pub permits: Semaphore,
}

impl<C: 'static> Bench<C> {
    /// Carries out an `Up`, with `spec` fully known. Returns the id.
    pub async fn up(&self, planned: &Planned, spec: &Value, step: &Step) -> Result<String> {
        let any = self.kinds.get(&planned.kind)?;
        let address = planned.address.as_str();
        let makes = matches!(planned.action, Action::Create | Action::Replace);
        let id = if makes {
            let id = self.create(planned, spec, any.as_ref(), step).await?;
            self.record(planned, spec, |resource| {
                resource.id = Some(id.clone());
                resource.phase = Phase::Created;
                resource.since = Timestamp::now();
            });
            self.session.save().await?;
            id
        } else {
            let live = planned
                .live
                .as_ref()
                .ok_or_else(|| Error::failed("nothing to change").at(address))?;
            live.id.clone()
        };
        let known = match &planned.live {
            Some(live) if !makes && any.ready(&live.live)? == Readiness::Ready => {
                Some(live.clone())
            }
            _ => None,
        };
        let settled = self
            .settle(planned, spec, &id, known, any.as_ref(), step)
            .await;
        if let Err(error) = &settled
            && error.code.as_deref() == Some(FAILED_STATE)
        {
            self.record(planned, spec, |resource| {
                resource.id = Some(id.clone());
                resource.phase = Phase::Failed;
            });
            self.session.save().await?;
        }
        let live = settled?;
        let changed = self.record(planned, spec, |resource| {
            resource.id = Some(id.clone());
            resource.phase = Phase::Ready;
            resource.token = None;
            resource.spec = spec.clone();
            resource.tags.clone_from(&planned.tags);
            resource.attributes = live.live;
        });
        if changed {
            self.session.save().await?;
        }
        Ok(id)
    }

    /// Waits until it is ready and as wanted, changing what is not.
    async fn settle(
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
        let mut tried = 0;
        loop {
            let live = match fresh.take() {
                Some(live) => live,
                None => self.until_ready(planned, spec, id, any, step).await?,
            };
            // Once changed, what AWS does not report is as it was last asked for: the update carried it.
            let compare = if tried == 0 {
                last.as_ref()
            } else {
                Some(spec)
            };
            let changes = any.diff(spec, &live.live, compare)?;
            let (set, remove) = self.tag_work(planned, &live);
            if changes.is_empty() && set.is_empty() && remove.is_empty() {
                return Ok(live);
            }
            if let Some(change) = changes.iter().find(|change| change.replaces) {
                return Err(stuck(change).at(&planned.address));
            }
            if tried == LOOKS {
                let error = changes.first().map_or_else(
                    || Error::failed("AWS took the change of tags but does not show it"),
                    stuck,
                );
                return Err(error.at(&planned.address));
            }
            // Lagging reads show the old value for a while; the same change again does no harm, but not at once.
            if tried > 0 {
                self.cx.clock.sleep(backoff(tried - 1)).await;
            }
            if tried == 0 || tried % 3 == 0 {
                step.say("updating");
                let _permit = self.permit().await?;
                if !changes.is_empty() {
                    self.repeating(|| any.update(&self.cx, id, &live.live, spec, &changes))
                        .await?;
                }
                if !set.is_empty() || !remove.is_empty() {
                    self.repeating(|| any.tag(&self.cx, id, &set, &remove))
                        .await?;
                }
            }
            tried += 1;
        }
    }

    fn tag_work(&self, planned: &Planned, live: &Found<Value>) -> (Tags, Vec<String>) {
        let Some(tags) = &live.tags else {
            return (Tags::new(), Vec::new());
        };
        let set = planned
            .tags
            .iter()
            .filter(|(key, value)| tags.get(*key) != Some(value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let ours = self.session.read(|document| {
            document
                .resources
                .get(&planned.address)
                .map(|r| r.tags.clone())
                .unwrap_or_default()
        });
        let remove = ours
            .into_keys()
            .filter(|key| !planned.tags.contains_key(key) && tags.contains_key(key))
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
        let patience = any.patience();
        let deadline = self.cx.clock.deadline(patience.limit);
        self.pause(patience.first).await?;
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
                    Readiness::Ready => return Ok(live),
                    Readiness::Failed(reason) => {
                        return Err(Error::failed(format!("{id} failed: {reason}"))
                            .at(&planned.address)
                            .coded(Some(FAILED_STATE.to_owned()), None)
                            .hint("mend the cause; the next apply replaces it"));
                    }
                    Readiness::Leaving(reason) => {
                        return Err(Error::failed(format!(
                            "{id} is being deleted by somebody else: {reason}"
                        ))
                        .at(&planned.address)
                        .hint("find out who does it, then run apply again"));
                    }
                    Readiness::Pending(reason) => reason,
                },
                None if looks > LOOKS && deadline.elapsed() > Duration::from_secs(60) => {
                    return Err(Error::failed(format!(
                        "{id} was made and cannot be found any more"
                    ))
                    .at(&planned.address)
                    .hint("somebody may have deleted it; run apply again"));
                }
                None => "not to be seen yet".to_owned(),
            };
            if deadline.is_over() {
                return Err(Error::failed(format!(
                    "{id} was not ready after {} minutes: {reason}",
                    patience.limit.as_secs() / 60
                ))
                .at(&planned.address)
                .hint("it is recorded; run apply again to go on waiting"));
            }
            step.say(&reason);
            self.pause(deadline.pause()).await?;
        }
    }

    async fn create(
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
        for attempt in 0..CREATE_ATTEMPTS {
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
                Err(error) if error.repeat == Repeat::Never || attempt + 1 == CREATE_ATTEMPTS => {
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
                    self.pause(backoff(attempt)).await?;
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
                self.pause(backoff(attempt)).await?;
            }
        }
        Ok(None)
    }

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
        loop {
            let permit = self.permit().await?;
            let answer = any.delete(&self.cx, id).await;
            drop(permit);
            let Err(error) = answer else {
                break;
            };
            if error.repeat == Repeat::Never || deadline.is_over() {
                return Err(error);
            }
            let mut reason = error.summary.clone();
            if error.repeat == Repeat::Later
                && deadline.elapsed() > NAME_HOLDER_AFTER
                && let Some(holders) = any.holders(&self.cx, id).await?
            {
                reason = format!("held by {holders}");
            }
            step.say(&reason);
            self.pause(deadline.pause()).await?;
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
            self.pause(deadline.pause()).await?;
        }
    }

    /// Repeats a call that does no harm when done twice, until it is done or refused for good.
    async fn repeating<'a, F>(&self, call: impl Fn() -> F) -> Result<()>
    where
        F: std::future::Future<Output = Result<()>> + 'a,
    {
        for attempt in 0.. {
            match call().await {
                Err(error) if error.repeat != Repeat::Never && attempt + 1 < CREATE_ATTEMPTS => {
                    self.pause(backoff(attempt)).await?;
                }
                done => return done,
            }
        }
        Ok(())
    }

    async fn permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>> {
        let permit = self
            .permits
            .acquire()
            .await
            .map_err(|_| Error::interrupted())?;
        if self.cx.cancel.is_cancelled() {
            return Err(Error::interrupted());
        }
        Ok(permit)
    }

    /// A pause that ends early, with an error, when the user asks to stop. What waits is recorded and can be gone on with.
    async fn pause(&self, duration: Duration) -> Result<()> {
        tokio::select! {
            biased;
            () = self.cx.cancel.cancelled() => Err(Error::interrupted()),
            () = self.cx.clock.sleep(duration) => Ok(()),
        }
    }

    /// Edits what the state knows of a planned resource, making the entry where there is none. Says whether it changed.
    fn record(&self, planned: &Planned, spec: &Value, edit: impl FnOnce(&mut Resource)) -> bool {
        let before = self
            .session
            .read(|document| document.resources.get(&planned.address).cloned());
        let mut resource = before.clone().unwrap_or_else(|| Resource {
            kind: planned.kind.clone(),
            id: None,
            phase: Phase::Ready,
            since: Timestamp::now(),
            token: None,
            spec: spec.clone(),
            tags: planned.tags.clone(),
            attributes: Value::Null,
            depends_on: Vec::new(),
            deposed: Vec::new(),
        });
        resource.depends_on.clone_from(&planned.depends_on);
        edit(&mut resource);
        if let Some(id) = &resource.id {
            self.cx.known_ids.borrow_mut().insert(id.clone());
        }
        if before.as_ref() == Some(&resource) {
            return false;
        }
        self.session
            .change(|document| document.resources.insert(planned.address.clone(), resource));
        true
    }
}

/// The code of an error that says that AWS gave a resource up.
const FAILED_STATE: &str = "rd:FailedState";

fn stuck(change: &Change) -> Error {
    Error::failed(format!(
        "`{}` is {} and not {}, although AWS took the change",
        change.path, change.before, change.after
    ))
    .hint("look at the resource in the console: something may set it back; then run plan again")
}
