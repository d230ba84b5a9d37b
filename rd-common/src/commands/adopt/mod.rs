//! `adopt`: takes over resources that another tool has made, such as Terraform. In AWS, only tags change. `rd-state adopt`
//! runs it with what it found in Terraform's state.

mod examine;
mod tagging;
mod undo;

use crate::commands::all_resources::LOCK_TIMEOUT;
use crate::commands::import_resources::set_slice;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::pipe::output_resolver::OutputResolver;
use crate::pipe::session::Finished;
use crate::pipe::slice_session::{self, SliceSession};
use crate::plan::plan_records::emit_plan;
use crate::records::{Applied, Diagnostic, Record, Severity, Verb};
use crate::resource::action::Action;
use crate::resource::slice::Slice;
use crate::state::document::{Document, Resource};
use crate::state::session::{LoadedState, Session};
use crate::state::store::Lock;
use examine::{Examined, examine};
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;
use tagging::tag_all;

/// The arguments that `adopt` accepts.
#[derive(clap::Args, Clone, Debug)]
pub struct AdoptArgs {
    /// Resources to adopt, such as net.vpc.main=vpc-0abc1234
    #[arg(value_name = "ADDRESS=ID")]
    pub resources: Vec<String>,
    /// The account that has them; another one is refused
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// Show what the next plan would be, and change nothing
    #[arg(long, conflicts_with = "undo")]
    pub dry_run: bool,
    /// Give everything that was adopted its tags back, and forget it
    #[arg(long, conflicts_with = "resources")]
    pub undo: bool,
}

/// Adopts resources of slice `S`, or undoes that.
pub(crate) async fn run<S: Slice>(context: &Context, args: &AdoptArgs) -> Result<Exit> {
    let verb = if args.dry_run {
        Verb::Plan
    } else {
        Verb::Adopt
    };
    slice_session::run::<S, _>(context, verb, false, |session| async move {
        refuse_other_account(&session, args)?;
        let work = async |state: LoadedState, lock: Rc<dyn Lock>| {
            if args.undo {
                undo::undo(&session, state, lock).await
            } else {
                adopt(&session, context, args, state, lock).await
            }
        };
        session
            .with_lock(context, Verb::Adopt, LOCK_TIMEOUT, work)
            .await
    })
    .await
}

fn refuse_other_account<S: Slice>(session: &SliceSession<S>, args: &AdoptArgs) -> Result<()> {
    let ours = session.stack.account();
    match &args.account {
        Some(theirs) if theirs != ours => Err(Error::refused(format!(
            "the resources are in account {theirs}, but the credentials are of account {ours}"
        ))
        .hint("nothing was changed; use a profile of that account: --profile")),
        _ => Ok(()),
    }
}

/// Records the resources in the state, then sets their tags. A run that was killed in between is continued by the next.
async fn adopt<S: Slice>(
    session: &SliceSession<S>,
    context: &Context,
    args: &AdoptArgs,
    state: LoadedState,
    lock: Rc<dyn Lock>,
) -> Result<Finished> {
    let wanted = wanted::<S>(&args.resources, &state.document)?;
    let outputs = OutputResolver::new(session);
    let Examined {
        refreshed,
        adopted,
        not_managed,
        plan,
    } = examine(session, &state.document, &wanted, &outputs).await?;
    for (address, resource) in &adopted {
        say_what_it_keeps(session, address, resource);
    }
    for (address, more) in &not_managed {
        say_not_managed(session, address, &more.join(", "));
    }
    if args.dry_run {
        emit_plan(&session.printer, S::NAME, &plan, &refreshed.kinds)?;
        for refused in plan.resources.iter().filter_map(|one| one.refused.as_ref()) {
            session.printer.emit_error(S::NAME, refused);
        }
        let document = &state.document;
        return Ok(Finished {
            counts: plan.counts(),
            lineage: (document.serial > 0).then(|| document.lineage.clone()),
            serial: document.serial,
            exit: plan.refused().map_or(Exit::Done, |refused| refused.exit),
        });
    }
    let key = session.key();
    let open = Session::new(
        session.store.clone(),
        key,
        lock,
        state,
        Verb::Adopt.as_str(),
    );
    open.change(|document| {
        document.resources.extend(adopted.clone());
        set_slice(document, session, context, &refreshed, &plan, &outputs);
    });
    // Before the first tag, so that an undo knows what each tag was.
    open.save().await?;
    let tagged = tag_all(&refreshed, &open).await;
    open.save().await?;
    tagged?;
    for (address, resource) in &adopted {
        session.printer.emit(&Record::Applied(Applied {
            slice: S::NAME.to_owned(),
            address: address.clone(),
            kind: resource.kind.clone(),
            action: Action::Import,
            id: resource.id.clone().unwrap_or_default(),
            seconds: 0.0,
            pending: None,
        }));
    }
    let counts = BTreeMap::from([(Action::Import.word().to_owned(), adopted.len() as u64)]);
    Ok(finished(&open, counts))
}

fn finished(open: &Session, counts: BTreeMap<String, u64>) -> Finished {
    let (lineage, serial) = open.read(|document| (document.lineage.clone(), document.serial));
    Finished {
        counts,
        lineage: (serial > 0).then_some(lineage),
        serial,
        exit: Exit::Done,
    }
}

/// Says what an apply leaves alone.
fn say_what_it_keeps<S: Slice>(session: &SliceSession<S>, address: &str, resource: &Resource) {
    let Some(adopted) = &resource.adopted else {
        return;
    };
    let words = |item: &Value| match (item.get("words"), item) {
        (Some(words), _) => words.as_str().unwrap_or_default().to_owned(),
        (None, Value::String(text)) => text.clone(),
        (None, other) => other.to_string(),
    };
    let given = adopted.given.iter();
    let mut keeps: Vec<String> = given
        .map(|(path, given)| format!("{path} {}", given.value))
        .collect();
    let mut further = Vec::new();
    for (path, kept) in &adopted.kept {
        let seen = kept.seen_as.as_array().map_or(&[][..], Vec::as_slice);
        let more: Vec<String> = match &kept.live {
            Value::Array(items) => {
                let items = items.iter().filter(|item| !seen.contains(item));
                items.map(words).collect()
            }
            Value::Object(names) => names.keys().cloned().collect(),
            _ => Vec::new(),
        };
        match more.is_empty() {
            // Less than rd would have, or another value.
            true => keeps.push(format!("{path} {}", kept.live)),
            false => further.push((path, more.join(", "))),
        }
    }
    if !keeps.is_empty() {
        session.printer.emit(&Record::Diagnostic(Diagnostic::note(
            S::NAME,
            Severity::Info,
            format!("{address} keeps {}", keeps.join(", ")),
            None,
        )));
    }
    for (path, what) in further {
        say_not_managed(session, &format!("{path} of {address}"), &what);
    }
}

fn say_not_managed<S: Slice>(session: &SliceSession<S>, of: &str, what: &str) {
    session.warn(
        format!("not managed: {of}: {what}"),
        "it stays as it is, and plans do not show it; what is added to it later is shown",
    );
}

/// The ids by address. Refuses what the state has at another address or with another id.
fn wanted<S: Slice>(resources: &[String], state: &Document) -> Result<BTreeMap<String, String>> {
    let kinds = S::kinds();
    let mut wanted = BTreeMap::new();
    for resource in resources {
        let bad = |why: &str| {
            Error::usage(format!("`{resource}` {why}"))
                .hint("pass ADDRESS=ID, such as net.vpc.main=vpc-0abc1234")
        };
        let (address, id) = resource.split_once('=').ok_or_else(|| bad("has no `=`"))?;
        let kind = kind_of(address);
        if !address.starts_with(&format!("{}.", S::NAME)) || kinds.get(kind).is_err() {
            return Err(bad(&format!("is not of rd-{}", S::NAME)));
        }
        let known = state.resources.get(address);
        if let Some(other) = known.and_then(|known| known.id.as_deref())
            && other != id
        {
            return Err(Error::refused(format!(
                "{address} is already in the state as {other}, not {id}"
            ))
            .hint(format!(
                "nothing was changed; to forget that one: rd-state rm {address}"
            )));
        }
        let elsewhere = state.resources.iter().find(|(place, one)| {
            place.as_str() != address && one.kind == kind && one.id.as_deref() == Some(id)
        });
        if let Some((place, _)) = elsewhere {
            return Err(Error::refused(format!(
                "{id} is already in the state as {place}, not {address}"
            ))
            .hint(format!(
                "nothing was changed; to move it: rd-state mv {place} {address}"
            )));
        }
        wanted.insert(address.to_owned(), id.to_owned());
    }
    Ok(wanted)
}

/// The kind in an address.
fn kind_of(address: &str) -> &str {
    address.split('.').nth(1).unwrap_or_default()
}
