//! Reads what a slice's state knows by id as soon as the program starts: while it asks AWS for its account, and while it
//! waits for the programs before it in the pipe. For commands that change nothing.

use crate::context::Context;
use crate::error::Result;
use crate::pipe::slice_session::SliceSession;
use crate::resource::any_kind::Kinds;
use crate::resource::ctx::Ctx;
use crate::resource::reader::Reader;
use crate::resource::signal::Cancel;
use crate::resource::slice::Slice;
use crate::state::session::LoadedState;
use std::rc::Rc;
use tokio::task::JoinHandle;

/// How a slice reads its resources.
pub struct Reading<S: Slice> {
    /// The context of every call to AWS.
    pub ctx: Rc<Ctx<S::Clients>>,
    /// The resource kinds of the slice.
    pub kinds: Rc<Kinds<S::Clients>>,
    /// Reads resources, batched by kind.
    pub reader: Rc<Reader<S::Clients>>,
}

impl<S: Slice> Reading<S> {
    /// Reads with this context. Nothing is read yet.
    pub fn new(ctx: Ctx<S::Clients>) -> Self {
        let (ctx, kinds) = (Rc::new(ctx), Rc::new(S::kinds()));
        Self {
            reader: Reader::new(ctx.clone(), kinds.clone()),
            ctx,
            kinds,
        }
    }
}

/// What was read ahead.
pub enum Ahead<S: Slice> {
    /// The state, and the resources that it knows.
    State(Box<LoadedState>, Reading<S>),
    /// The slice has no state.
    NoState,
    /// Nothing: something is wrong, which the command finds.
    Nothing,
}

/// The reads of a slice, under way.
pub struct ReadAhead<S: Slice> {
    task: JoinHandle<Option<Ahead<S>>>,
}

impl<S: Slice> ReadAhead<S> {
    /// Starts to read. It takes the account from the state, which [`ReadAhead::finish`] checks. Whatever is wrong, such
    /// as the settings or the credentials, is left for the command to find. Must be called inside a `LocalSet`.
    pub fn start(context: &Context) -> Self {
        let (store, key) = (context.store.clone(), context.key(S::NAME));
        let (stack, progress) = (context.stack.clone(), context.progress.clone());
        let config = context.settings.section::<S::Config>(S::NAME).ok();
        let connect = context.connect();
        let task = tokio::task::spawn_local(async move {
            let config = config?;
            let Some(stored) = store.load(&key).await.ok()? else {
                return Some(Ahead::NoState);
            };
            let document = &stored.document;
            let _ = stack.account.set(document.account.clone());
            let ours = document.belongs_to(&stack, S::NAME, "").is_ok();
            let usable =
                ours && !document.account.is_empty() && S::check(&config, &stack).is_empty();
            let aws = connect.await.ok().filter(|_| usable)?;
            aws.check_credentials().await.ok()?;
            let ctx = Ctx::new(
                S::clients(&aws, &stack, &config),
                S::NAME,
                stack,
                Cancel::default(),
                progress,
            );
            let reading = Reading::new(ctx);
            reading.reader.read_ahead(document).await;
            let state = LoadedState {
                document: stored.document,
                tag: Some(stored.tag),
            };
            Some(Ahead::State(Box::new(state), reading))
        });
        Self { task }
    }

    /// What was read. Fails where the state belongs to another account than the session's.
    pub async fn finish(self, session: &SliceSession<S>) -> Result<Ahead<S>> {
        let ahead = self.task.await.ok().flatten().unwrap_or(Ahead::Nothing);
        let Ahead::State(state, reading) = &ahead else {
            return Ok(ahead);
        };
        session.check_state(&state.document)?;
        let (asked, cancel) = (session.cancel.cancelled(), reading.ctx.cancel.clone());
        tokio::task::spawn_local(async move {
            asked.await;
            cancel.cancel();
        });
        Ok(ahead)
    }
}
