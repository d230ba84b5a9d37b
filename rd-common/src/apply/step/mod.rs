//! One task, done so that a kill at any point loses nothing: what is about to happen is durable before it happens.
//!
//! Create: record `creating` with a token, make that durable, create, record the id, wait until ready, set what the
//! create call could not set, record `ready`. A `creating` that an earlier run left, and an answer that was lost, mean
//! that it may exist: it is looked for, with pauses since reads lag behind writes, before another one is made.

mod create;
mod delete;
mod settle;

use crate::apply::step::settle::FAILED_STATE;
use crate::error::{Error, Result};
use crate::plan::planner::Planned;
use crate::resource::action::Action;
use crate::resource::any_kind::Kinds;
use crate::resource::ctx::Ctx;
use crate::resource::kind::Readiness;
use crate::resource::progress::Step;
use crate::resource::reader::Reader;
use crate::state::document::{Phase, Resource};
use crate::state::lock_guard::check_held;
use crate::state::session::Session;
use jiff::Timestamp;
use serde_json::Value;
use std::rc::Rc;
use tokio::sync::Semaphore;

/// How often something that may exist is read before it counts as missing: reads lag behind writes.
const READ_ATTEMPTS: u32 = 8;

/// What the steps of one run share.
pub struct Executor<C> {
    /// What the kinds' calls need.
    pub ctx: Rc<Ctx<C>>,
    /// The kinds of the slice.
    pub kinds: Rc<Kinds<C>>,
    /// Batches reads by kind.
    pub reader: Rc<Reader<C>>,
    /// The state, under its lock.
    pub session: Rc<Session>,
    /// Limits the changes in flight.
    pub permits: Semaphore,
}

impl<C: 'static> Executor<C> {
    /// Creates, changes, imports or confirms a wanted resource, with `spec` fully known. Returns its id.
    pub async fn apply(&self, planned: &Planned, spec: &Value, step: &Step) -> Result<String> {
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
        // The id is written down while it is waited for: were it lost, what was made would be looked for.
        let settle = self.settle(planned, spec, &id, known, any.as_ref(), step);
        let (settled, saved) = tokio::join!(settle, async {
            if makes {
                self.session.save().await
            } else {
                Ok(())
            }
        });
        saved?;
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

    async fn permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>> {
        let permit = self
            .permits
            .acquire()
            .await
            .map_err(|_| Error::interrupted())?;
        if self.ctx.cancel.is_cancelled() {
            return Err(Error::interrupted());
        }
        check_held(self.session.lock())?;
        Ok(permit)
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
            self.ctx.known_ids.borrow_mut().insert(id.clone());
        }
        if before.as_ref() == Some(&resource) {
            return false;
        }
        self.session
            .change(|document| document.resources.insert(planned.address.clone(), resource));
        true
    }
}
