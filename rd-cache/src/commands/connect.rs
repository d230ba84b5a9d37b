//! `connect`: runs `redis-cli` or `valkey-cli` at the cache, through a tunnel of `rd-ecs forward`. The token goes from the
//! secret into a variable of this client alone.

use crate::config::Config;
use crate::engine::Engine;
use crate::kinds::cache_secret::Token;
use crate::kinds::replication_group::model::Live;
use crate::slice::{Cache, GROUP, SECRET};
use rd_common::commands::slice_context::SliceContext;
use rd_common::connect::{Client, Host, connect};
use rd_common::context::Context;
use rd_common::{Error, Exit, Result, Slice};
use rd_secret::value::{current, text};
use serde::Deserialize;
use std::ffi::OsString;

/// The flags of `rd-cache connect`.
#[derive(clap::Args, Clone, Debug)]
pub struct ConnectArgs {
    /// The program to run, with redis-cli's arguments [default: valkey-cli or redis-cli, the engine's first]
    #[arg(long, value_name = "PROGRAM")]
    client: Option<String>,
    /// The client's arguments, after those that rd sets
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<OsString>,
}

/// How to install a client; rd ships none.
const INSTALL: &str = "install a client: `apt install redis-tools` or `valkey-tools`, `brew install redis` or `valkey`; --client names another program";

/// The variables of both clients for the token.
/// <https://redis.io/docs/latest/develop/tools/cli/#host-port-password-and-database>
const TOKEN_VARIABLES: [&str; 2] = ["REDISCLI_AUTH", "VALKEYCLI_AUTH"];

/// Runs the client, and returns its exit code.
pub async fn run(context: &Context, args: &ConnectArgs) -> Result<Exit> {
    let config: Config = context.settings.section(Cache::NAME)?;
    let known = match config.engine {
        Engine::Redis => ["redis-cli", "valkey-cli"],
        Engine::Valkey => ["valkey-cli", "redis-cli"],
    };
    let named = args.client.as_deref().map(|client| [client]);
    let names: &[&str] = named.as_ref().map_or(&known, |named| named);
    let client = Client::find(names, &args.arguments, INSTALL)?;
    let cache = SliceContext::<Cache>::open(context).await?;
    let (_, secret) = cache.resource(SECRET)?;
    let content = current::<_, Token>(&cache.ctx, secret).await?;
    let incomplete = || {
        Error::failed(format!("the secret {secret} is incomplete"))
            .hint("rd-cache check shows what is missing")
    };
    // An adopted secret need not say where the cache is.
    let (group, _) = cache.resource(GROUP)?;
    let group = Live::deserialize(&group.attributes).ok();
    let of_group = group.as_ref().and_then(|live| live.host.as_deref());
    let name = match text(&content.fields, "host") {
        "" => of_group.unwrap_or_default(),
        name => name,
    };
    let port = content.fields.get("port");
    let port = port.and_then(serde_json::Value::as_u64);
    let port = port.or_else(|| u64::try_from(group.as_ref()?.port?).ok());
    let port = port.and_then(|port| u16::try_from(port).ok());
    let port = port.filter(|_| !name.is_empty()).ok_or_else(incomplete)?;
    let token = content.generated.ok_or_else(incomplete)?;
    let host = Host {
        name,
        port,
        group: "redis",
        check: "rd-cache check",
    };
    let exit = connect(context, &host, &client, |command, local_port| {
        command
            .args(["-h", "127.0.0.1", "-p", &local_port.to_string()])
            // The certificate is for the cache's name.
            .args(["--tls", "--sni", name])
            .envs(TOKEN_VARIABLES.map(|variable| (variable, token.reveal())));
    });
    exit.await
}
