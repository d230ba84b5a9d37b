//! The switch: the new instance takes the old one's place, in the state, on the tags, then by an apply.

use crate::kinds::db_instance::model::{REPLACED_TAG, live};
use crate::kinds::db_instance::{DbInstance, describe, one};
use crate::slice::{Data, INSTANCE};
use crate::{log_groups, rds};
use rd_common::cli::Program;
use rd_common::stack::ADDRESS_TAG;
use rd_common::state::document::Phase;
use rd_common::verbs::desk::Desk;
use rd_common::verbs::edit;
use rd_common::{Error, Exit, Kind, Result, Tags, sibling};

/// Makes the new one the stack's instance: in the state first, then on the tags.
pub async fn switch(program: &Program, desk: &Desk<Data>, old: &str, new: &str) -> Result<()> {
    let cx = &desk.cx;
    let there = one(cx, new)
        .await?
        .ok_or_else(|| Error::failed(format!("{new} is gone")))?;
    let attributes = serde_json::to_value(live(&there)).unwrap_or_default();
    let key = program.key("data");
    edit::locked(program, &key, "rd-data restore", || async {
        let mut document = program
            .store
            .load(&key)
            .await?
            .ok_or_else(|| Error::failed("the state is gone"))?;
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
        edit::save_next(program, &key, document, "restore --switch")
            .await
            .map(|_| ())
    })
    .await?;
    let own = Tags::from([(ADDRESS_TAG.to_owned(), INSTANCE.to_owned())]);
    DbInstance::tag(cx, new, &own, &[]).await?;
    // Also one that a run cut off here left with the address.
    for instance in describe(&cx.clients, None).await? {
        let id = instance.db_instance_identifier().unwrap_or_default();
        let tags = rds::map(instance.tag_list());
        let bears = cx.stack.owns(cx.slice, &tags)
            && tags
                .get(ADDRESS_TAG)
                .is_some_and(|address| address == INSTANCE);
        if id != new && (bears || id == old) {
            let replaced = Tags::from([(REPLACED_TAG.to_owned(), new.to_owned())]);
            DbInstance::tag(cx, id, &replaced, &[ADDRESS_TAG.to_owned()]).await?;
        }
    }
    Ok(())
}

/// An apply: the secret leads to the new instance, the outputs name it.
pub fn converge(program: &Program) -> Result<Exit> {
    let mut command = sibling::command(program, "data", &["apply", "-y"])?;
    command.args([
        "--format",
        if program.printer.is_json() {
            "json"
        } else {
            "text"
        },
    ]);
    let status = command.status().map_err(|e| sibling::cannot_run(&e))?;
    Ok(sibling::exit(status))
}
