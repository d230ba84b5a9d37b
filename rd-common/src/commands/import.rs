//! `import`: records an existing AWS resource in the state, at an address that follows from `rd.toml`.

use crate::commands::all_resources::{AllResources, LOCK_TIMEOUT, read_all};
use crate::commands::import_resources::{Imported, import_and_save, import_planned};
use crate::completion;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::pipe::slice_session;
use crate::plan::planned::Planned;
use crate::records::Verb;
use crate::resource::change::is_unknown;
use crate::resource::input::{Reference, resolve};
use crate::resource::kind::{Found, Wanted};
use crate::resource::parts::Node;
use crate::resource::slice::Slice;
use crate::state::document::{Document, Resource};
use crate::state::session::LoadedState;
use serde_json::Value;

/// The arguments that `import` accepts.
#[derive(clap::Args, Clone, Debug)]
pub struct ImportArgs {
    /// Address for the resource, such as net.vpc.main
    #[arg(add = completion::addresses())]
    pub address: String,
    /// Id of the resource in AWS, such as vpc-0abc1234
    pub id: String,
    /// Import a resource that the next apply would replace
    #[arg(long)]
    pub allow_replace: bool,
}

/// Imports one resource of slice `S`.
pub(crate) async fn run<S: Slice>(context: &Context, args: &ImportArgs) -> Result<Exit> {
    slice_session::run::<S, _>(context, Verb::Import, false, |session| async move {
        let import = async |state: LoadedState, lock| {
            let all = read_all(&session, &state.document).await?;
            let found = find(&all, &state.document, args).await?;
            let external = |reference: &Reference| all.outputs.get(reference);
            let planned = all
                .plan
                .resources
                .iter()
                .find(|planned| planned.address == args.address);
            let Some(mut planned) = planned.cloned() else {
                return Err(no_such_address(&args.address));
            };
            if !args.allow_replace {
                refuse_to_replace(&all, &planned, &found)?;
            }
            planned.live = Some(found);
            let edit = |document: &mut Document| {
                import_planned(document, &planned, &external);
                Ok(vec![Imported {
                    address: args.address.clone(),
                    kind: planned.kind.clone(),
                    id: args.id.clone(),
                }])
            };
            import_and_save(&session, context, state, lock, Verb::Import, &all, edit).await
        };
        session
            .with_lock(context, Verb::Import, LOCK_TIMEOUT, import)
            .await
    })
    .await
}

/// Fails where the next plan would replace the resource, which a user who imports it wants to keep.
fn refuse_to_replace<S: Slice>(
    all: &AllResources<S>,
    planned: &Planned,
    found: &Found<Value>,
) -> Result<()> {
    let Some(node) = &planned.node else {
        return Ok(());
    };
    let spec = spec_of(all, node);
    let kind = all.refreshed.kinds.get(node.kind)?;
    let fields = kind.diff(&spec, &found.live, Some(&spec))?;
    let replaces = fields.iter().filter(|one| one.replaces);
    let replaces: Vec<String> = replaces
        .filter(|one| !is_unknown(&one.after))
        .map(|one| format!("{} {} → {}", one.path, one.before, one.after))
        .collect();
    if replaces.is_empty() {
        return Ok(());
    }
    Err(Error::refused(format!(
        "the next apply would replace {}, since AWS cannot change {}",
        found.id,
        replaces.join(", ")
    ))
    .at(&planned.address)
    .hint(
        "to keep the resource, set in rd.toml what it has, and import it then; --allow-replace imports it as it is, and \
         the next plan shows its replacement",
    ))
}

/// The spec of a resource, as far as it is known.
fn spec_of<S: Slice>(all: &AllResources<S>, node: &Node) -> Value {
    resolve(&node.spec, &|reference| {
        all.refreshed
            .observed
            .lookup(reference)
            .or_else(|| all.outputs.get(reference))
    })
}

fn no_such_address(address: &str) -> Error {
    Error::usage(format!("no resource `{address}` follows from rd.toml"))
}

/// Reads the resource with the given id. Refuses one that is already in the state or belongs to another stack.
async fn find<S: Slice>(
    all: &AllResources<S>,
    state: &Document,
    args: &ImportArgs,
) -> Result<Found<Value>> {
    let nodes = &all.refreshed.parts.nodes;
    let Some(node) = nodes.iter().find(|node| node.address == args.address) else {
        let kind = args.address.rsplit_once('.').map_or("", |(kind, _)| kind);
        let near: Vec<&str> = nodes
            .iter()
            .map(|node| node.address.as_str())
            .filter(|address| address.starts_with(kind))
            .collect();
        let hint = if near.is_empty() {
            format!("rd-{} plan lists the addresses", S::NAME)
        } else {
            format!("similar addresses: {}", near.join(", "))
        };
        return Err(no_such_address(&args.address).hint(hint));
    };
    let known = state.resources.get(&args.address);
    if let Some(id) = known.and_then(|resource| resource.id.as_deref()) {
        return Err(
            Error::refused(format!("{} is already imported as {id}", args.address)).hint(format!(
                "remove that resource from the state first: rd-state rm {}",
                args.address
            )),
        );
    }
    if let Some((address, _)) = state
        .resources
        .iter()
        // An id is unique only among its kind: a database and its subnet group can have the same name.
        .find(|(_, resource)| {
            resource.kind == node.kind && resource.id.as_deref() == Some(&args.id)
        })
    {
        return Err(
            Error::refused(format!("{} is already in the state as {address}", args.id)).hint(
                format!("to move it: rd-state mv {address} {}", args.address),
            ),
        );
    }
    let deposed_at = |resource: &Resource| {
        resource.kind == node.kind && resource.deposed.iter().any(|old| old.id == args.id)
    };
    if let Some((address, _)) = state
        .resources
        .iter()
        .find(|(address, resource)| **address != args.address && deposed_at(resource))
    {
        return Err(Error::refused(format!(
            "{} is a predecessor of {address}, which is still to be deleted",
            args.id
        ))
        .hint(format!("to keep it, first run rd-state rm {address}")));
    }
    let spec = spec_of(all, node);
    let wanted = Wanted {
        address: args.address.clone(),
        id: Some(args.id.clone()),
        spec: Some(spec),
    };
    // Not known for the moment, although another kind may have a resource with this id, so that its tags are read.
    let ctx = &all.refreshed.ctx;
    ctx.known_ids.borrow_mut().remove(&args.id);
    let found = all.refreshed.reader.find(node.kind, wanted).await?;
    let found = found
        .into_iter()
        .find(|one| one.id == args.id)
        .ok_or_else(|| {
            Error::usage(format!("AWS has no {} {}", node.kind, args.id))
                .hint("check the id, the region and the account")
        })?;
    let stack = &ctx.stack;
    let tags = found.tags.clone().unwrap_or_default();
    if tags.get("ManagedBy").is_some_and(|by| by == "rd") && !stack.owns(S::NAME, &tags) {
        return Err(Error::refused(format!(
            "{} belongs to another stack: its tags are Project={} and Environment={}",
            args.id,
            tags.get("Project").map_or("", String::as_str),
            tags.get("Environment").map_or("", String::as_str),
        ))
        .hint(
            "a resource can only belong to one stack; remove its tag ManagedBy to import it here",
        ));
    }
    Ok(found)
}
