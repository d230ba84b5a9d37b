//! The switch: the new instance takes the old one's place in the state, then in the tags, then everywhere by an apply.

use crate::clients::Clients;
use crate::kinds::db_instance::DbInstance;
use crate::kinds::db_instance::model::{REPLACED_TAG, live};
use crate::kinds::db_instance::read::{address_of, describe, describe_one};
use crate::log_groups;
use crate::slice::{Data, INSTANCE};
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::stack::ADDRESS_TAG;
use rd_common::state::document::Phase;
use rd_common::state::locked_state::LockedState;
use rd_common::{Ctx, Error, Exit, Kind, Result, Slice, Tags, other_program};

/// Makes `new` the stack's instance: in the state first, then in the tags of both instances.
pub async fn switch(
    context: &Context,
    data: &SliceContext<Data>,
    old: &str,
    new: &str,
) -> Result<()> {
    let ctx = &data.ctx;
    let instance = describe_one(ctx, new)
        .await?
        .ok_or_else(|| Error::failed(format!("{new} no longer exists")))?;
    let attributes = serde_json::to_value(live(&instance)).unwrap_or_default();
    let record = async |state: &LockedState| {
        let mut document = state
            .load()
            .await?
            .ok_or_else(|| Error::failed("the state of rd-data no longer exists"))?;
        let Some(resource) = document.resources.get_mut(INSTANCE) else {
            return Err(Error::failed(format!(
                "{INSTANCE} is no longer in the state"
            )));
        };
        if resource.id.as_deref() == Some(new) {
            return Ok(());
        }
        resource.id = Some(new.to_owned());
        resource.phase = Phase::Ready;
        resource.attributes.clone_from(&attributes);
        log_groups::switch_to(&mut document, new);
        state.save(document, "restore --switch").await.map(|_| ())
    };
    // The tags under the lock, too: an apply that starts in between would find the address at the old instance.
    let switch = async |state: LockedState| {
        record(&state).await?;
        move_address(ctx, old, new).await
    };
    context
        .with_locked_state(Data::NAME, "restore", switch)
        .await
}

/// Moves the tag with the address to `new`, from `old` and from whatever else has it.
async fn move_address(ctx: &Ctx<Clients>, old: &str, new: &str) -> Result<()> {
    let address = Tags::from([(ADDRESS_TAG.to_owned(), INSTANCE.to_owned())]);
    ctx.retrying(|| DbInstance::tag(ctx, new, &address, &[]))
        .await?;
    // A run that was killed here may have left another instance with the address.
    for instance in describe(&ctx.clients, None).await? {
        let id = instance.db_instance_identifier().unwrap_or_default();
        let has_address = address_of(&ctx.stack, ctx.slice, &instance).as_deref() == Some(INSTANCE);
        if id != new && (has_address || id == old) {
            let replaced = Tags::from([(REPLACED_TAG.to_owned(), new.to_owned())]);
            let address = [ADDRESS_TAG.to_owned()];
            ctx.retrying(|| DbInstance::tag(ctx, id, &replaced, &address))
                .await?;
        }
    }
    Ok(())
}

/// Runs `rd-data apply -y`, which updates the secret and the outputs to the new instance.
pub fn apply(context: &Context) -> Result<Exit> {
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
