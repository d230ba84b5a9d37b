//! `plan`: shows what apply would do, and touches nothing.

use crate::cli::Program;
use crate::engine::actions::Action;
use crate::engine::plan::{Plan, Planned, plan};
use crate::engine::refresh::Observed;
use crate::error::Result;
use crate::exit::Exit;
use crate::model::change::is_unknown;
use crate::model::slice::Slice;
use crate::state::document::Document;
use crate::ui::printer::Printer;
use crate::verbs::outside::Outputs;
use crate::verbs::pipe::{Finished, Pipe, piped};
use crate::wire::record::{Diagnostic, Output, Record, ResourceChange, Severity};
use std::rc::Rc;

/// Flags of `plan`.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct PlanArgs {
    /// Exit with 3 where there are changes, with 0 where there are none
    #[arg(long)]
    pub exit_code: bool,
    /// Plan as for an empty account: no call, no credentials
    #[arg(long)]
    pub offline: bool,
}

/// Runs it.
pub(crate) async fn run<S: Slice>(program: &Program, args: &PlanArgs) -> Result<Exit> {
    piped::<S, _>(program, "plan", args.offline, |pipe| async move {
        let outputs = Outputs::new(&pipe);
        let (made, state, stored) = if args.offline {
            (
                offline(&pipe, &outputs).await?,
                Document::empty(&pipe.stack, S::NAME),
                false,
            )
        } else {
            let (state, stored) = pipe.state(program).await?;
            let made = online(&pipe, program, &state, &outputs).await?;
            (made, state, stored)
        };
        let printer = &pipe.printer;
        show::<S>(printer, &made);
        for refused in made.resources.iter().filter_map(|one| one.refused.as_ref()) {
            printer.own(&Record::Diagnostic(Diagnostic::error(S::NAME, refused)));
        }
        if !args.offline {
            downstream::<S>(&pipe, &made).await?;
        }
        let exit = if let Some(refused) = made.refused() {
            refused.exit
        } else if args.exit_code && made.has_changes() {
            Exit::Changes
        } else {
            Exit::Done
        };
        Ok(Finished {
            counts: made.counts(),
            lineage: stored.then_some(state.lineage),
            serial: state.serial,
            exit,
        })
    })
    .await
}

async fn online<S: Slice>(
    pipe: &Rc<Pipe<S>>,
    program: &Program,
    state: &Document,
    outputs: &Rc<Outputs>,
) -> Result<Plan> {
    let ground = pipe.ground(program, state, outputs).await?;
    let missing = outputs.learn(ground.parts.nodes.iter()).await?;
    warn_missing(&pipe.printer, S::NAME, &missing);
    pipe.tell_notes(&ground.facts, state);
    ground.plan(state, outputs)
}

async fn offline<S: Slice>(pipe: &Pipe<S>, outputs: &Outputs) -> Result<Plan> {
    let stack = &pipe.stack;
    let empty = Document::empty(stack, S::NAME);
    let mut facts = S::facts(None, stack, &pipe.config, &empty).await?;
    S::look(&mut facts, &outputs.look::<S>().await?);
    let parts = S::parts(stack, &pipe.config, &facts);
    outputs.learn(parts.nodes.iter()).await?;
    plan(
        stack,
        &S::kinds(),
        &parts,
        &empty,
        &Observed::default(),
        &|r| outputs.get(r),
    )
}

fn warn_missing(printer: &Printer, slice: &str, missing: &[String]) {
    if !missing.is_empty() {
        let summary = format!("not applied yet, so unknown: {}", missing.join(", "));
        let hint = "apply the slices that they come from first, or in the same pipe".to_owned();
        printer.own(&Record::Diagnostic(Diagnostic::note(
            slice,
            Severity::Warning,
            summary,
            Some(hint),
        )));
    }
}

/// The plan's records.
pub(crate) fn show<S: Slice>(printer: &Printer, plan: &Plan) {
    for planned in &plan.resources {
        printer.own(&Record::Change(record(S::NAME, planned)));
    }
    for (address, kind, id) in &plan.deposed {
        printer.own(&Record::Change(ResourceChange {
            slice: S::NAME.to_owned(),
            address: address.clone(),
            kind: kind.clone(),
            action: Action::Delete,
            fields: Vec::new(),
            id: Some(id.clone()),
            waits: None,
        }));
    }
    show_outputs::<S>(printer, plan);
}

/// The records of the outputs, as far as they are known.
pub(crate) fn show_outputs<S: Slice>(printer: &Printer, plan: &Plan) {
    for (name, value) in &plan.outputs {
        let unknown = is_unknown(value);
        printer.own(&Record::Output(Output {
            slice: S::NAME.to_owned(),
            name: name.clone(),
            value: (!unknown).then(|| value.clone()),
            unknown,
        }));
    }
}

/// One resource's record.
pub(crate) fn record(slice: &str, planned: &Planned) -> ResourceChange {
    ResourceChange {
        slice: slice.to_owned(),
        address: planned.address.clone(),
        kind: planned.kind.clone(),
        action: planned.action,
        fields: planned.fields.clone(),
        id: planned.live.as_ref().map(|live| live.id.clone()),
        waits: planned.waits.clone(),
    }
}

/// Says which slices use outputs that this plan makes anew.
async fn downstream<S: Slice>(pipe: &Pipe<S>, plan: &Plan) -> Result<()> {
    let replaces = plan
        .resources
        .iter()
        .any(|r| matches!(r.action, Action::Replace | Action::Delete));
    let anew: Vec<&str> = plan
        .outputs
        .iter()
        .filter(|(_, value)| is_unknown(value))
        .map(|(name, _)| name.as_str())
        .collect();
    if !replaces || anew.is_empty() {
        return Ok(());
    }
    let stack = pipe.stack.name();
    let mut users = Vec::new();
    for slice in pipe.store.slices(&stack).await? {
        let key = crate::state::store::Key {
            stack: stack.clone(),
            slice,
        };
        if let Some(document) = pipe.store.load(&key).await?
            && document.uses(S::NAME)
            && !document.resources.is_empty()
        {
            users.push(format!("rd-{}", key.slice));
        }
    }
    if !users.is_empty() {
        let summary = format!(
            "{} will change; used by: {}",
            anew.join(", "),
            users.join(", ")
        );
        let hint = "plan the whole pipe to see what it does to them".to_owned();
        pipe.printer.own(&Record::Diagnostic(Diagnostic::note(
            S::NAME,
            Severity::Warning,
            summary,
            Some(hint),
        )));
    }
    Ok(())
}
