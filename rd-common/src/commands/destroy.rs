//! `destroy`: deletes every resource of the slice, in the order that AWS needs, once no other slice uses it.

use crate::apply::execute::Execution;
use crate::commands::limits::Limits;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::prompt;
use crate::pipe::output_resolver::OutputResolver;
use crate::pipe::session::Finished;
use crate::pipe::slice_session::{self, SliceSession};
use crate::plan::deletes::destroy_plan;
use crate::plan::doubles::{refuse_doubles, roots};
use crate::plan::plan_records::emit_plan;
use crate::plan::refreshed::Refreshed;
use crate::plan::unknown_slices::{refuse_unknown_slices, refuse_unknown_usage};
use crate::records::{Ended, Verb};
use crate::resource::slice::{DeleteTarget, Slice};
use crate::slices::{SLICES, program_of};
use crate::state::document::Document;
use crate::state::session::{LoadedState, Session};
use crate::state::store::{Key, Lock};
use futures_util::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The flags that `destroy` accepts.
#[derive(clap::Args, Clone, Debug)]
#[group(skip)]
pub struct DestroyArgs<D: clap::Args> {
    /// Destroy without asking for confirmation
    #[arg(long, short)]
    pub yes: bool,
    /// Confirm with the stack's name; required in production
    #[arg(long, value_name = "STACK")]
    pub confirm: Option<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as help")]
    pub limits: Limits,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as help")]
    pub own: D,
}

/// Destroys slice `S` as one program of a pipe.
pub(crate) async fn run<S: Slice>(
    context: &Context,
    args: &DestroyArgs<S::DestroyArgs>,
) -> Result<Exit> {
    slice_session::run::<S, _>(context, Verb::Destroy, false, |session| async move {
        let timeout = args.limits.lock_timeout;
        session
            .with_lock(context, Verb::Destroy, timeout, |state, lock| {
                destroy(&session, context, args, state, lock)
            })
            .await
    })
    .await
}

async fn destroy<S: Slice>(
    session: &SliceSession<S>,
    context: &Context,
    args: &DestroyArgs<S::DestroyArgs>,
    state: LoadedState,
    lock: Rc<dyn Lock>,
) -> Result<Finished> {
    let stack = session.stack.name();
    check_confirmation(context, args, &state.document, &stack)?;
    let outputs = OutputResolver::new(session);
    let ended = wait_for_users(session).await?;
    let refreshed = Refreshed::read(session, &state.document, &outputs).await?;
    let plan = destroy_plan(&refreshed.parts, &state.document, &refreshed.observed);
    if let Some(refused) = plan.refused() {
        return Err(refused.clone());
    }
    let targets: Vec<DeleteTarget> = plan
        .resources
        .iter()
        .filter_map(|planned| {
            Some(DeleteTarget {
                address: planned.address.clone(),
                kind: planned.kind.clone(),
                id: planned.live.as_ref()?.id.clone(),
            })
        })
        .collect();
    if plan.has_changes() {
        refuse_unknown_slices(session).await?;
        refuse_unknown_usage(session, S::used_by(&refreshed.ctx, &targets).await?).await?;
        let roots = roots(&refreshed.kinds, &state.document);
        refuse_doubles(&refreshed.kinds, &refreshed.reader, &roots).await?;
    }
    S::check_destroy(&refreshed.ctx, &targets, &args.own).await?;
    if !args.yes && args.confirm.is_none() && (plan.has_changes() || !plan.unseen.is_empty()) {
        emit_plan(&session.printer, S::NAME, &plan, &refreshed.kinds)?;
        session.printer.show_plans();
        let question =
            format!("All of this will be deleted. Type the stack's name, `{stack}`, to confirm:");
        if !prompt::ask(&question, &[&stack], &session.cancel).await? {
            return Err(Error::refused("not confirmed: nothing was deleted")
                .hint("type the stack's name, or pass -y"));
        }
    }
    let state = if plan.has_changes() {
        announce(session, state, &lock, &ended).await?
    } else {
        state
    };
    S::before_destroy(&refreshed.ctx, &targets, &args.own).await?;
    let execution = Execution {
        refreshed,
        outputs,
        state,
        lock,
        plan,
        parallelism: args.limits.parallelism,
    };
    execution
        .run(session, Verb::Destroy, |document| {
            document.outputs.clear();
            document.needs.clear();
            document.optional_needs.clear();
            document.protect = false;
            document.destroying = false;
        })
        .await
}

/// Refuses to destroy a protected stack, and any stack without confirmation.
fn check_confirmation<D: clap::Args>(
    context: &Context,
    args: &DestroyArgs<D>,
    state: &Document,
    stack: &str,
) -> Result<()> {
    if let Some(confirm) = &args.confirm
        && confirm != stack
    {
        return Err(
            Error::refused(format!("--confirm {confirm} is not this stack's name"))
                .hint(format!("this stack is {stack}")),
        );
    }
    if context.settings.stack.is_protected() {
        return Err(Error::refused(format!("{stack} is protected")).hint(
            "set `protect = false` in rd.toml and apply it, \
                 then run destroy again with --confirm and the stack's name",
        ));
    }
    if state.protect {
        return Err(Error::refused(format!("{stack} was protected when it was last applied"))
            .hint("`protect = false` in rd.toml takes effect with the next apply; run destroy after that"));
    }
    if context.stack.is_production() && args.confirm.is_none() && (args.yes || !prompt::can_ask()) {
        return Err(Error::refused(format!(
            "{stack} is a production stack: confirm with its name"
        ))
        .hint(format!("pass --confirm {stack}")));
    }
    if !args.yes && args.confirm.is_none() && !prompt::can_ask() {
        return Err(Error::refused("not confirmed").hint(format!("pass -y, or --confirm {stack}")));
    }
    Ok(())
}

/// The slices upstream that have ended, each with the serial of its state then; none where it has no state.
type EndedUsers = BTreeMap<String, Option<u64>>;

/// Waits until the slices upstream that use this one's outputs are destroyed. Refuses where another slice uses them.
async fn wait_for_users<S: Slice>(session: &SliceSession<S>) -> Result<EndedUsers> {
    let mut ended = EndedUsers::new();
    for slice in others::<S>(session).await? {
        let upstream = session.upstream.has(&slice);
        let document = load(session, &slice).await?;
        // A slice without a state that is in the pipe may find resources by their tags: what it uses is not known.
        let waits = match &document {
            Some(document) => document.uses(S::NAME) && !document.resources.is_empty(),
            None => upstream,
        };
        if !waits {
            continue;
        }
        if upstream {
            if session.upstream.wait_end(&slice).await != Ended::Ok {
                let program = program_of(&slice);
                return Err(
                    Error::upstream(format!("{program} failed, and it uses this slice")).hint(
                        format!(
                            "see the messages of {program} above, fix that and run the pipe again"
                        ),
                    ),
                );
            }
            let now = load(session, &slice).await?;
            ended.insert(slice, now.map(|document| document.serial));
        } else if let Some(document) = document {
            refuse_user::<S>(&slice, &document)?;
        }
    }
    Ok(ended)
}

/// Writes that the slice is being destroyed, then reads again who uses it: an apply of another slice writes what it needs
/// before it reads this, so that it is seen here or sees it there.
async fn announce<S: Slice>(
    session: &SliceSession<S>,
    state: LoadedState,
    lock: &Rc<dyn Lock>,
    ended: &EndedUsers,
) -> Result<LoadedState> {
    let (store, key) = (session.store.clone(), session.key());
    let open = Session::new(store, key, lock.clone(), state, Verb::Destroy.as_str());
    open.change(|document| document.destroying = true);
    open.save().await?;
    if let Err(refused) = refuse_new_users(session, ended).await {
        open.change(|document| document.destroying = false);
        open.save().await?;
        return Err(refused);
    }
    Ok(open.into_loaded())
}

/// Refuses where another slice has begun to use this one since [`wait_for_users`].
async fn refuse_new_users<S: Slice>(session: &SliceSession<S>, ended: &EndedUsers) -> Result<()> {
    let slices = others::<S>(session).await?;
    let documents = slices.iter().map(|slice| load(session, slice));
    let documents = try_join_all(documents).await?;
    for (slice, document) in slices.into_iter().zip(documents) {
        let Some(document) = document else {
            continue;
        };
        if !document.needs.iter().any(|need| need == S::NAME) {
            continue;
        }
        let key = Key {
            stack: session.stack.id(),
            slice: slice.clone(),
        };
        if let Some(holder) = session.store.holder(&key).await? {
            let program = program_of(&slice);
            return Err(Error::refused(format!(
                "{program} needs this slice, and {} ({}) is changing it",
                holder.who, holder.what
            ))
            .hint(format!(
                "nothing was deleted; when that run has ended, run {program} destroy first"
            )));
        }
        let unchanged = ended.get(&slice) == Some(&Some(document.serial));
        if !unchanged && !document.resources.is_empty() {
            refuse_user::<S>(&slice, &document)?;
        }
    }
    Ok(())
}

/// Refuses where the slice must be destroyed before this one.
fn refuse_user<S: Slice>(slice: &str, document: &Document) -> Result<()> {
    if document.needs.iter().all(|need| need != S::NAME) {
        return Ok(());
    }
    Err(Error::refused(format!(
        "rd-{slice} still has {} resources that use this slice",
        document.resources.len()
    ))
    .hint(format!(
        "destroy it first: rd-{slice} destroy | rd-{} destroy",
        S::NAME
    )))
}

/// The other slices that have a state or are in the pipe.
async fn others<S: Slice>(session: &SliceSession<S>) -> Result<BTreeSet<String>> {
    let mut slices: BTreeSet<String> = SLICES
        .iter()
        .filter(|slice| session.upstream.has(slice))
        .map(|slice| (*slice).to_owned())
        .collect();
    slices.extend(session.store.slices(&session.stack.id()).await?);
    slices.remove(S::NAME);
    Ok(slices)
}

async fn load<S: Slice>(session: &SliceSession<S>, slice: &str) -> Result<Option<Document>> {
    let key = Key {
        stack: session.stack.id(),
        slice: slice.to_owned(),
    };
    Ok(session
        .store
        .load(&key)
        .await?
        .map(|stored| stored.document))
}
