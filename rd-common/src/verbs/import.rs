//! `import`: one existing resource is taken into the state, once AWS has said that it is there.

use crate::cli::Program;
use crate::engine::adopt;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::model::input::{Reference, resolve};
use crate::model::kind::{Found, Wanted};
use crate::model::slice::Slice;
use crate::state::document::Document;
use crate::verbs::apply::locked;
use crate::verbs::pipe::piped;
use crate::verbs::take::{LIMITS, Looked, look, save};
use serde_json::Value;

/// Flags of `import`.
#[derive(clap::Args, Clone, Debug)]
pub struct ImportArgs {
    /// The address that it is to have, such as net.vpc.main
    pub address: String,
    /// The id that AWS has for it
    pub id: String,
}

/// Runs `import`: takes in one resource, under an address that `rd.toml` asks for.
pub(crate) async fn run<S: Slice>(program: &Program, args: &ImportArgs) -> Result<Exit> {
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
        // An id is unique among its kind, no further: a database and its subnet group may share a name.
        .find(|(_, resource)| {
            resource.kind == node.kind && resource.id.as_deref() == Some(&args.id)
        })
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
    // Not known yet, also where another kind has one of that name: so its tags are read, whatever that costs.
    let cx = &looked.ground.cx;
    cx.known_ids.borrow_mut().remove(&args.id);
    let found = looked.ground.reader.find(node.kind, wanted).await?;
    let found = found
        .into_iter()
        .find(|one| one.id == args.id)
        .ok_or_else(|| {
            Error::usage(format!("AWS has no {} {}", node.kind, args.id))
                .hint("check the id, the region and the account")
        })?;
    let stack = &cx.stack;
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
