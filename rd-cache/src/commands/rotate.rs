//! `rotate`: sets a new token. It is stored in the secret as the pending version; ElastiCache accepts it in addition to
//! the old one; then readers of the secret get it, and the old token is removed. At no time do readers get a token that
//! ElastiCache refuses, and a run after a kill completes the rotation. `docs/rotate.md` has the steps.

use super::wait_for_group::wait_until_available;
use crate::kinds::cache_secret::Token;
use crate::kinds::replication_group::modify::set_token;
use crate::kinds::replication_group::{ReplicationGroup, read};
use crate::slice::{Cache, GROUP, SECRET, SECRET_VERSION};
use aws_sdk_elasticache::types::AuthTokenUpdateStrategyType as Strategy;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::resource::wait::wait_until_idle;
use rd_common::state::locked_state::LockedState;
use rd_common::{Error, Exit, Kind, Result, Slice, Tags};
use rd_secret::Secrets;
use rd_secret::generate::Generated;
use rd_secret::rotation::{GENERATION_FIELD, Rotation, generation_to_give};
use rd_secret::secret::GIVEN_GENERATION_TAG;
use rd_secret::value::Fields;
use rd_secret::version::stored_form;

/// Rotates the token under the state's lock, so that no apply writes the secret at the same time.
pub async fn run(context: &Context) -> Result<Exit> {
    context
        .with_locked_state(Cache::NAME, "rotate", |state| rotate(context, state))
        .await
}

async fn rotate(context: &Context, state: LockedState) -> Result<Exit> {
    let cache = SliceContext::<Cache>::open(context).await?;
    let (_, id) = cache.resource(GROUP)?;
    let (_, secret) = cache.resource(SECRET)?;
    let form = stored_form(&cache.state, SECRET_VERSION);
    let clients = &cache.ctx.clients;
    let client = clients.secrets();
    wait_until_available(&cache.ctx, id, |_| true).await?;
    let rotation = cache
        .ctx
        .retrying(async || Rotation::begin::<Token>(clients, secret, form, &Fields::new()).await)
        .await?;
    set_token_and_wait(&cache, id, &rotation.generated, Strategy::Rotate).await?;
    cache.ctx.retrying(|| rotation.promote(client)).await?;
    set_token_and_wait(&cache, id, &rotation.generated, Strategy::Set).await?;
    cache.ctx.retrying(|| rotation.finish(client)).await?;
    // It was adopted without a secret. From now on, a secret that is created again gives it its value.
    if let Some(generation) = generation_to_give(&cache.state, GROUP, SECRET) {
        let tags = Tags::from([(GIVEN_GENERATION_TAG.to_owned(), generation)]);
        cache
            .ctx
            .retrying(|| ReplicationGroup::tag(&cache.ctx, id, &tags, &[]))
            .await?;
        state
            .forget_given(GROUP, GENERATION_FIELD, "rotate")
            .await?;
    }
    let text = if context.printer.is_json() {
        serde_json::json!({"replication_group": id, "secret_arn": secret, "rotated": true, "resumed": rotation.resumed})
            .to_string()
    } else {
        let resumed = if rotation.resumed {
            " (completing an earlier rotation)"
        } else {
            ""
        };
        format!(
            "{id} has a new token{resumed}, stored in {secret}. Running tasks stay connected, but need a restart to \
             connect again: rd-ecs restart -e {}",
            context.stack.environment
        )
    };
    context.printer.text(&format!("{text}\n"));
    Ok(Exit::Done)
}

/// Sets the token, and waits until it is in effect.
async fn set_token_and_wait(
    cache: &SliceContext<Cache>,
    id: &str,
    token: &Generated,
    strategy: Strategy,
) -> Result<()> {
    let ctx = &cache.ctx;
    ctx.retrying(|| set_token(ctx, id, token, strategy.clone()))
        .await
        .map_err(|error| {
            error.hint(
                "clients can still connect; fix the cause and run rd-cache rotate again: it continues with the same new \
                 token",
            )
        })?;
    let limit = ReplicationGroup::TIMEOUTS.limit;
    wait_until_idle(ctx, id, limit, async || {
        let Some((group, _)) = read(ctx, id).await? else {
            return Err(Error::failed(format!("{id} no longer exists")));
        };
        let is_idle = group.status == "available" && !group.pending.contains_key("auth_token");
        Ok((is_idle, format!("{}: setting the token", group.status)))
    })
    .await
}
