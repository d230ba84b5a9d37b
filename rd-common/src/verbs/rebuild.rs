//! `rebuild`, `import` and `doctor`: a state made anew, or mended, from what AWS has. Nothing is changed at AWS.

use crate::cli::Program;
use crate::engine::actions::Action;
use crate::engine::adopt;
use crate::engine::plan::{Plan, plan};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::model::input::{Reference, resolve};
use crate::model::kind::{Found, Wanted};
use crate::model::parts::Node;
use crate::model::slice::Slice;
use crate::state::document::{Document, Phase};
use crate::state::session::Session;
use crate::ui::printer::Printer;
use crate::verbs::apply::{Limits, locked};
use crate::verbs::pipe::{Finished, Ground, Outputs, Pipe, piped};
use crate::wire::record::{Applied, Diagnostic, Record, Severity};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

/// Flags of `import`.
#[derive(clap::Args, Clone, Debug)]
pub struct ImportArgs {
    /// The address that it is to have, such as net.vpc.main
    pub address: String,
    /// The id that AWS has for it
    pub id: String,
}

/// Flags of `doctor`.
#[derive(clap::Args, Clone, Debug)]
pub struct DoctorArgs {
    /// Mend what can be mended in the state alone
    #[arg(long)]
    pub fix: bool,
}

/// A lock is waited for as long as a run may take to end.
const LIMITS: Limits = Limits {
    parallelism: 1,
    lock_timeout: Duration::from_secs(10),
};

/// What all three begin with: what there is, and what a plan would do.
struct Looked<S: Slice> {
    ground: Ground<S>,
    outputs: Rc<Outputs>,
    plan: Plan,
    strays: Vec<(&'static str, Found<Value>)>,
}

async fn look<S: Slice>(
    pipe: &Rc<Pipe<S>>,
    program: &Program,
    state: &Document,
) -> Result<Looked<S>> {
    let outputs = Outputs::new(pipe);
    let ground = pipe.ground(program, state, &outputs).await?;
    outputs.learn(ground.parts.nodes.iter()).await?;
    let known = |reference: &Reference| outputs.get(reference);
    let plan = plan(
        &ground.cx.stack,
        &ground.kinds,
        &ground.parts,
        state,
        &ground.observed,
        &known,
    )?;
    let strays = adopt::strays(&ground.cx, &ground.kinds, state, &plan).await?;
    Ok(Looked {
        ground,
        outputs,
        plan,
        strays,
    })
}

/// Runs `rebuild`: takes in everything that AWS has of this slice.
pub(crate) async fn rebuild<S: Slice>(program: &Program) -> Result<Exit> {
    piped::<S, _>(program, "rebuild", false, |pipe| async move {
        locked(&pipe, program, "rebuild", &LIMITS, |state| {
            let pipe = pipe.clone();
            async move {
                let looked = look(&pipe, program, &state).await?;
                save(
                    &pipe,
                    program,
                    state,
                    "rebuild",
                    &looked,
                    |document, taken| {
                        take_all(document, &looked, taken);
                    },
                )
                .await
            }
        })
        .await
    })
    .await
}

/// One that was taken in: address, kind and id.
type Taken = Vec<(String, String, String)>;

fn take_all<S: Slice>(document: &mut Document, looked: &Looked<S>, taken: &mut Taken) {
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
async fn save<S: Slice>(
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
        document.outputs = adopt::outputs(document, &looked.plan, &outside);
        let needs: BTreeSet<String> = looked
            .ground
            .parts
            .nodes
            .iter()
            .flat_map(Node::needs_outputs)
            .map(|(slice, _)| slice)
            .collect();
        document.needs = needs.into_iter().collect();
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

/// Runs `import`: takes in one resource, under an address that `rd.toml` asks for.
pub(crate) async fn import<S: Slice>(program: &Program, args: &ImportArgs) -> Result<Exit> {
    piped::<S, _>(program, "import", false, |pipe| async move {
        locked(&pipe, program, "import", &LIMITS, |state| {
            let pipe = pipe.clone();
            async move {
                let mut looked = look(&pipe, program, &state).await?;
                let found = find(&looked, &state, args).await?;
                let outside = |reference: &Reference| looked.outputs.get(reference);
                let planned = looked
                    .plan
                    .resources
                    .iter_mut()
                    .find(|planned| planned.address == args.address);
                let Some(planned) = planned else {
                    return Err(Error::usage(format!("`{}` is not wanted", args.address)));
                };
                planned.live = Some(found);
                let planned = planned.clone();
                save(
                    &pipe,
                    program,
                    state,
                    "import",
                    &looked,
                    |document, taken| {
                        adopt::take_wanted(document, &planned, &outside);
                        taken.push((args.address.clone(), planned.kind.clone(), args.id.clone()));
                    },
                )
                .await
            }
        })
        .await
    })
    .await
}

/// The resource with the id that was given, asked of AWS.
async fn find<S: Slice>(
    looked: &Looked<S>,
    state: &Document,
    args: &ImportArgs,
) -> Result<Found<Value>> {
    let nodes = &looked.ground.parts.nodes;
    let Some(node) = nodes.iter().find(|node| node.address == args.address) else {
        let kind = args.address.rsplit_once('.').map_or("", |(kind, _)| kind);
        let near: Vec<&str> = nodes
            .iter()
            .map(|node| node.address.as_str())
            .filter(|address| address.starts_with(kind))
            .collect();
        let hint = if near.is_empty() {
            format!("rd-{} plan lists the addresses that there are", S::NAME)
        } else {
            format!("there is {}", near.join(", "))
        };
        return Err(Error::usage(format!("rd.toml asks for no `{}`", args.address)).hint(hint));
    };
    let known = state.resources.get(&args.address);
    if let Some(id) = known.and_then(|resource| resource.id.as_deref()) {
        return Err(
            Error::refused(format!("{} is {id} already", args.address)).hint(format!(
                "rd-state rm {} forgets that one first",
                args.address
            )),
        );
    }
    if let Some((address, _)) = state
        .resources
        .iter()
        .find(|(_, resource)| resource.id.as_deref() == Some(&args.id))
    {
        return Err(Error::refused(format!("{} is {address} already", args.id))
            .hint(format!("rd-state mv {address} {} moves it", args.address)));
    }
    let spec = resolve(&node.spec, &|reference| {
        looked
            .ground
            .observed
            .lookup(reference)
            .or_else(|| looked.outputs.get(reference))
    });
    let wanted = Wanted {
        address: args.address.clone(),
        id: Some(args.id.clone()),
        spec: Some(spec),
    };
    let found = looked.ground.reader.find(node.kind, wanted).await?;
    let found = found
        .into_iter()
        .find(|one| one.id == args.id)
        .ok_or_else(|| {
            Error::usage(format!("AWS has no {} {}", node.kind, args.id))
                .hint("check the id, the region and the account")
        })?;
    let stack = &looked.ground.cx.stack;
    let tags = found.tags.clone().unwrap_or_default();
    if tags.get("ManagedBy").is_some_and(|by| by == "rd") && !stack.owns(S::NAME, &tags) {
        return Err(Error::refused(format!(
            "{} is another stack's: its tags are Project={} and Environment={}",
            args.id,
            tags.get("Project").map_or("", String::as_str),
            tags.get("Environment").map_or("", String::as_str),
        ))
        .hint("a resource is in one stack; remove its tag ManagedBy to take it over"));
    }
    Ok(found)
}

/// Runs `doctor`: says what is wrong between the state and AWS, and mends what the state alone can mend.
pub(crate) async fn doctor<S: Slice>(program: &Program, args: &DoctorArgs) -> Result<Exit> {
    piped::<S, _>(program, "doctor", false, |pipe| async move {
        if !args.fix {
            let (state, _) = pipe.state(program).await?;
            let looked = look(&pipe, program, &state).await?;
            let found = findings(&looked, &state);
            return Ok(told(&pipe.printer, S::NAME, &found, &state));
        }
        locked(&pipe, program, "doctor", &LIMITS, |state| {
            let pipe = pipe.clone();
            async move {
                let looked = look(&pipe, program, &state).await?;
                let found = findings(&looked, &state);
                let mut finished = told(&pipe.printer, S::NAME, &found, &state);
                let saved = save(
                    &pipe,
                    program,
                    state,
                    "doctor",
                    &looked,
                    |document, taken| {
                        for finding in found.iter().filter(|finding| finding.forget) {
                            document.resources.remove(&finding.address);
                        }
                        take_all(document, &looked, taken);
                    },
                )
                .await?;
                finished.lineage = saved.lineage;
                finished.serial = saved.serial;
                let left = found.iter().filter(|finding| !finding.mendable).count() as u64;
                finished
                    .counts
                    .insert("mended".to_owned(), found.len() as u64 - left);
                finished.exit = if left == 0 { Exit::Done } else { Exit::Failed };
                Ok(finished)
            }
        })
        .await
    })
    .await
}

/// Something that is wrong.
struct Finding {
    address: String,
    summary: String,
    hint: String,
    /// Whether the state alone can mend it.
    mendable: bool,
    /// Whether it is mended by forgetting.
    forget: bool,
}

fn findings<S: Slice>(looked: &Looked<S>, state: &Document) -> Vec<Finding> {
    let mut all: Vec<Finding> = Vec::new();
    let add = |all: &mut Vec<Finding>,
               address: &str,
               summary: String,
               hint: String,
               mendable: bool,
               forget: bool| {
        all.push(Finding {
            address: address.to_owned(),
            summary,
            hint,
            mendable,
            forget,
        });
    };
    let apply = format!("rd-{} apply goes on with it", S::NAME);
    for planned in &looked.plan.resources {
        let remembered = state.resources.get(&planned.address);
        match (&planned.live, remembered.and_then(|r| r.id.as_ref())) {
            (Some(live), known) if planned.node.is_some() && known != Some(&live.id) => add(
                &mut all,
                &planned.address,
                format!("{} is at AWS, and the state does not know it", live.id),
                "doctor --fix takes it in, and so does an apply".to_owned(),
                true,
                false,
            ),
            (None, Some(id)) => add(
                &mut all,
                &planned.address,
                format!("{id} is in the state, and not at AWS"),
                "doctor --fix forgets it; an apply makes it again".to_owned(),
                true,
                true,
            ),
            _ => {}
        }
    }
    for address in &looked.plan.gone {
        add(
            &mut all,
            address,
            "it is in the state, not at AWS, and not wanted".to_owned(),
            "doctor --fix forgets it, and so does an apply".to_owned(),
            true,
            true,
        );
    }
    let named: BTreeSet<String> = all.iter().map(|one| one.address.clone()).collect();
    for (address, resource) in &state.resources {
        if named.contains(address) {
            continue;
        }
        let word = match resource.phase {
            Phase::Creating if resource.id.is_none() => "its create was cut off",
            Phase::Created => "it was made and not seen ready",
            Phase::Failed => "it failed at AWS",
            Phase::Deleting => "its delete was cut off",
            Phase::Creating | Phase::Ready => continue,
        };
        add(
            &mut all,
            address,
            word.to_owned(),
            apply.clone(),
            false,
            false,
        );
    }
    for (address, _, id) in &looked.plan.deposed {
        let summary = format!("{id} was replaced and is still to be deleted");
        add(&mut all, address, summary, apply.clone(), false, false);
    }
    for (kind, found) in &looked.strays {
        add(
            &mut all,
            &found.address,
            format!(
                "the {kind} {} bears this stack's tags, and no state knows it",
                found.id
            ),
            "doctor --fix takes it into the state; a plan then shows that it is to be deleted"
                .to_owned(),
            true,
            false,
        );
    }
    all
}

fn told(printer: &Printer, slice: &str, found: &[Finding], state: &Document) -> Finished {
    for finding in found {
        let mut diagnostic = Diagnostic::note(
            slice,
            Severity::Warning,
            finding.summary.clone(),
            Some(finding.hint.clone()),
        );
        diagnostic.address = Some(finding.address.clone());
        printer.own(&Record::Diagnostic(diagnostic));
    }
    Finished {
        counts: BTreeMap::from([("findings".to_owned(), found.len() as u64)]),
        lineage: (state.serial > 0).then(|| state.lineage.clone()),
        serial: state.serial,
        exit: if found.is_empty() {
            Exit::Done
        } else {
            Exit::Failed
        },
    }
}
