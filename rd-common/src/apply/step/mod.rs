//! Does one task so that a kill at any point loses nothing: the state has every step before it is taken.
//!
//! A create records `creating` with a token, makes that durable, sends the create call, records the id, waits until the
//! resource is ready, sets what the create call could not set, and records `ready`. After a kill or a lost response,
//! the resource may exist. So it is searched for, for as long as reads can lag behind writes, before another one is
//! created.

mod alone;
mod create;
pub mod delete;
pub mod search;
mod settle;

use crate::apply::step::settle::FAILED_STATE;
use crate::error::{Error, Result};
use crate::plan::planned::Planned;
use crate::resource::action::Action;
use crate::resource::any_kind::Kinds;
use crate::resource::ctx::Ctx;
use crate::resource::kind::Readiness;
use crate::resource::progress::Step;
use crate::resource::reader::Reader;
use crate::state::document::{Document, OtherMembers, Phase, Resource};
use crate::state::lock_guard::check_held;
use crate::state::session::Session;
use jiff::Timestamp;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use tokio::sync::{OnceCell, Semaphore};

/// How often a resource that may exist is read before it counts as missing, since reads lag behind writes.
const READ_ATTEMPTS: u32 = 8;

/// Does the tasks of one run.
pub struct Executor<C> {
    /// The context of every call to AWS.
    pub ctx: Rc<Ctx<C>>,
    /// The resource kinds of the slice.
    pub kinds: Rc<Kinds<C>>,
    /// Reads resources, batched by kind.
    pub reader: Rc<Reader<C>>,
    /// The state, whose lock this run holds.
    pub session: Rc<Session>,
    /// Limits the number of changes in flight.
    pub permits: Semaphore,
    /// Set once this run has looked, before the first resource that costs, whether it is alone.
    pub alone: OnceCell<bool>,
    /// What this run has done.
    pub done: Done,
}

/// What a run has done so far.
#[derive(Default)]
pub struct Done {
    /// The addresses at which resources were created, updated, imported or checked.
    applied: RefCell<BTreeSet<String>>,
    /// The ids that were deleted, with their kinds. Reads can still show them.
    deleted: RefCell<BTreeSet<(String, String)>>,
    /// The entries, by their addresses, whose create may have succeeded although reads did not show it.
    doubtful: RefCell<BTreeMap<String, Resource>>,
}

impl Done {
    /// Nothing yet. `state` may have creates that an earlier run did not finish.
    pub fn nothing(state: &Document) -> Self {
        let interrupted = state.resources.iter();
        let interrupted = interrupted.filter(|(_, entry)| entry.may_have_been_created());
        Self {
            doubtful: RefCell::new(interrupted.map(|(a, e)| (a.clone(), e.clone())).collect()),
            ..Self::default()
        }
    }
}

impl<C: 'static> Executor<C> {
    /// Creates, updates or imports a resource, or checks that it is up to date. `spec` has no references left. Returns
    /// the id.
    pub async fn apply(&self, planned: &Planned, spec: &Value, step: &Step) -> Result<String> {
        let any = self.kinds.get(&planned.kind)?;
        let address = planned.address.as_str();
        let creates = matches!(planned.action, Action::Create | Action::Replace);
        let id = if creates {
            self.look_before_create(planned, spec, any.as_ref()).await?;
            let id = self.create(planned, spec, any.as_ref(), step).await?;
            self.record(planned, spec, |resource| {
                resource.set_id(&id);
                resource.phase = Phase::Created;
            });
            id
        } else {
            let live = planned.live.as_ref().ok_or_else(|| {
                Error::failed("the plan has no live resource to change").at(address)
            })?;
            live.id.clone()
        };
        let known = match &planned.live {
            Some(live) if !creates && any.ready(&live.live)? == Readiness::Ready => {
                Some(live.clone())
            }
            _ => None,
        };
        // The id is saved while AWS works: if it were lost, the next run would search for the resource.
        let settle = self.settle(planned, spec, &id, known, any.as_ref(), step);
        let (settled, saved) = tokio::join!(settle, async {
            if creates {
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
                resource.set_id(&id);
                resource.phase = Phase::Failed;
            });
            self.session.save().await?;
        }
        let live = settled?;
        let changed = self.record(planned, spec, |resource| {
            resource.set_id(&id);
            resource.phase = Phase::Ready;
            resource.token = None;
            resource.spec = spec.clone();
            resource.tags.clone_from(&planned.tags);
            resource.attributes = live.live;
        });
        if changed {
            // After a kill, the next run reads the resource again.
            self.session.save_soon().await?;
        }
        self.done.applied.borrow_mut().insert(address.to_owned());
        if creates {
            self.look_after_create(address, any.as_ref()).await?;
        }
        Ok(id)
    }

    /// Waits for a free place among the changes in flight. Fails where the user asked to stop, or the lock is lost.
    async fn permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>> {
        let permit = self
            .permits
            .acquire()
            .await
            .map_err(|_| Error::interrupted())?;
        if self.ctx.cancel.is_cancelled() {
            return Err(Error::interrupted());
        }
        check_held(self.session.lock()).await?;
        Ok(permit)
    }

    /// Edits the entry of a resource in the state, which is created where there is none. Returns whether it changed.
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
            adopted: None,
            other: OtherMembers::new(),
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
