//! `apply`: creates and updates resources to match `rd.toml`, or carries out a saved plan.

use crate::apply::execute::Execution;
use crate::commands::limits::Limits;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::prompt;
use crate::pipe::intake::{Intake, PlanSource};
use crate::pipe::output_resolver::OutputResolver;
use crate::pipe::session::Finished;
use crate::pipe::slice_session::{self, SliceSession};
use crate::plan::deleted_first::{in_use, summary, way_out};
use crate::plan::doubles::{creates, refuse_doubles, roots};
use crate::plan::plan_records::emit_plan;
use crate::plan::planned::Plan;
use crate::plan::refreshed::Refreshed;
use crate::plan::saved_plan::{check_actions, check_state};
use crate::plan::unknown_slices::refuse_unknown_slices;
use crate::records::Verb;
use crate::resource::slice::Slice;
use crate::slices::SLICES;
use crate::state::session::LoadedState;
use crate::state::store::Lock;
use std::path::PathBuf;
use std::rc::Rc;

/// The flags that `apply` accepts.
#[derive(clap::Args, Clone, Debug)]
pub struct ApplyArgs {
    /// Apply without asking for confirmation
    #[arg(long, short)]
    pub yes: bool,
    /// Show every field of what is created, before the question
    #[arg(long)]
    pub full: bool,
    /// Replace this resource, and those that depend on it, although other slices use them; can be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub allow_replace: Vec<String>,
    /// Apply exactly the saved plan in this file; - for stdin
    #[arg(long, value_name = "FILE", conflicts_with = "yes")]
    pub plan: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as help")]
    pub limits: Limits,
}

/// Applies slice `S` as one program of a pipe.
pub(crate) async fn run<S: Slice>(context: &Context, args: &ApplyArgs) -> Result<Exit> {
    context.printer.show_in_full(args.full);
    let intake = Intake::of_apply(args.yes, args.plan.clone().map(PlanSource::from));
    slice_session::run_with::<S, _>(context, Verb::Apply, false, intake, |session| async move {
        session
            .with_lock(
                context,
                Verb::Apply,
                args.limits.lock_timeout,
                |state, lock| apply(&session, context, args, state, lock),
            )
            .await
    })
    .await
}

async fn apply<S: Slice>(
    session: &SliceSession<S>,
    context: &Context,
    args: &ApplyArgs,
    state: LoadedState,
    lock: Rc<dyn Lock>,
) -> Result<Finished> {
    let saved = if session.upstream.carries_plans() {
        Some(session.upstream.own_plan().await?)
    } else {
        None
    };
    if saved.is_none() && !args.yes && !prompt::can_ask() {
        return Err(Error::refused("not confirmed")
            .hint("pass -y to apply without asking, or a saved plan: --plan FILE"));
    }
    if let Some(saved) = &saved {
        check_state(saved, &state.document)?;
    }
    let outputs = OutputResolver::new(session);
    let refreshed = Refreshed::read(session, &state.document, &outputs).await?;
    // A resource that exists is compared now, so its outputs are needed now. One that is to be created waits for its
    // own.
    let exists = |address: &str| refreshed.observed.live.contains_key(address);
    let nodes = refreshed.parts.nodes.iter();
    outputs
        .resolve(nodes.filter(|node| exists(&node.address)))
        .await?;
    let (plan, notes) = refreshed.checked_plan(&state.document, &outputs).await?;
    session.warn_all(notes);
    if let Some(refused) = plan.refused() {
        return Err(refused.clone());
    }
    check_allowed(&args.allow_replace, S::NAME, &plan)?;
    let stack = session.stack.id();
    let store = session.store.as_ref();
    let in_use = in_use(store, &stack, S::NAME, &plan, &args.allow_replace).await?;
    if !in_use.is_empty() {
        let way_out = way_out(S::NAME, &plan, &in_use);
        return Err(
            Error::refused(summary(&plan, &in_use)).hint(format!("nothing was changed; {way_out}"))
        );
    }
    let kinds = &refreshed.kinds;
    let makes_root = creates(kinds, &plan, |any| any.no_unique_name());
    if makes_root {
        refuse_unknown_slices(session).await?;
    }
    if makes_root || creates(kinds, &plan, |any| any.costs()) {
        let roots = roots(kinds, &state.document);
        refuse_doubles(kinds, &refreshed.reader, &roots).await?;
    }
    match &saved {
        Some(saved) => check_actions(saved, &plan, S::NAME)?,
        None if !args.yes && plan.has_changes() => {
            emit_plan(&session.printer, S::NAME, &plan, &refreshed.kinds)?;
            session.printer.show_plans();
            let question = "Apply this plan? Type `yes` to apply:";
            if !prompt::ask(question, &["yes"], &session.cancel).await? {
                return Err(Error::refused("not confirmed: nothing was changed")
                    .hint("answer `yes`, or pass -y"));
            }
        }
        None => {}
    }
    let protect = context.settings.stack.is_protected();
    let discovered = refreshed.discovered.clone();
    let execution = Execution {
        refreshed,
        outputs,
        state,
        lock,
        plan,
        parallelism: args.limits.parallelism,
    };
    let finished = execution
        .run(session, Verb::Apply, |document| document.protect = protect)
        .await?;
    if finished.exit == Exit::Done {
        let state = session.load_state().await?;
        session.emit_notes(&discovered, &state.document);
    }
    Ok(finished)
}

/// Fails where an address of `--allow-replace` is not one of this slice's plan. Those of other slices are for other
/// programs of the pipe.
fn check_allowed(addresses: &[String], slice: &str, plan: &Plan) -> Result<()> {
    for address in addresses {
        let of = address.split('.').next().unwrap_or_default();
        let known = plan.resources.iter().any(|one| one.address == *address);
        if !SLICES.contains(&of) || (of == slice && !known) {
            return Err(Error::usage(format!(
                "--allow-replace {address}: there is no such resource"
            ))
            .hint("nothing was changed; name an address of the plan, such as net.vpc.main"));
        }
    }
    Ok(())
}
