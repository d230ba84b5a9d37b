//! `--delete-old`: what was replaced goes, with its log groups.

use crate::clients::Clients;
use crate::commands::until_available;
use crate::kinds::db_instance::model::{REPLACED_TAG, RESTORED_TAG, Spec, live};
use crate::kinds::db_instance::{DbInstance, describe, one};
use crate::slice::{Data, INSTANCE};
use crate::{log_groups, rds};
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::prompt;
use rd_common::resource::wait::{Poll, wait_until};
use rd_common::stack::ADDRESS_TAG;
use rd_common::{Ctx, Error, Kind, Result};

/// Deletes what was replaced, and, unless `replaced_only`, what was restored and never switched to.
pub async fn delete_old(context: &Context, yes: bool, replaced_only: bool) -> Result<()> {
    let slice_context = SliceContext::<Data>::open(context).await?;
    let ctx = &slice_context.ctx;
    let (_, current_id) = slice_context.resource(INSTANCE)?;
    let mut old = Vec::new();
    for instance in describe(&ctx.clients, None).await? {
        let tags = rds::map(instance.tag_list());
        let id = instance.db_instance_identifier().unwrap_or_default();
        let spare = tags.contains_key(REPLACED_TAG)
            || (!replaced_only
                && tags.contains_key(RESTORED_TAG)
                && !tags.contains_key(ADDRESS_TAG));
        if ctx.stack.owns(ctx.slice, &tags) && spare && id != current_id {
            old.push(id.to_owned());
        }
    }
    let Spec { identifier, .. } = slice_context.spec(INSTANCE)?;
    if old.is_empty() {
        // Those of an instance that went in an earlier run, which was cut off.
        log_groups::delete_orphans(ctx, &identifier, current_id).await?;
        context.printer.text(if context.printer.is_json() {
            "{\"deleted\":[]}\n"
        } else {
            "there is no old instance\n"
        });
        return Ok(());
    }
    if !yes {
        let question = format!(
            "{} is deleted for good. Only `yes` is taken as yes:",
            old.join(", ")
        );
        if !prompt::can_ask() || !prompt::ask(&question, &["yes"])? {
            return Err(
                Error::refused(format!("not confirmed: {} is kept", old.join(", ")))
                    .hint("give -y to delete without a question"),
            );
        }
    }
    for id in &old {
        unprotect(ctx, id).await?;
        DbInstance::delete(ctx, id).await?;
    }
    for id in &old {
        wait_until(ctx, id, DbInstance::TIMEOUTS.limit, async || {
            Ok(match one(ctx, id).await? {
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
        format!("{} is deleted", old.join(", "))
    };
    context.printer.text(&format!("{text}\n"));
    Ok(())
}

/// Takes the protection off one that is to go: it was named, and confirmed.
async fn unprotect(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
    let Some(instance) = one(ctx, id).await? else {
        return Ok(());
    };
    if instance.deletion_protection() != Some(true) {
        return Ok(());
    }
    let call = ctx.clients.rds.modify_db_instance();
    call.db_instance_identifier(id)
        .deletion_protection(false)
        .apply_immediately(true)
        .send()
        .await
        .doing("take the protection off")
        .map_err(rds::for_now)?;
    until_available(ctx, id, |live| !live.deletion_protection)
        .await
        .map(|_| ())
}
