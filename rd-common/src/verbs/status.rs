//! `status`: what there is, how it is, and what has drifted.

use crate::cli::Program;
use crate::engine::plan::Planned;
use crate::error::Result;
use crate::exit::Exit;
use crate::model::change::{Cause, Change};
use crate::model::kind::{Details, Readiness};
use crate::model::slice::Slice;
use crate::state::document::{Document, Phase};
use crate::verbs::outside::Outputs;
use crate::verbs::pipe::{Finished, piped};
use crate::verbs::plan::show_outputs;
use crate::wire::record::{Record, Status};
use std::collections::BTreeMap;

/// Runs it.
pub(crate) async fn run<S: Slice>(program: &Program) -> Result<Exit> {
    piped::<S, _>(program, "status", false, |pipe| async move {
        let (state, stored) = pipe.state(program).await?;
        let outputs = Outputs::new(&pipe);
        let ground = pipe.ground(program, &state, &outputs).await?;
        outputs.learn(ground.parts.nodes.iter()).await?;
        let made = ground.plan(&state, &outputs)?;
        let mut counts = BTreeMap::new();
        for planned in &made.resources {
            let (mut readiness, mut details) = (None, Details::new());
            if let Some(live) = &planned.live {
                let any = ground.kinds.get(&planned.kind)?;
                readiness = Some(any.ready(&live.live)?);
                details = any.details(&ground.cx, &live.id, &live.live).await?;
            }
            let status = Status {
                details,
                ..one(S::NAME, planned, readiness, &state)
            };
            *counts.entry(status.health.clone()).or_default() += 1;
            pipe.printer.own(&Record::Status(status));
        }
        // The slices downstream compare what they have with what they would use.
        show_outputs::<S>(&pipe.printer, &made);
        for address in &made.gone {
            *counts.entry("gone".to_owned()).or_default() += 1;
            pipe.printer.own(&Record::Status(Status {
                slice: S::NAME.to_owned(),
                address: address.clone(),
                kind: state.resources[address].kind.clone(),
                id: state.resources[address].id.clone(),
                health: "gone".to_owned(),
                reason: Some(
                    "not at AWS any more, and not wanted: the next apply forgets it".to_owned(),
                ),
                fields: Vec::new(),
                waits: None,
                details: Details::new(),
            }));
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

fn one(slice: &str, planned: &Planned, readiness: Option<Readiness>, state: &Document) -> Status {
    let remembered = state.resources.get(&planned.address);
    let drift: Vec<Change> = planned
        .fields
        .iter()
        .filter(|field| field.cause == Cause::Drift)
        .cloned()
        .collect();
    let unfinished =
        remembered.is_some_and(|r| matches!(r.phase, Phase::Creating | Phase::Deleting));
    let (health, reason, fields) = match readiness {
        None if unfinished => (
            "unfinished",
            Some("a run was cut off here: apply goes on with it".to_owned()),
            Vec::new(),
        ),
        None if remembered.is_some() => (
            "gone",
            Some("deleted by somebody: apply makes it again".to_owned()),
            Vec::new(),
        ),
        None => (
            "absent",
            planned.refused.as_ref().map(|error| error.summary.clone()),
            Vec::new(),
        ),
        Some(Readiness::Pending(reason)) => ("pending", Some(reason), Vec::new()),
        Some(Readiness::Failed(reason) | Readiness::Impaired(reason, _)) => {
            ("failed", Some(reason), Vec::new())
        }
        Some(Readiness::Leaving(reason)) => ("leaving", Some(reason), Vec::new()),
        Some(Readiness::Ready) if remembered.is_none() => (
            "unfinished",
            Some("the state does not know it: apply takes it over".to_owned()),
            Vec::new(),
        ),
        Some(Readiness::Ready) if drift.is_empty() => ("ready", None, Vec::new()),
        Some(Readiness::Ready) => ("drifted", None, drift),
    };
    Status {
        slice: slice.to_owned(),
        address: planned.address.clone(),
        kind: planned.kind.clone(),
        id: planned.live.as_ref().map(|live| live.id.clone()),
        health: health.to_owned(),
        reason,
        fields,
        waits: planned.waits.clone(),
        details: Details::new(),
    }
}
