//! `rotate`: a new token. It waits in the secret; ElastiCache takes it beside the old one, then readers of the secret get
//! it, then the old one is taken away. Nobody is cut off who reads the secret anew in between, and killed at any point,
//! the next run ends what was begun.

use super::until_available;
use crate::kinds::Token;
use crate::kinds::replication_group::modify::set_token;
use crate::slice::{Cache, GROUP, SECRET};
use aws_sdk_elasticache::types::AuthTokenUpdateStrategyType as Strategy;
use rd_common::cli::Program;
use rd_common::verbs::desk::Desk;
use rd_common::verbs::edit;
use rd_common::{Exit, Result};
use rd_secret::Secrets;
use rd_secret::generate::Generated;
use rd_secret::rotation::Rotation;
use rd_secret::value::Fields;

/// Runs it under the state's lock, so that no apply writes the secret meanwhile.
pub async fn run(program: &Program) -> Result<Exit> {
    let key = program.key("cache");
    edit::locked(program, &key, "rd-cache rotate", || rotate(program)).await
}

async fn rotate(program: &Program) -> Result<Exit> {
    let desk = Desk::<Cache>::open(program).await?;
    let (_, id) = desk.resource(GROUP)?;
    let (_, secret) = desk.resource(SECRET)?;
    let client = desk.cx.clients.secrets();
    until_available(&desk.cx, id, |_| true).await?;
    let rotation = Rotation::begin::<Token>(client, secret, &Fields::new()).await?;
    set(&desk, id, &rotation.generated, Strategy::Rotate).await?;
    rotation.promote(client).await?;
    set(&desk, id, &rotation.generated, Strategy::Set).await?;
    rotation.finish(client).await?;
    let text = if program.printer.is_json() {
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
    program.printer.text(&format!("{text}\n"));
    Ok(Exit::Done)
}

/// Sets the token and waits until ElastiCache has done it.
async fn set(desk: &Desk<Cache>, id: &str, token: &Generated, strategy: Strategy) -> Result<()> {
    let cx = &desk.cx;
    cx.repeating(|| set_token(cx, id, token, strategy.clone()))
        .await
        .map_err(|error| {
            error.hint(
                "the old token still serves; mend the cause and run rd-cache rotate again: it goes on with the same new \
                 token",
            )
        })?;
    until_available(cx, id, |live| !live.pending.contains_key("auth_token"))
        .await
        .map(|_| ())
}
