//! A slice's program in a pipe: the session, with the slice's settings and its state.

use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::pipe::intake::Intake;
use crate::pipe::session::{self, Finished, Member, PipeSession};
use crate::pipe::upstream::Upstream;
use crate::records::Verb;
use crate::resource::slice::Slice;
use crate::state::document::Document;
use crate::state::lock_guard::{self, OnLoss};
use crate::state::session::LoadedState;
use crate::state::store::{Key, Lock};
use std::future::Future;
use std::ops::Deref;
use std::rc::Rc;
use std::time::Duration;

/// A slice's program that has written its `begin`.
pub struct SliceSession<S: Slice> {
    session: Rc<PipeSession>,
    /// The slice's section of `rd.toml`, checked.
    pub config: S::Config,
}

impl<S: Slice> Deref for SliceSession<S> {
    type Target = PipeSession;

    fn deref(&self) -> &PipeSession {
        &self.session
    }
}

/// Checks the slice's settings, and runs `work` between `begin` and `end`.
pub async fn run<S: Slice, F>(
    context: &Context,
    verb: Verb,
    offline: bool,
    work: impl FnOnce(Rc<SliceSession<S>>) -> F,
) -> Result<Exit>
where
    F: Future<Output = Result<Finished>>,
{
    let intake = Intake::of(&verb);
    run_with(context, verb, offline, intake, work).await
}

/// The same, for a command whose flags say what it accepts on stdin.
pub async fn run_with<S: Slice, F>(
    context: &Context,
    verb: Verb,
    offline: bool,
    intake: Intake,
    work: impl FnOnce(Rc<SliceSession<S>>) -> F,
) -> Result<Exit>
where
    F: Future<Output = Result<Finished>>,
{
    let upstream = Upstream::new(S::NAME, intake, context.stack.clone());
    let member = Member {
        name: S::NAME,
        verb: verb.clone(),
        offline,
    };
    session::run(
        context,
        member,
        upstream,
        |stack| {
            let config: S::Config = context.settings.section(S::NAME)?;
            let problems = S::check(&config, stack);
            context.settings.reject(Some(S::NAME), &problems)?;
            if matches!(verb, Verb::Plan | Verb::Apply)
                && let Some(why) = S::needs_two_zones(&config)
            {
                context.settings.require_two_zones(why)?;
            }
            Ok(config)
        },
        |session, config| work(Rc::new(SliceSession { session, config })),
    )
    .await
}

impl<S: Slice> SliceSession<S> {
    /// The key of the slice's own state.
    pub fn key(&self) -> Key {
        Key {
            stack: self.stack.id(),
            slice: S::NAME.to_owned(),
        }
    }

    /// The slice's stored state, or an empty one. Fails where the state belongs to another stack, region or account.
    pub async fn load_state(&self) -> Result<LoadedState> {
        let stored = self.store.load(&self.key()).await?;
        if let Some(stored) = &stored {
            self.check_state(&stored.document)?;
        }
        Ok(LoadedState::or_empty(stored, || {
            Document::empty(&self.stack, S::NAME)
        }))
    }

    /// Clears the way for a rebuild: a state that cannot be read is kept in another place, and the newest version of the
    /// history takes its place, where there is one.
    async fn set_aside_unreadable(&self, lock: &dyn Lock) -> Result<()> {
        let key = self.key();
        if let Some(kept) = self.store.set_aside_unreadable(&key, lock).await? {
            let base = match self.store.load(&key).await? {
                Some(stored) => format!("serial {} of the history", stored.document.serial),
                None => "AWS alone: the history has no version".to_owned(),
            };
            self.warn(
                format!(
                    "the state {} cannot be read; it is rebuilt from {base}",
                    self.store.location(&key)
                ),
                format!("the unreadable state is kept in {kept}"),
            );
        }
        Ok(())
    }

    /// Fails where the slice's state belongs to another stack, region or account.
    pub fn check_state(&self, state: &Document) -> Result<()> {
        let location = self.store.location(&self.key());
        state.belongs_to(&self.stack, S::NAME, &location)
    }

    /// Writes the slice's notes on a plan or an apply ([`Slice::notes`]) as warnings.
    pub fn emit_notes(&self, discovered: &S::Discovered, state: &Document) {
        for note in S::notes(&self.stack, &self.config, discovered, state) {
            self.warn(note.summary, note.hint);
        }
    }
}

impl<S: Slice> SliceSession<S> {
    /// Runs `work` with the slice's state while this run holds its lock. Waits up to `timeout` for another holder.
    pub async fn with_lock<F>(
        &self,
        context: &Context,
        verb: Verb,
        timeout: Duration,
        work: impl FnOnce(LoadedState, Rc<dyn Lock>) -> F,
    ) -> Result<Finished>
    where
        F: Future<Output = Result<Finished>>,
    {
        let holder = context.holder(verb.as_str());
        let cancel = self.cancel.clone();
        let on_loss = OnLoss::Ask(Rc::new(move || cancel.cancel()));
        lock_guard::with_lock(
            &self.store,
            &self.key(),
            holder,
            timeout,
            on_loss,
            &context.access.guard,
            self.cancel.cancelled(),
            |lock: Rc<dyn Lock>| async move {
                if verb == Verb::Rebuild {
                    self.set_aside_unreadable(lock.as_ref()).await?;
                }
                let state = self.load_state().await?;
                work(state, lock).await
            },
        )
        .await
    }
}
