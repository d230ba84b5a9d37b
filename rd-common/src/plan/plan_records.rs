//! Writes a plan as records: `change` and `output`.

use crate::error::Result;
use crate::output::printer::Printer;
use crate::plan::deleted_first::{comes_from, deleted_first};
use crate::plan::planned::{Plan, Planned};
use crate::plan::risks::risks;
use crate::records::{Output, Record, ResourceChange};
use crate::resource::action::Action;
use crate::resource::any_kind::Kinds;
use crate::resource::change::is_unknown;
use crate::stack::Tags;
use serde_json::Value;

/// Writes the plan of `slice`: a `change` record for each resource, then the outputs.
pub fn emit_plan<C: 'static>(
    printer: &Printer,
    slice: &str,
    plan: &Plan,
    kinds: &Kinds<C>,
) -> Result<()> {
    let deleted = |planned: &Planned| planned.action == Action::Delete;
    let destroys = plan.resources.iter().all(deleted);
    let mut all: Vec<ResourceChange> = changes(slice, plan).collect();
    for (change, planned) in all.iter_mut().zip(&plan.resources) {
        change.risks = risks(kinds, planned, destroys)?;
    }
    for change in all {
        printer.emit(&Record::Change(change));
    }
    emit_outputs(printer, slice, plan);
    Ok(())
}

/// Writes an `output` record for each output of a plan, without a value where it is not known yet.
pub fn emit_outputs(printer: &Printer, slice: &str, plan: &Plan) {
    let first = deleted_first(&plan.resources);
    for (name, value) in &plan.outputs {
        let unknown = is_unknown(value);
        printer.emit(&Record::Output(Output {
            slice: slice.to_owned(),
            name: name.clone(),
            value: (!unknown).then(|| value.clone()),
            unknown,
            deleted_first: comes_from(value, &first),
        }));
    }
}

/// The `change` records of a plan: every resource, then the deletes of replaced resources.
pub fn changes<'a>(slice: &'a str, plan: &'a Plan) -> impl Iterator<Item = ResourceChange> + 'a {
    let resources = plan
        .resources
        .iter()
        .map(move |planned| change(slice, planned));
    let deposed = plan
        .deposed
        .iter()
        .map(move |(address, kind, id)| ResourceChange {
            slice: slice.to_owned(),
            address: address.clone(),
            kind: kind.clone(),
            action: Action::Delete,
            fields: Vec::new(),
            id: Some(id.clone()),
            tags: Tags::new(),
            pending: None,
            risks: Vec::new(),
            spec: Value::Null,
        });
    resources.chain(deposed)
}

fn change(slice: &str, planned: &Planned) -> ResourceChange {
    let is_created = matches!(planned.action, Action::Create | Action::Replace);
    ResourceChange {
        slice: slice.to_owned(),
        address: planned.address.clone(),
        kind: planned.kind.clone(),
        action: planned.action,
        fields: planned.fields.clone(),
        id: planned.live.as_ref().map(|live| live.id.clone()),
        tags: if is_created {
            planned.tags.clone()
        } else {
            Tags::new()
        },
        pending: planned.pending.clone(),
        risks: Vec::new(),
        spec: planned.spec.clone(),
    }
}
