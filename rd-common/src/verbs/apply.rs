//! `apply`: makes AWS be as `rd.toml` says, or carries out just the plan on stdin.

use crate::cli::Program;
use crate::engine::actions::Action;
use crate::engine::plan::Plan;
use crate::engine::run::{Outcome, Run};
use crate::engine::step::Bench;
use crate::engine::tasks::order;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::model::change::is_unknown;
use crate::model::slice::Slice;
use crate::state::document::{Document, Resource};
use crate::state::session::Session;
use crate::state::store::{Holder, Lock};
use crate::ui::prompt;
use crate::verbs::outside::Outputs;
use crate::verbs::pipe::{Finished, Ground, Pipe, piped};
use crate::verbs::plan::{record, show};
use crate::wire::record::ResourceChange;
use crate::wire::upstream::SavedPlan;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Flags of `apply`.
#[derive(clap::Args, Clone, Debug)]
pub struct ApplyArgs {
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as help")]
    pub limits: Limits,
}

/// What bounds a run that changes things.
#[derive(clap::Args, Clone, Debug)]
pub struct Limits {
    /// How many changes may be on their way to AWS at once
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100), value_name = "N")]
    pub parallelism: u16,
    /// How long to wait for another run's lock, such as 90s or 10m
    #[arg(long, default_value = "0s", value_parser = duration, value_name = "TIME")]
    pub lock_timeout: Duration,
}

/// Reads `90s`, `10m`, `1h`.
pub fn duration(text: &str) -> std::result::Result<Duration, String> {
    let span: jiff::SignedDuration = text
        .parse()
        .map_err(|_| "a time is written like 90s, 10m or 1h30m".to_owned())?;
    Duration::try_from(span).map_err(|_| "a time cannot be negative".to_owned())
}

/// Runs it.
pub(crate) async fn run<S: Slice>(program: &Program, args: &ApplyArgs) -> Result<Exit> {
    piped::<S, _>(program, "apply", false, |pipe| async move {
        locked(&pipe, program, "apply", &args.limits, |state| {
            apply(&pipe, program, args, state)
        })
        .await
    })
    .await
}

/// Holds the slice's lock around `work`, which gets the state.
pub(crate) async fn locked<S: Slice, F>(
    pipe: &Pipe<S>,
    program: &Program,
    command: &str,
    limits: &Limits,
    work: impl FnOnce(Document) -> F,
) -> Result<Finished>
where
    F: Future<Output = Result<Finished>>,
{
    let key = program.key(S::NAME);
    let lock = pipe
        .store
        .lock(
            &key,
            Holder::this_process(&format!("rd-{} {command}", S::NAME), &program.run),
            limits.lock_timeout,
        )
        .await?;
    *pipe.holds.borrow_mut() = Some(lock.watch());
    let work = async {
        let (state, _) = pipe.state(program).await?;
        work(state).await
    };
    let done = tokio::select! {
        done = work => done,
        lost = renewing(pipe, program, lock.as_ref()) => Err(lost),
    };
    let unlocked = pipe.store.unlock(&key, lock).await;
    let finished = done?;
    unlocked?;
    Ok(finished)
}

/// Tells the store every few seconds that we live; comes back only when the lock is lost.
async fn renewing<S: Slice>(pipe: &Pipe<S>, program: &Program, lock: &dyn Lock) -> Error {
    let key = program.key(S::NAME);
    loop {
        tokio::time::sleep(Duration::from_secs(10)).await;
        if let Err(error) = pipe.store.renew(&key, lock).await {
            return error;
        }
    }
}

async fn apply<S: Slice>(
    pipe: &Pipe<S>,
    program: &Program,
    args: &ApplyArgs,
    state: Document,
) -> Result<Finished> {
    let saved = if pipe.upstream.carries_plans() {
        Some(pipe.upstream.own_plan().await?)
    } else {
        None
    };
    if saved.is_none() && !args.yes && !prompt::can_ask() {
        return Err(Error::refused("not confirmed")
            .hint("give -y to apply without a question, or a saved plan on stdin: `rd-… plan > plan.jsonl`"));
    }
    if let Some(saved) = &saved {
        still_fits(saved, &state)?;
    }
    let outputs = Outputs::new(pipe);
    let ground = pipe.ground(program, &state, &outputs).await?;
    // What exists is compared with the outputs it needs; what is still to be made starts as its own come.
    let exists = |address: &str| ground.observed.live.contains_key(address);
    outputs
        .learn(
            ground
                .parts
                .nodes
                .iter()
                .filter(|node| exists(&node.address)),
        )
        .await?;
    let made = ground.plan(&state, &outputs)?;
    if let Some(refused) = made.refused() {
        return Err(refused.clone());
    }
    match &saved {
        Some(saved) => same_actions(saved, &made, S::NAME)?,
        None if !args.yes && made.has_changes() => {
            show::<S>(&pipe.printer, &made);
            if !prompt::ask("Apply this? Only `yes` is taken as yes:", &["yes"])? {
                return Err(Error::refused("not confirmed: nothing was changed")
                    .hint("answer `yes`, or give -y"));
            }
        }
        None => {}
    }
    let protect = program.loaded.shared.is_protected();
    let facts = ground.facts.clone();
    let finished = carry_out(
        pipe,
        program,
        "apply",
        &args.limits,
        ground,
        outputs,
        state,
        &made,
        |document| {
            document.protect = protect;
        },
    )
    .await?;
    if finished.exit == Exit::Done {
        let (state, _) = pipe.state(program).await?;
        pipe.tell_notes(&facts, &state);
    }
    Ok(finished)
}

/// Carries out a plan and sums it up.
#[expect(
    clippy::too_many_arguments,
    reason = "the one place where everything comes together"
)]
pub(crate) async fn carry_out<S: Slice>(
    pipe: &Pipe<S>,
    program: &Program,
    command: &str,
    limits: &Limits,
    ground: Ground<S>,
    outputs: Rc<Outputs>,
    state: Document,
    made: &Plan,
    finish: impl FnOnce(&mut Document),
) -> Result<Finished> {
    let (needs, looks_at) = ground.uses();
    let kinds = ground.kinds.clone();
    let goes_last = |kind: &str| kinds.get(kind).is_ok_and(|any| any.goes_last());
    let tasks = order(made, &state, goes_last)?;
    let before = state.clone();
    let session = Rc::new(Session::new(
        pipe.store.clone(),
        program.key(S::NAME),
        state,
        &program.run,
        command,
    ));
    let bench = Rc::new(Bench {
        cx: ground.cx.clone(),
        kinds: ground.kinds,
        reader: ground.reader,
        session: session.clone(),
        permits: Semaphore::new(usize::from(limits.parallelism)),
        holds: pipe
            .holds
            .borrow()
            .clone()
            .unwrap_or_else(|| Rc::new(|| true)),
    });
    let run = Run {
        bench,
        printer: pipe.printer.clone(),
        outside: outputs,
        outputs: &made.outputs,
        resolved: RefCell::default(),
    };
    // Noted before anything is made: were this run killed, the slices needed still could not be destroyed under it.
    session.change(|document| {
        let all: BTreeSet<String> = needs.iter().chain(&document.needs).cloned().collect();
        document.needs = all.into_iter().collect();
        let all: BTreeSet<String> = looks_at.iter().chain(&document.looks_at).cloned().collect();
        document.looks_at = all.into_iter().collect();
        document.account = pipe.stack.account().to_owned();
    });
    let mut outcome = run.all(&tasks).await;
    session.change(|document| {
        for (address, id) in &made.gone_deposed {
            if let Some(resource) = document.resources.get_mut(address) {
                resource.deposed.retain(|old| old.id != *id);
            }
        }
        // One whose predecessor could not be deleted is still known by it.
        let gone = |address: &String, resource: &Resource| {
            made.gone.contains(address) && resource.deposed.is_empty()
        };
        document
            .resources
            .retain(|address, resource| !gone(address, resource));
        if outcome.errors.is_empty() && !outcome.cancelled {
            // A destroy that failed leaves the outputs: others still go by them.
            let names: BTreeSet<&str> =
                made.outputs.iter().map(|(name, _)| name.as_str()).collect();
            document
                .outputs
                .retain(|name, _| names.contains(name.as_str()));
            document.needs = needs.into_iter().collect();
            document.looks_at = looks_at.into_iter().collect();
            finish(document);
        }
    });
    if differs(&session, &before)
        && let Err(error) = session.save().await
    {
        outcome.errors.push(session.unsaved(&error));
        if let Some(error) = outcome.errors.last() {
            let diagnostic = crate::wire::record::Diagnostic::error(S::NAME, error);
            pipe.printer
                .own(&crate::wire::record::Record::Diagnostic(diagnostic));
        }
    }
    Ok(summary(pipe, &session, outcome))
}

/// Whether anything but who wrote it is other than `before`.
fn differs(session: &Session, before: &Document) -> bool {
    session.read(|now| {
        now.resources != before.resources
            || now.outputs != before.outputs
            || now.needs != before.needs
            || now.looks_at != before.looks_at
            || now.protect != before.protect
            || now.account != before.account
            || now.serial != before.serial
    })
}

fn summary<S: Slice>(pipe: &Pipe<S>, session: &Session, outcome: Outcome) -> Finished {
    let exit = match outcome.errors.first() {
        Some(error) => error.exit,
        None if outcome.cancelled && pipe.printer.is_closed() => Exit::Failed,
        None if outcome.cancelled => Exit::Interrupted,
        None => Exit::Done,
    };
    let (lineage, serial) = session.read(|document| (document.lineage.clone(), document.serial));
    let mut counts = outcome.counts;
    if outcome.skipped > 0 {
        counts.insert("skipped".to_owned(), outcome.skipped as u64);
    }
    Finished {
        counts,
        lineage: (serial > 0).then_some(lineage),
        serial,
        exit,
    }
}

/// Refuses a saved plan that was made from another state.
fn still_fits(saved: &SavedPlan, state: &Document) -> Result<()> {
    let fits = match &saved.lineage {
        None => state.serial == 0,
        Some(lineage) => *lineage == state.lineage && saved.serial == state.serial,
    };
    if fits {
        return Ok(());
    }
    Err(Error::refused(format!(
        "the plan is stale: it was made from serial {} of the state, which is now at {}",
        saved.serial, state.serial
    ))
    .hint("nothing was changed; make a new plan and look at it again"))
}

/// What a plan does to a resource: the action, and what each field is to be.
type Planned = (Action, BTreeMap<String, Value>);

/// Whether both do the same; a value that either does not know yet is not compared.
fn same(then: Option<&Planned>, now: Option<&Planned>) -> bool {
    let (Some((then_action, then)), Some((now_action, now))) = (then, now) else {
        return then.is_none() && now.is_none();
    };
    let equal = |(path, value): (&String, &Value)| {
        let today = now.get(path);
        today.is_some_and(|today| today == value || is_unknown(today) || is_unknown(value))
    };
    then_action == now_action && then.len() == now.len() && then.iter().all(equal)
}

/// Refuses a saved plan where AWS or the settings have changed so much that it would do something else.
fn same_actions(saved: &SavedPlan, made: &Plan, slice: &str) -> Result<()> {
    let list = |changes: &mut dyn Iterator<Item = ResourceChange>| -> BTreeMap<String, Planned> {
        changes
            .filter(|change| change.action != Action::None)
            .map(|change| {
                let fields = change
                    .fields
                    .into_iter()
                    .map(|field| (field.path, field.after));
                (
                    format!("{} {}", change.address, change.action.word()),
                    (change.action, fields.collect()),
                )
            })
            .collect()
    };
    let planned = list(&mut saved.changes.iter().cloned());
    let deposed = made
        .deposed
        .iter()
        .map(|(address, kind, id)| ResourceChange {
            slice: slice.to_owned(),
            address: address.clone(),
            kind: kind.clone(),
            action: Action::Delete,
            fields: Vec::new(),
            id: Some(id.clone()),
            waits: None,
        });
    let now = list(
        &mut made
            .resources
            .iter()
            .map(|planned| record(slice, planned))
            .chain(deposed),
    );
    let Some(other) = planned
        .keys()
        .chain(now.keys())
        .find(|key| !same(planned.get(*key), now.get(*key)))
    else {
        return Ok(());
    };
    let (address, action) = other.split_once(' ').unwrap_or((other, ""));
    let (then, today) = match (planned.contains_key(other), now.contains_key(other)) {
        (true, true) => ("has some fields to", "has others to"),
        (true, false) => ("has it to", "does not have it to"),
        _ => ("does not have it to", "would have it to"),
    };
    Err(Error::refused(format!(
        "the plan is stale: it {then} {action}, a plan made now {today} {action}"
    ))
    .at(address)
    .hint("AWS or the settings have changed since; nothing was changed; make a new plan and look at it again"))
}
