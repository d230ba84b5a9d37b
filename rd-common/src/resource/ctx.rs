//! The context that every method of a kind gets: clients, stack, clock, cancellation and progress.

use crate::error::{Error, Result, Retry};
use crate::resource::patience::{Patience, REFUSED_LIMIT};
use crate::resource::progress::Progress;
use crate::resource::signal::Cancel;
use crate::resource::wait::Clock;
use crate::stack::Stack;
use crate::state::adopted::Kept;
use crate::state::document::Document;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::time::Duration;

/// The context of one run, for a slice whose clients are `C`.
pub struct Ctx<C> {
    /// The slice's AWS clients.
    pub clients: C,
    /// The name of the slice, such as `net`.
    pub slice: &'static str,
    /// The stack that the run works on.
    pub stack: Stack,
    /// The clock of pauses and deadlines.
    pub clock: Clock,
    /// Set when the user asks to stop.
    pub cancel: Cancel,
    /// Where running steps are reported.
    pub progress: Progress,
    /// The ids of all resources in the state, of any kind.
    pub known_ids: RefCell<BTreeSet<String>>,
    /// What the state has of each resource, as AWS last reported it, by address.
    pub recorded: RefCell<BTreeMap<String, Value>>,
    /// What the adopted resources keep, by address and id; see [`crate::state::adopted::Adopted::kept`].
    kept: RefCell<BTreeMap<(String, String), BTreeMap<String, Kept>>>,
    /// Whether what belongs to the resources of the state as a part is taken over, although it has no tags of this stack.
    pub adopts_parts: Cell<bool>,
}

impl<C> Ctx<C> {
    /// A context without known ids, whose clock is scaled by `RD_WAIT_SCALE`.
    pub fn new(
        clients: C,
        slice: &'static str,
        stack: Stack,
        cancel: Cancel,
        progress: Progress,
    ) -> Self {
        Self {
            clients,
            slice,
            stack,
            clock: Clock::from_env(),
            cancel,
            progress,
            known_ids: RefCell::default(),
            recorded: RefCell::default(),
            kept: RefCell::default(),
            adopts_parts: Cell::new(false),
        }
    }

    /// Whether a resource in the state has this id.
    pub fn knows(&self, id: &str) -> bool {
        self.known_ids.borrow().contains(id)
    }

    /// Takes over what a state has.
    pub fn know(&self, state: &Document) {
        *self.known_ids.borrow_mut() = state.ids().map(str::to_owned).collect();
        let recorded = state.resources.iter();
        *self.recorded.borrow_mut() = recorded
            .map(|(address, resource)| (address.clone(), resource.attributes.clone()))
            .collect();
        let kept = state.resources.iter().filter_map(|(address, resource)| {
            let key = (address.clone(), resource.id.clone()?);
            Some((key, resource.adopted.as_ref()?.kept.clone()))
        });
        *self.kept.borrow_mut() = kept.collect();
    }

    /// Hides from a live resource what it keeps.
    pub fn hide_kept(&self, address: &str, id: &str, live: &mut Value) {
        let all = self.kept.borrow();
        if let Some(kept) = all.get(&(address.to_owned(), id.to_owned())) {
            hide(live, kept);
        }
    }

    /// The resource at an address as the state has it; none where it has none, or one of another form.
    pub fn recorded<L: DeserializeOwned>(&self, address: &str) -> Option<L> {
        L::deserialize(self.recorded.borrow().get(address)?).ok()
    }

    /// Sleeps for `duration` of the clock. Fails at once when the user asks to stop.
    pub async fn pause(&self, duration: Duration) -> Result<()> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Error::interrupted()),
            () = self.clock.sleep(duration) => Ok(()),
        }
    }

    /// Calls an idempotent `call` until it succeeds, fails with an error that no retry helps, or [`Patience`] ends. The
    /// SDK itself makes one attempt of each change.
    pub async fn retrying<T, F>(&self, call: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.retrying_while(|error| error.retry != Retry::Never, call)
            .await
    }

    /// The same for a `call` that must not be carried out twice: it is repeated only where AWS did not carry it out.
    pub async fn retrying_if_not_done<T, F>(&self, call: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.retrying_while(|error| error.retry == Retry::NotDone, call)
            .await
    }

    async fn retrying_while<T, F>(
        &self,
        helps: impl Fn(&Error) -> bool,
        call: impl Fn() -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.retrying_for(REFUSED_LIMIT, |_| {}, helps, call).await
    }

    /// As [`Ctx::retrying`], while `helps` is true of the error. What AWS refuses for now is repeated for `limit`; `say`
    /// gets each error before the pause.
    pub async fn retrying_for<T, F>(
        &self,
        limit: Duration,
        say: impl Fn(&Error),
        helps: impl Fn(&Error) -> bool,
        call: impl Fn() -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut patience = Patience::new(self.clock, limit);
        loop {
            let error = match call().await {
                Err(error) if helps(&error) => error,
                result => return result,
            };
            let Some(pause) = patience.pause_after(&error) else {
                return Err(error);
            };
            say(&error);
            self.pause(pause).await?;
        }
    }
}

/// What a live resource shows of itself, without the members that are kept.
pub fn hide(live: &mut Value, all: &BTreeMap<String, Kept>) {
    let Some(members) = live.as_object_mut() else {
        return;
    };
    for (name, kept) in all {
        if let Some(value) = members.get_mut(name) {
            *value = kept.seen(value);
        }
    }
}
