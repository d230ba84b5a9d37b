//! `import`: imports one existing resource into the state, under an address that `rd.toml` asks for.

use crate::commands::import_resources::{Imported, import_and_save, import_planned};
use crate::commands::scan::{LOCK_TIMEOUT, Scan, scan};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::pipe::slice_session;
use crate::records::Verb;
use crate::resource::input::{Reference, resolve};
use crate::resource::kind::{Found, Wanted};
use crate::resource::slice::Slice;
use crate::state::document::Document;
use crate::state::session::LoadedState;
use serde_json::Value;

/// Flags of `import`.
#[derive(clap::Args, Clone, Debug)]
pub struct ImportArgs {
    /// Address in the state, such as net.vpc.main
    pub address: String,
    /// Id in AWS, such as vpc-0abc1234
    pub id: String,
}

/// Imports one resource of slice `S`.
pub(crate) async fn run<S: Slice>(context: &Context, args: &ImportArgs) -> Result<Exit> {
    slice_session::run::<S, _>(context, Verb::Import, false, |session| async move {
        let import = async |state: LoadedState, lock| {
            let scan = scan(&session, &state.document).await?;
            let found = find(&scan, &state.document, args).await?;
            let external = |reference: &Reference| scan.outputs.get(reference);
            let planned = scan
                .plan
                .resources
                .iter()
                .find(|planned| planned.address == args.address);
            let Some(mut planned) = planned.cloned() else {
                return Err(Error::usage(format!(
                    "rd.toml asks for no `{}`",
                    args.address
                )));
            };
            planned.live = Some(found);
            let edit = |document: &mut Document| {
                import_planned(document, &planned, &external);
                vec![Imported {
                    address: args.address.clone(),
                    kind: planned.kind.clone(),
                    id: args.id.clone(),
                }]
            };
            import_and_save(&session, context, state, lock, Verb::Import, &scan, edit).await
        };
        session
            .with_lock(context, Verb::Import, LOCK_TIMEOUT, import)
            .await
    })
    .await
}

/// Reads the resource with the given id; refuses one that the state or another stack already has.
async fn find<S: Slice>(
    scan: &Scan<S>,
    state: &Document,
    args: &ImportArgs,
) -> Result<Found<Value>> {
    let nodes = &scan.refreshed.parts.nodes;
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
            format!("there is {}", near.join(", "))
        };
        return Err(Error::usage(format!("rd.toml asks for no `{}`", args.address)).hint(hint));
    };
    let known = state.resources.get(&args.address);
    if let Some(id) = known.and_then(|resource| resource.id.as_deref()) {
        return Err(
            Error::refused(format!("{} is already imported as {id}", args.address)).hint(format!(
                "forget that resource first: rd-state rm {}",
                args.address
            )),
        );
    }
    if let Some((address, _)) = state
        .resources
        .iter()
        // An id is unique among its kind, no further: a database and its subnet group may share a name.
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
    let spec = resolve(&node.spec, &|reference| {
        scan.refreshed
            .observed
            .lookup(reference)
            .or_else(|| scan.outputs.get(reference))
    });
    let wanted = Wanted {
        address: args.address.clone(),
        id: Some(args.id.clone()),
        spec: Some(spec),
    };
    // Forgotten for the moment, even where another kind has a resource of that name, so that its tags are read.
    let ctx = &scan.refreshed.ctx;
    ctx.known_ids.borrow_mut().remove(&args.id);
    let found = scan.refreshed.reader.find(node.kind, wanted).await?;
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
        .hint("a resource belongs to one stack; remove its tag ManagedBy to import it here"));
    }
    Ok(found)
}
