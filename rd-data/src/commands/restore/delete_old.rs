//! `restore --delete-old`: deletes the instances that were replaced, with their log groups.

use crate::clients::Clients;
use crate::commands::wait_for_instance::wait_until_available;
use crate::kinds::db_instance::DbInstance;
use crate::kinds::db_instance::model::{REPLACED_TAG, RESTORED_TAG, Spec, live};
use crate::kinds::db_instance::read::{describe, describe_one};
use crate::slice::{Data, INSTANCE};
use crate::{log_groups, rds};
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::prompt;
use rd_common::resource::wait::{Poll, wait_until};
use rd_common::stack::ADDRESS_TAG;
use rd_common::{Ctx, Error, Kind, Result, tags_from_sdk};

/// Deletes the instances that were replaced and, unless `replaced_only`, those that were restored but never switched
/// to.
pub async fn delete_old(context: &Context, yes: bool, replaced_only: bool) -> Result<()> {
    let data = SliceContext::<Data>::open(context).await?;
    let ctx = &data.ctx;
    let (_, current_id) = data.resource(INSTANCE)?;
    let mut old = Vec::new();
    for instance in describe(&ctx.clients, None).await? {
        let tags = tags_from_sdk!(instance.tag_list());
        let id = instance.db_instance_identifier().unwrap_or_default();
        let is_old = tags.contains_key(REPLACED_TAG)
            || (!replaced_only
                && tags.contains_key(RESTORED_TAG)
                && !tags.contains_key(ADDRESS_TAG));
        if ctx.stack.owns(ctx.slice, &tags) && is_old && id != current_id {
            old.push(id.to_owned());
        }
    }
    let Spec { identifier, .. } = data.spec(INSTANCE)?;
    if old.is_empty() {
        // A run that was killed may have deleted an instance, but not its log groups.
        log_groups::delete_orphans(ctx, &identifier, current_id).await?;
        context.printer.text(if context.printer.is_json() {
            "{\"deleted\":[]}\n"
        } else {
            "no old instances\n"
        });
        return Ok(());
    }
    if !yes {
        let question = format!(
            "{} will be deleted permanently. Type `yes` to delete:",
            old.join(", ")
        );
        if !prompt::can_ask() || !prompt::ask(&question, &["yes"], &ctx.cancel).await? {
            return Err(Error::refused(format!(
                "not confirmed: {} was not deleted",
                old.join(", ")
            ))
            .hint("pass -y to delete without confirmation"));
        }
    }
    for id in &old {
        disable_protection(ctx, id).await?;
        ctx.retrying(|| DbInstance::delete(ctx, id)).await?;
    }
    for id in &old {
        wait_until(ctx, id, DbInstance::TIMEOUTS.limit, async || {
            Ok(match describe_one(ctx, id).await? {
                Some(instance) => Poll::Pending(live(&instance).status),
                None => Poll::Ready(()),
            })
        })
        .await?;
    }
    log_groups::delete_orphans(ctx, &identifier, current_id).await?;
    let text = if context.printer.is_json() {
        serde_json::json!({"deleted": old}).to_string()
    } else {
        format!("deleted {}", old.join(", "))
    };
    context.printer.text(&format!("{text}\n"));
    Ok(())
}

/// Turns off deletion protection; the user has confirmed the delete.
async fn disable_protection(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
    let Some(instance) = describe_one(ctx, id).await? else {
        return Ok(());
    };
    if instance.deletion_protection() != Some(true) {
        return Ok(());
    }
    let call = ctx.clients.rds.modify_db_instance();
    let call = call
        .db_instance_identifier(id)
        .deletion_protection(false)
        .apply_immediately(true);
    let disable = async || {
        call.clone()
            .send()
            .await
            .doing("turn off deletion protection")
    };
    let disabled = ctx.retrying(disable).await;
    disabled.map_err(rds::retry_if_temporary)?;
    wait_until_available(ctx, id, |instance| !instance.deletion_protection)
        .await
        .map(|_| ())
}
