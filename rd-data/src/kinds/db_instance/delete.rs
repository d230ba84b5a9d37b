//! Deleting an instance: whether with a final snapshot is in a tag of the instance, so that a delete needs no settings.

use super::model::live;
use super::read::describe_one;
use crate::clients::Clients;
use crate::rds;
use jiff::Timestamp;
use rd_common::aws::Explain;
use rd_common::stack::short_hash;
use rd_common::{Ctx, Deletion, Error, Result, Retry};

/// The error codes of an instance that does not exist.
const NOT_FOUND: [&str; 2] = ["DBInstanceNotFound", "DBInstanceNotFoundFault"];

/// Deletes the instance, after a final snapshot unless its tag `rd:final-snapshot` is `false`. Success if it is being
/// deleted already.
pub async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
    let Some(instance) = describe_one(ctx, id).await? else {
        return Ok(Deletion::NotFound);
    };
    let instance = live(&instance);
    if instance.status == "deleting" {
        return Ok(Deletion::Accepted);
    }
    let call = ctx
        .clients
        .rds
        .delete_db_instance()
        .db_instance_identifier(id);
    // Without the tag, the data is kept.
    let call = if instance.final_snapshot.unwrap_or(true) {
        call.skip_final_snapshot(false)
            .final_db_snapshot_identifier(final_snapshot_name(
                id,
                &instance.resource_id,
                Timestamp::now(),
            ))
    } else {
        call.skip_final_snapshot(true)
    };
    match call.send().await.doing("delete the instance") {
        Err(error) if is_being_deleted(&error) => Ok(Deletion::Accepted),
        Err(error) if is_protected(&error) && instance.deletion_protection => Err(protected(id)),
        // It was turned off a moment ago: RDS takes up to five minutes to know.
        Err(error) if is_protected(&error) => Err(error.retry(Retry::Later)),
        other => rds::deleted(other, &NOT_FOUND),
    }
}

/// A unique name: it contains the time, and a hash of the id that AWS never gives to another instance.
fn final_snapshot_name(id: &str, resource_id: &str, now: Timestamp) -> String {
    let time = now.strftime("%Y%m%d-%H%M%S");
    format!("{id}-final-{time}-{}", short_hash(resource_id))
}

/// Whether RDS is deleting the instance already. The code is that of every busy instance, so the text decides:
/// <https://github.com/hashicorp/terraform-provider-aws/issues/5622>.
fn is_being_deleted(error: &Error) -> bool {
    error.summary.contains("already being deleted")
}

/// Whether deletion protection refuses the delete. The code is a general one, so the text decides: "Cannot delete
/// protected DB Instance" (<https://github.com/hashicorp/terraform-provider-aws/issues/26233>).
fn is_protected(error: &Error) -> bool {
    error.is(&["InvalidParameterCombination"]) && error.summary.to_lowercase().contains("protect")
}

/// The refusal to delete an instance that has deletion protection, with what to do.
pub fn protected(id: &str) -> Error {
    Error::refused(format!("the instance {id} is protected against deletion")).hint(
        "set `protect = false` (or deletion_protection = false in [data]) in rd.toml and run rd-data apply, then destroy",
    )
}
