//! `rotate`: a new password. It waits in the secret, then RDS takes it, then readers of the secret get it. Killed at any
//! point, the next run ends what was begun, since the new password is in the secret all the time.

use super::{give_password, until_available};
use crate::kinds::Database;
use crate::slice::{Data, INSTANCE, SECRET};
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::{Exit, Result, Slice};
use rd_secret::Secrets;
use rd_secret::rotation::Rotation;
use rd_secret::value::Fields;

/// Runs it under the state's lock, so that no apply writes the secret meanwhile.
pub async fn run(context: &Context) -> Result<Exit> {
    context
        .with_locked_state(Data::NAME, "rotate", |_| rotate(context))
        .await
}

async fn rotate(context: &Context) -> Result<Exit> {
    let slice_context = SliceContext::<Data>::open(context).await?;
    let ctx = &slice_context.ctx;
    let (_, id) = slice_context.resource(INSTANCE)?;
    let (_, secret) = slice_context.resource(SECRET)?;
    let client = ctx.clients.secrets();
    until_available(ctx, id, |_| true).await?;
    let rotation = Rotation::begin::<Database>(client, secret, &Fields::new()).await?;
    give_password(ctx, id, &rotation.generated).await.map_err(|error| {
        error.hint(
            "the old password is in the secret still; mend the cause and run rd-data rotate again: it goes on with the \
             same new password",
        )
    })?;
    rotation.promote(client).await?;
    rotation.finish(client).await?;
    let text = if context.printer.is_json() {
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
    context.printer.text(&format!("{text}\n"));
    Ok(Exit::Done)
}
