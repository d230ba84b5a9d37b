//! `login`: prints the registry's password for docker, podman, crane and other clients.
//! <https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html>

use crate::images::registry::Access;
use rd_common::aws::Aws;
use rd_common::context::Context;
use rd_common::output::printer::{Format, print_info};
use rd_common::{Error, Exit, Result, client};
use serde_json::json;
use std::io::IsTerminal;

/// Prints the password on stdout, and registry, user and expiry on stderr. Refuses to print it on a terminal, where it
/// would stay visible. `--format json` prints everything but the password.
///
/// Needs the settings, but no state.
pub async fn run(context: &Context) -> Result<Exit> {
    let without_password = context.flags.format == Some(Format::Json);
    if !without_password && std::io::stdout().is_terminal() {
        return Err(Error::usage("the password is for another program, but stdout is a terminal").hint(
            "rd-ecs login | docker login --username AWS --password-stdin $(rd-ecs output repository_url); \
             --format json prints the registry and the user",
        ));
    }
    let aws = Aws::connect(&context.access, &context.stack.region).await?;
    aws.check_credentials().await?;
    let access = Access::request(&client!(aws_sdk_ecr, aws.config), None).await?;
    let until = access.expires_at.map(|at| at.to_string());
    if without_password {
        let document = json!({
            "registry": access.host,
            "url": format!("{}://{}", access.scheme, access.host),
            "username": access.user,
            "expires_at": until,
        });
        context.printer.text(&format!("{document}\n"));
        return Ok(Exit::Done);
    }
    print_info(&format!(
        "registry {}, user {}, valid until {}",
        access.host,
        access.user,
        until.as_deref().unwrap_or("it expires")
    ));
    context.printer.text(&format!("{}\n", access.password));
    Ok(Exit::Done)
}
