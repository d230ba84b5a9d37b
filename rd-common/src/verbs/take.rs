//! What `rebuild`, `import` and `doctor` have in common: look, take into the state, save. Nothing is changed at AWS.

use crate::cli::Program;
use crate::engine::actions::Action;
use crate::engine::adopt;
use crate::engine::plan::Plan;
use crate::error::Result;
use crate::exit::Exit;
use crate::model::input::Reference;
use crate::model::kind::Found;
use crate::model::slice::Slice;
use crate::state::document::Document;
use crate::state::session::Session;
use crate::verbs::apply::Limits;
use crate::verbs::outside::Outputs;
use crate::verbs::pipe::{Finished, Ground, Pipe};
use crate::wire::record::{Applied, Record};
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// A lock is waited for as long as a run may take to end.
pub(super) const LIMITS: Limits = Limits {
    parallelism: 1,
    lock_timeout: Duration::from_secs(10),
};

/// What all three begin with: what there is, and what a plan would do.
pub(super) struct Looked<S: Slice> {
    pub(super) ground: Ground<S>,
    pub(super) outputs: Rc<Outputs>,
    pub(super) plan: Plan,
    pub(super) strays: Vec<(&'static str, Found<Value>)>,
}

pub(super) async fn look<S: Slice>(
    pipe: &Rc<Pipe<S>>,
    program: &Program,
    state: &Document,
) -> Result<Looked<S>> {
    let outputs = Outputs::new(pipe);
    let ground = pipe.ground(program, state, &outputs).await?;
    outputs.learn(ground.parts.nodes.iter()).await?;
    let plan = ground.plan(state, &outputs)?;
    let strays = adopt::strays(&ground.cx, &ground.kinds, state, &plan).await?;
    Ok(Looked {
        ground,
        outputs,
        plan,
        strays,
    })
}

/// One that was taken in: address, kind and id.
pub(super) type Taken = Vec<(String, String, String)>;

pub(super) fn take_all<S: Slice>(document: &mut Document, looked: &Looked<S>, taken: &mut Taken) {
    let outside = |reference: &Reference| looked.outputs.get(reference);
    for planned in &looked.plan.resources {
        let known = document
            .resources
            .get(&planned.address)
            .and_then(|resource| resource.id.clone());
        if let (Some(live), Some(_)) = (&planned.live, &planned.node)
            && known.as_ref() != Some(&live.id)
        {
            adopt::take_wanted(document, planned, &outside);
            taken.push((
                planned.address.clone(),
                planned.kind.clone(),
                live.id.clone(),
            ));
        }
    }
    for (kind, found) in &looked.strays {
        adopt::take_stray(document, kind, found);
        taken.push((found.address.clone(), (*kind).to_owned(), found.id.clone()));
    }
}

/// Lets `edit` change the state, writes it where it changed, and tells what was taken in.
pub(super) async fn save<S: Slice>(
    pipe: &Pipe<S>,
    program: &Program,
    state: Document,
    command: &str,
    looked: &Looked<S>,
    edit: impl FnOnce(&mut Document, &mut Taken),
) -> Result<Finished> {
    let before = state.clone();
    let session = Session::new(
        pipe.store.clone(),
        program.key(S::NAME),
        state,
        &program.run,
        command,
    );
    let mut taken = Taken::new();
    session.change(|document| {
        edit(document, &mut taken);
        let outside = |reference: &Reference| looked.outputs.get(reference);
        // A slice that has nothing gives nothing.
        document.outputs = if document.resources.is_empty() {
            BTreeMap::new()
        } else {
            adopt::outputs(document, &looked.plan, &outside)
        };
        let (needs, looks_at) = looked.ground.uses();
        document.needs = needs.into_iter().collect();
        document.looks_at = looks_at.into_iter().collect();
        document.account = pipe.stack.account().to_owned();
        document.protect |= program.loaded.shared.is_protected();
    });
    let changed =
        session.read(|now| now.resources != before.resources || now.outputs != before.outputs);
    if changed {
        session.save().await?;
    }
    for (address, kind, id) in &taken {
        pipe.printer.own(&Record::Applied(Applied {
            slice: S::NAME.to_owned(),
            address: address.clone(),
            kind: kind.clone(),
            action: Action::Adopt,
            id: id.clone(),
            seconds: 0.0,
            waits: None,
        }));
    }
    let counts = BTreeMap::from([(Action::Adopt.word().to_owned(), taken.len() as u64)]);
    let (lineage, serial) = session.read(|document| (document.lineage.clone(), document.serial));
    Ok(Finished {
        counts,
        lineage: (serial > 0).then_some(lineage),
        serial,
        exit: Exit::Done,
    })
}
