//! `rotate`: a new password. It waits in the secret, then RDS takes it, then readers of the secret get it. Killed at any
//! point, the next run ends what was begun, since the new password is in the secret all the time.

use super::{give_password, until_available};
use crate::kinds::Database;
use crate::slice::{Data, INSTANCE, SECRET};
use rd_common::cli::Program;
use rd_common::verbs::desk::Desk;
use rd_common::verbs::edit;
use rd_common::{Exit, Result};
use rd_secret::Secrets;
use rd_secret::rotation::Rotation;
use rd_secret::value::Fields;

/// Runs it under the state's lock, so that no apply writes the secret meanwhile.
pub async fn run(program: &Program) -> Result<Exit> {
    let key = program.key("data");
    edit::locked(program, &key, "rd-data rotate", || rotate(program)).await
}

async fn rotate(program: &Program) -> Result<Exit> {
    let desk = Desk::<Data>::open(program).await?;
    let cx = &desk.cx;
    let (_, id) = desk.resource(INSTANCE)?;
    let (_, secret) = desk.resource(SECRET)?;
    let client = cx.clients.secrets();
    until_available(cx, id, |_| true).await?;
    let rotation = Rotation::begin::<Database>(client, secret, &Fields::new()).await?;
    give_password(cx, id, &rotation.generated).await.map_err(|error| {
        error.hint(
            "the old password is in the secret still; mend the cause and run rd-data rotate again: it goes on with the \
             same new password",
        )
    })?;
    rotation.promote(client).await?;
    rotation.finish(client).await?;
    let text = if program.printer.is_json() {
        serde_json::json!({"instance": id, "secret_arn": secret, "rotated": true, "resumed": rotation.resumed})
            .to_string()
    } else {
        let begun = if rotation.resumed {
            " (the rotation that an earlier run began)"
        } else {
            ""
        };
        format!(
            "{id} has a new password{begun}; {secret} has it too. Tasks that run still have the old one: restart the \
             service now"
        )
    };
    program.printer.text(&format!("{text}\n"));
    Ok(Exit::Done)
}
