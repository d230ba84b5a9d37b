//! The switch: the new instance takes the old one's place, in the state, on the tags, then by an apply.

use crate::kinds::db_instance::model::{REPLACED_TAG, live};
use crate::kinds::db_instance::{DbInstance, describe, one};
use crate::slice::{Data, INSTANCE};
use crate::{log_groups, rds};
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::stack::ADDRESS_TAG;
use rd_common::state::document::Phase;
use rd_common::state::locked_state::LockedState;
use rd_common::{Error, Exit, Kind, Result, Slice, Tags, other_program};

/// Makes the new one the stack's instance: in the state first, then on the tags.
pub async fn switch(
    context: &Context,
    slice_context: &SliceContext<Data>,
    old: &str,
    new: &str,
) -> Result<()> {
    let ctx = &slice_context.ctx;
    let there = one(ctx, new)
        .await?
        .ok_or_else(|| Error::failed(format!("{new} is gone")))?;
    let attributes = serde_json::to_value(live(&there)).unwrap_or_default();
    let edit = async |state: LockedState| {
        let mut document = state
            .load()
            .await?
            .ok_or_else(|| Error::failed("the state of rd-data no longer exists"))?;
        let Some(resource) = document.resources.get_mut(INSTANCE) else {
            return Err(Error::failed(format!(
                "{INSTANCE} is not in the state any more"
            )));
        };
        if resource.id.as_deref() == Some(new) {
            return Ok(());
        }
        resource.id = Some(new.to_owned());
        resource.phase = Phase::Ready;
        resource.attributes = attributes;
        log_groups::take_over(&mut document, new);
        state.save(document, "restore --switch").await.map(|_| ())
    };
    context
        .with_locked_state(Data::NAME, "restore", edit)
        .await?;
    let own = Tags::from([(ADDRESS_TAG.to_owned(), INSTANCE.to_owned())]);
    DbInstance::tag(ctx, new, &own, &[]).await?;
    // Also one that a run cut off here left with the address.
    for instance in describe(&ctx.clients, None).await? {
        let id = instance.db_instance_identifier().unwrap_or_default();
        let tags = rds::map(instance.tag_list());
        let bears = ctx.stack.owns(ctx.slice, &tags)
            && tags
                .get(ADDRESS_TAG)
                .is_some_and(|address| address == INSTANCE);
        if id != new && (bears || id == old) {
            let replaced = Tags::from([(REPLACED_TAG.to_owned(), new.to_owned())]);
            DbInstance::tag(ctx, id, &replaced, &[ADDRESS_TAG.to_owned()]).await?;
        }
    }
    Ok(())
}

/// An apply: the secret leads to the new instance, the outputs name it.
pub fn converge(context: &Context) -> Result<Exit> {
    let mut command = other_program::command(context, "data", &["apply", "-y"])?;
    command.args([
        "--format",
        if context.printer.is_json() {
            "json"
        } else {
            "text"
        },
    ]);
    let status = command
        .status()
        .map_err(|e| other_program::cannot_run(&e))?;
    Ok(other_program::exit(status))
}
