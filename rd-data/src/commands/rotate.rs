//! `rotate`: sets a new password. It is stored in the secret as the pending version, then set in RDS, then made current
//! for readers of the secret. From the first step on the secret has the new password, so that a run after a kill can
//! complete the rotation. `docs/rotate.md` has the steps.

use super::stored_secret::StoredSecret;
use super::wait_for_instance::{set_password_and_wait, wait_until_available};
use crate::kinds::database_secret::Database;
use crate::kinds::db_instance::DbInstance;
use crate::slice::{Data, INSTANCE, SECRET};
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::state::locked_state::LockedState;
use rd_common::{Exit, Kind, Result, Slice, Tags};
use rd_secret::Secrets;
use rd_secret::rotation::{GENERATION_FIELD, Rotation, generation_to_give};
use rd_secret::secret::GIVEN_GENERATION_TAG;
use rd_secret::value::Fields;

/// Rotates the password under the state's lock, so that no apply writes the secret at the same time.
pub async fn run(context: &Context) -> Result<Exit> {
    context
        .with_locked_state(Data::NAME, "rotate", |state| rotate(context, state))
        .await
}

async fn rotate(context: &Context, state: LockedState) -> Result<Exit> {
    let data = SliceContext::<Data>::open(context).await?;
    let ctx = &data.ctx;
    let (_, id) = data.resource(INSTANCE)?;
    let secret = StoredSecret::of(&data)?;
    secret.refuse_managed("rotate")?;
    let (secret, form) = (secret.arn.as_str(), secret.form);
    let clients = &ctx.clients;
    let client = clients.secrets();
    wait_until_available(ctx, id, |_| true).await?;
    let rotation = ctx
        .retrying(async || Rotation::begin::<Database>(clients, secret, form, &Fields::new()).await)
        .await?;
    set_password_and_wait(ctx, id, &rotation.generated)
        .await
        .map_err(|error| {
            error.hint(
                "readers of the secret still get the old password; fix the cause and run rd-data rotate again: it \
                 continues with the same new password",
            )
        })?;
    ctx.retrying(|| rotation.promote(client)).await?;
    ctx.retrying(|| rotation.finish(client)).await?;
    // It was adopted without a secret. From now on, a secret that is created again gives it its value.
    if let Some(generation) = generation_to_give(&data.state, INSTANCE, SECRET) {
        let tags = Tags::from([(GIVEN_GENERATION_TAG.to_owned(), generation)]);
        ctx.retrying(|| DbInstance::tag(ctx, id, &tags, &[]))
            .await?;
        state
            .forget_given(INSTANCE, GENERATION_FIELD, "rotate")
            .await?;
    }
    let text = if context.printer.is_json() {
        serde_json::json!({"instance": id, "secret_arn": secret, "rotated": true, "resumed": rotation.resumed})
            .to_string()
    } else {
        let resumed = if rotation.resumed {
            " (completing an earlier rotation)"
        } else {
            ""
        };
        format!(
            "{id} has a new password{resumed}, stored in {secret}. Running tasks still have the old one: restart \
             them now with rd-ecs restart -e {}",
            context.stack.environment
        )
    };
    context.printer.text(&format!("{text}\n"));
    Ok(Exit::Done)
}
