//! `status`: shows the resources of the slice, their health, and drift.

use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::pipe::output_resolver::OutputResolver;
use crate::pipe::session::Finished;
use crate::pipe::slice_session;
use crate::plan::plan_records::emit_outputs;
use crate::plan::planned::Planned;
use crate::plan::read_ahead::ReadAhead;
use crate::plan::refreshed::Refreshed;
use crate::records::{Health, Record, Status, Verb};
use crate::resource::change::{Cause, Change};
use crate::resource::kind::{Condition, Details, Readiness};
use crate::resource::slice::Slice;
use crate::state::document::{Document, Phase};
use std::collections::BTreeMap;

/// The flags that `status` accepts.
#[derive(clap::Args, Clone, Debug)]
pub struct StatusArgs {
    /// Show every resource with its details
    #[arg(long)]
    pub full: bool,
}

/// Shows the status of slice `S` as one program of a pipe.
pub(crate) async fn run<S: Slice>(context: &Context, args: &StatusArgs) -> Result<Exit> {
    context.printer.show_in_full(args.full);
    let ahead = ReadAhead::<S>::start(context);
    slice_session::run::<S, _>(context, Verb::Status, false, |session| async move {
        let outputs = OutputResolver::new(&session);
        let (state, refreshed) = Refreshed::read_early(&session, &outputs, ahead).await?;
        let stored = state.is_stored();
        let state = state.document;
        outputs.resolve(refreshed.parts.nodes.iter()).await?;
        let plan = refreshed.plan(&state, &outputs)?;
        let mut counts = BTreeMap::new();
        let mut emit = |status: Status| {
            let health = status.health.as_str().to_owned();
            *counts.entry(health).or_default() += 1;
            session.printer.emit(&Record::Status(status));
        };
        for planned in &plan.resources {
            let (mut readiness, mut details) = (None, Details::new());
            let mut condition = Condition::Healthy;
            if let Some(live) = &planned.live {
                let any = refreshed.kinds.get(&planned.kind)?;
                readiness = Some(any.ready(&live.live)?);
                condition = any.condition(&refreshed.ctx, &live.id, &live.live)?;
                details = any.details(&refreshed.ctx, &live.id, &live.live).await?;
            }
            emit(Status {
                details,
                ..status_of(S::NAME, planned, readiness, condition, &state)
            });
        }
        // Programs downstream compare their resources with these outputs.
        emit_outputs(&session.printer, S::NAME, &plan);
        for address in &plan.gone {
            emit(Status {
                slice: S::NAME.to_owned(),
                address: address.clone(),
                kind: state.resources[address].kind.clone(),
                id: state.resources[address].id.clone(),
                health: Health::Gone,
                reason: Some(
                    "not in AWS and not in the settings; the next apply forgets it".to_owned(),
                ),
                fields: Vec::new(),
                pending: None,
                details: Details::new(),
            });
        }
        Ok(Finished {
            counts,
            lineage: stored.then_some(state.lineage),
            serial: state.serial,
            exit: Exit::Done,
        })
    })
    .await
}

/// The status of one resource of the plan, without its details.
fn status_of(
    slice: &str,
    planned: &Planned,
    readiness: Option<Readiness>,
    condition: Condition,
    state: &Document,
) -> Status {
    let stored = state.resources.get(&planned.address);
    let drift: Vec<Change> = planned
        .fields
        .iter()
        .filter(|field| field.cause == Cause::Drift)
        .cloned()
        .collect();
    let unfinished = stored.is_some_and(|r| matches!(r.phase, Phase::Creating | Phase::Deleting));
    let (health, reason, fields) = match readiness {
        None if unfinished => (
            Health::Unfinished,
            Some("a run was interrupted here; the next apply continues".to_owned()),
            Vec::new(),
        ),
        None if stored.is_some() => (
            Health::Gone,
            Some("deleted outside of rd; the next apply creates it again".to_owned()),
            Vec::new(),
        ),
        None => (
            Health::Absent,
            planned.refused.as_ref().map(|error| error.summary.clone()),
            Vec::new(),
        ),
        Some(Readiness::Pending(reason)) => (Health::Pending, Some(reason), Vec::new()),
        Some(Readiness::Failed(reason) | Readiness::Impaired(reason, _)) => {
            (Health::Failed, Some(reason), Vec::new())
        }
        Some(Readiness::Leaving(reason)) => (Health::Leaving, Some(reason), Vec::new()),
        Some(Readiness::Ready) if stored.is_none() => (
            Health::Unfinished,
            Some("missing in the state; the next apply imports it".to_owned()),
            Vec::new(),
        ),
        Some(Readiness::Ready) => match condition {
            Condition::Unhealthy(reason) => (Health::Unhealthy, Some(reason), drift),
            _ if !drift.is_empty() => (Health::Drifted, None, drift),
            Condition::Waiting(reason) => (Health::Pending, Some(reason), drift),
            // What it waits for stands in `pending`.
            Condition::Healthy if planned.pending.is_some() => (Health::Pending, None, drift),
            Condition::Healthy => (Health::Ready, None, drift),
        },
    };
    Status {
        slice: slice.to_owned(),
        address: planned.address.clone(),
        kind: planned.kind.clone(),
        id: planned.live.as_ref().map(|live| live.id.clone()),
        health,
        reason,
        fields,
        pending: planned.pending.clone(),
        details: Details::new(),
    }
}
