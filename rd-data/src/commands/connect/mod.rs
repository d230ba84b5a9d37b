//! `connect`: runs `psql`, or another client of libpq, at the database, through a tunnel of `rd-ecs forward`. The password
//! goes from the secret into a file for this client alone.

mod password_file;
mod variables;

use crate::commands::stored_secret::{StoredSecret, instance};
use crate::kinds::database_secret::Database;
use crate::kinds::db_instance::model::Live;
use crate::slice::Data;
use password_file::PasswordFile;
use rd_common::commands::slice_context::SliceContext;
use rd_common::connect::{Client, Host, connect};
use rd_common::context::Context;
use rd_common::{Error, Exit, Result};
use rd_secret::value::{Fields, current, text};
use serde_json::json;
use std::ffi::OsString;
use variables::{REMOVED, variables};

/// The flags of `rd-data connect`.
#[derive(clap::Args, Clone, Debug)]
pub struct ConnectArgs {
    /// The program to run, one that reads libpq's variables, such as pg_dump or pgcli
    #[arg(long, value_name = "PROGRAM", default_value = "psql")]
    client: String,
    /// The client's arguments, as psql takes them
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<OsString>,
}

/// How to install a client; rd ships none.
const INSTALL: &str = "install a PostgreSQL client: `apt install postgresql-client`, `brew install libpq`; --client names another program";

/// Where clients connect to, from the secret.
struct Connection {
    host: String,
    port: u16,
    database: String,
    user: String,
}

impl Connection {
    /// The connection that a secret describes; none where a member is missing.
    fn of(fields: &Fields) -> Option<Self> {
        let port = fields.get("port").and_then(serde_json::Value::as_u64)?;
        let member = |name| Some(text(fields, name).to_owned()).filter(|text| !text.is_empty());
        Some(Self {
            host: member("host")?,
            port: u16::try_from(port).ok()?,
            database: member("dbname")?,
            user: member("username")?,
        })
    }
}

/// Adds what the value of an adopted secret does not say, from the instance.
fn add_missing(fields: &mut Fields, instance: &Live) {
    let known = [
        ("host", json!(instance.host)),
        ("port", json!(instance.port)),
        ("dbname", json!(instance.db_name)),
        ("username", json!(instance.username)),
    ];
    for (name, value) in known.into_iter().filter(|(_, value)| !value.is_null()) {
        fields.entry(name.to_owned()).or_insert(value);
    }
}

/// Runs the client, and returns its exit code.
pub async fn run(context: &Context, args: &ConnectArgs) -> Result<Exit> {
    let client = Client::find(&[&args.client], &args.arguments, INSTALL)?;
    let data = SliceContext::<Data>::open(context).await?;
    let secret = StoredSecret::of(&data)?;
    let mut content = current::<_, Database>(&data.ctx, &secret.arn).await?;
    if let Some(instance) = instance(&data) {
        add_missing(&mut content.fields, &instance);
    }
    let secret = secret.arn;
    let incomplete = || {
        Error::failed(format!("the secret {secret} is incomplete"))
            .hint("rd-data check shows what is missing")
    };
    let connection = Connection::of(&content.fields).ok_or_else(incomplete)?;
    let password = content.generated.ok_or_else(incomplete)?;
    let file = PasswordFile::write(&connection, &password)?;
    let host = Host {
        name: &connection.host,
        port: connection.port,
        group: "db",
        check: "rd-data check",
    };
    let exit = connect(context, &host, &client, |command, local_port| {
        for name in REMOVED {
            command.env_remove(name);
        }
        command
            .envs(variables(&connection, local_port))
            .env("PGPASSFILE", file.path());
    });
    exit.await
}
