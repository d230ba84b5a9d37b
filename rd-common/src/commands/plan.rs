//! `plan`: shows what an apply would do. Changes nothing.

use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::pipe::output_resolver::OutputResolver;
use crate::pipe::session::Finished;
use crate::pipe::slice_session::{self, SliceSession};
use crate::plan::checked_with_aws::not_checked;
use crate::plan::deleted_first::{in_use, summary, way_out};
use crate::plan::plan_records::emit_plan;
use crate::plan::planned::Plan;
use crate::plan::planner::{OtherSlices, plan};
use crate::plan::read_ahead::ReadAhead;
use crate::plan::refresh::Observed;
use crate::plan::refreshed::Refreshed;
use crate::records::Verb;
use crate::resource::action::Action;
use crate::resource::change::is_unknown;
use crate::resource::slice::Slice;
use crate::slices::program_of;
use crate::state::document::Document;
use crate::state::session::LoadedState;
use crate::state::store::Key;

/// The flags that `plan` accepts.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct PlanArgs {
    /// Exit with 3 if there are changes, 0 if there are none
    #[arg(long)]
    pub exit_code: bool,
    /// Plan for an empty account: no calls to AWS, no credentials
    #[arg(long)]
    pub offline: bool,
    /// Show every field of what is created
    #[arg(long)]
    pub full: bool,
}

/// Plans slice `S` as one program of a pipe.
pub(crate) async fn run<S: Slice>(context: &Context, args: &PlanArgs) -> Result<Exit> {
    context.printer.show_in_full(args.full);
    let ahead = (!args.offline).then(|| ReadAhead::<S>::start(context));
    slice_session::run::<S, _>(context, Verb::Plan, args.offline, |session| async move {
        let outputs = OutputResolver::new(&session);
        let (state, plan) = match ahead {
            None => {
                let none = LoadedState::or_empty(None, || Document::empty(&session.stack, S::NAME));
                let plan = plan_offline(&session, &none.document, &outputs).await?;
                (none, plan)
            }
            Some(ahead) => {
                let (state, refreshed) = Refreshed::read_early(&session, &outputs, ahead).await?;
                let plan = plan_online(&session, &state.document, &outputs, &refreshed).await?;
                (state, plan)
            }
        };
        let printer = &session.printer;
        emit_plan(printer, S::NAME, &plan, &S::kinds())?;
        for refused in plan.resources.iter().filter_map(|one| one.refused.as_ref()) {
            printer.emit_error(S::NAME, refused);
        }
        // A refused plan changes nothing.
        if !args.offline && plan.refused().is_none() {
            warn_downstream(&session, &plan).await?;
        }
        let exit = if let Some(refused) = plan.refused() {
            refused.exit
        } else if args.exit_code && plan.has_changes() {
            Exit::Changes
        } else {
            Exit::Done
        };
        Ok(Finished {
            counts: plan.counts(),
            lineage: state.is_stored().then(|| state.document.lineage.clone()),
            serial: state.document.serial,
            exit,
        })
    })
    .await
}

async fn plan_online<S: Slice>(
    session: &SliceSession<S>,
    state: &Document,
    outputs: &OutputResolver,
    refreshed: &Refreshed<S>,
) -> Result<Plan> {
    let missing = outputs.resolve(refreshed.parts.nodes.iter()).await?;
    if !missing.is_empty() {
        session.warn(
            format!("unknown until applied: {}", missing.join(", ")),
            "apply the slices that these outputs come from first, or put their programs in the same pipe",
        );
    }
    session.emit_notes(&refreshed.discovered, state);
    let (plan, notes) = refreshed.checked_plan(state, outputs).await?;
    session.warn_all(notes);
    Ok(plan)
}

async fn plan_offline<S: Slice>(
    session: &SliceSession<S>,
    empty: &Document,
    outputs: &OutputResolver,
) -> Result<Plan> {
    let stack = &session.stack;
    let mut discovered = S::discover(None, stack, &session.config, empty, &|_| None).await?;
    S::use_outputs(&mut discovered, &outputs.inputs::<S>().await?);
    let parts = S::parts(stack, &session.config, &discovered);
    outputs.resolve(parts.nodes.iter()).await?;
    let kinds = S::kinds();
    let plan = plan(
        stack,
        &kinds,
        &parts,
        empty,
        &Observed::default(),
        &OtherSlices {
            value: &|reference| outputs.get(reference),
            deleted_first: &|reference| outputs.is_deleted_first::<S>(reference),
        },
    )?;
    if let Some(fields) = not_checked(&kinds, &plan)? {
        session.warn(
            format!("not checked: {fields}"),
            "only AWS knows what it offers in this region: plan without --offline",
        );
    }
    Ok(plan)
}

/// Warns of what this plan deletes although other slices use it, and of outputs that it changes, where other slices use
/// them.
async fn warn_downstream<S: Slice>(session: &SliceSession<S>, plan: &Plan) -> Result<()> {
    let stack = session.stack.id();
    let in_use = in_use(session.store.as_ref(), &stack, S::NAME, plan, &[]).await?;
    if !in_use.is_empty() {
        session.warn(
            format!("apply will refuse: {}", summary(plan, &in_use)),
            way_out(S::NAME, plan, &in_use),
        );
        return Ok(());
    }
    let replaces = plan
        .resources
        .iter()
        .any(|planned| matches!(planned.action, Action::Replace | Action::Delete));
    let changing: Vec<&str> = plan
        .outputs
        .iter()
        .filter(|(_, value)| is_unknown(value))
        .map(|(name, _)| name.as_str())
        .collect();
    if !replaces || changing.is_empty() {
        return Ok(());
    }
    let mut users = Vec::new();
    for slice in session.store.slices(&stack).await? {
        let key = Key {
            stack: stack.clone(),
            slice,
        };
        if let Some(stored) = session.store.load(&key).await?
            && stored.document.uses(S::NAME)
            && !stored.document.resources.is_empty()
        {
            users.push(program_of(&key.slice));
        }
    }
    if !users.is_empty() {
        session.warn(
            format!(
                "outputs that will change: {}; used by {}",
                changing.join(", "),
                users.join(", ")
            ),
            "plan the whole pipe to see the effect on them",
        );
    }
    Ok(())
}
