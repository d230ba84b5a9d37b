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
use crate::plan::plan_records::emit_plan;
use crate::plan::refreshed::Refreshed;
use crate::records::{Ended, Verb};
use crate::resource::slice::{DeleteTarget, Slice};
use crate::state::document::Document;
use crate::state::session::LoadedState;
use crate::state::store::{Key, Lock};
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
    wait_for_users(session).await?;
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
    S::check_destroy(&refreshed.ctx, &targets, &args.own).await?;
    if !args.yes && args.confirm.is_none() && plan.has_changes() {
        emit_plan(&session.printer, S::NAME, &plan);
        let question =
            format!("All of this will be deleted. Type the stack's name, `{stack}`, to confirm:");
        if !prompt::ask(&question, &[&stack], &session.cancel).await? {
            return Err(Error::refused("not confirmed: nothing was deleted")
                .hint("type the stack's name, or pass -y"));
        }
    }
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

/// Waits until the slices upstream that use this one's outputs are destroyed. Refuses where another slice uses them.
async fn wait_for_users<S: Slice>(session: &SliceSession<S>) -> Result<()> {
    let stack = session.stack.id();
    for slice in session.store.slices(&stack).await? {
        if slice == S::NAME {
            continue;
        }
        let key = Key {
            stack: stack.clone(),
            slice,
        };
        let Some(stored) = session.store.load(&key).await? else {
            continue;
        };
        let document = stored.document;
        if !document.uses(S::NAME) || document.resources.is_empty() {
            continue;
        }
        let slice = &key.slice;
        if session.upstream.has(slice) {
            if session.upstream.wait_end(slice).await != Ended::Ok {
                return Err(
                    Error::upstream(format!("rd-{slice} failed, and it uses this slice")).hint(
                        format!(
                            "see the messages of rd-{slice} above, fix that and run the pipe again"
                        ),
                    ),
                );
            }
        } else if document.needs.iter().any(|need| need == S::NAME) {
            return Err(Error::refused(format!(
                "rd-{slice} still has {} resources that use this slice",
                document.resources.len()
            ))
            .hint(format!(
                "destroy it first: rd-{slice} destroy | rd-{} destroy",
                S::NAME
            )));
        }
    }
    Ok(())
}
