//! `rotate`: a new token. It waits in the secret; ElastiCache takes it beside the old one, then readers of the secret get
//! it, then the old one is taken away. Nobody is cut off who reads the secret anew in between, and killed at any point,
//! the next run ends what was begun.

use super::until_available;
use crate::kinds::Token;
use crate::kinds::replication_group::modify::set_token;
use crate::slice::{Cache, GROUP, SECRET};
use aws_sdk_elasticache::types::AuthTokenUpdateStrategyType as Strategy;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::{Exit, Result, Slice};
use rd_secret::Secrets;
use rd_secret::generate::Generated;
use rd_secret::rotation::Rotation;
use rd_secret::value::Fields;

/// Runs it under the state's lock, so that no apply writes the secret meanwhile.
pub async fn run(context: &Context) -> Result<Exit> {
    context
        .with_locked_state(Cache::NAME, "rotate", |_| rotate(context))
        .await
}

async fn rotate(context: &Context) -> Result<Exit> {
    let slice_context = SliceContext::<Cache>::open(context).await?;
    let (_, id) = slice_context.resource(GROUP)?;
    let (_, secret) = slice_context.resource(SECRET)?;
    let client = slice_context.ctx.clients.secrets();
    until_available(&slice_context.ctx, id, |_| true).await?;
    let rotation = Rotation::begin::<Token>(client, secret, &Fields::new()).await?;
    set(&slice_context, id, &rotation.generated, Strategy::Rotate).await?;
    rotation.promote(client).await?;
    set(&slice_context, id, &rotation.generated, Strategy::Set).await?;
    rotation.finish(client).await?;
    let text = if context.printer.is_json() {
        serde_json::json!({"replication_group": id, "secret_arn": secret, "rotated": true, "resumed": rotation.resumed})
            .to_string()
    } else {
        let begun = if rotation.resumed {
            " (the rotation that an earlier run began)"
        } else {
            ""
        };
        format!(
            "{id} has a new token{begun}; {secret} has it too. Tasks that run stay connected, and need a restart to \
             connect again"
        )
    };
    context.printer.text(&format!("{text}\n"));
    Ok(Exit::Done)
}

/// Sets the token and waits until ElastiCache has done it.
async fn set(
    slice_context: &SliceContext<Cache>,
    id: &str,
    token: &Generated,
    strategy: Strategy,
) -> Result<()> {
    let ctx = &slice_context.ctx;
    ctx.retrying(|| set_token(ctx, id, token, strategy.clone()))
        .await
        .map_err(|error| {
            error.hint(
                "the old token still serves; mend the cause and run rd-cache rotate again: it goes on with the same new \
                 token",
            )
        })?;
    until_available(ctx, id, |live| !live.pending.contains_key("auth_token"))
        .await
        .map(|_| ())
}
