//! `login`: the password for the registry, for docker, podman, crane and the like.
//! <https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html>

use crate::images::registry::Access;
use crate::slice::Ecs;
use rd_common::aws::Aws;
use rd_common::context::Context;
use rd_common::output::printer::{Format, print_info};
use rd_common::{Error, Exit, Result, Slice};
use serde_json::json;
use std::io::IsTerminal;

/// Runs it: the password alone on stdout, what it is for on stderr. It is for a pipe: a terminal keeps what it shows,
/// so there it is refused. `--format json` tells all but the password, anywhere.
///
/// It needs no state, so that it works wherever the settings are.
pub async fn run(context: &Context) -> Result<Exit> {
    let about = context.flags.format == Some(Format::Json);
    if !about && std::io::stdout().is_terminal() {
        return Err(Error::usage("the password is for a program, and stdout is a terminal").hint(
            "rd-ecs login | docker login --username AWS --password-stdin $(rd-ecs output repository_url); \
             --format json tells the registry and the user",
        ));
    }
    let aws = Aws::connect(&context.access, &context.stack.region).await?;
    aws.check_credentials().await?;
    let access = Access::ask(&Ecs::clients(&aws).ecr, None).await?;
    let until = access.expires_at.map(|at| at.to_string());
    if about {
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
        "registry {}, user {}, until {}",
        access.host,
        access.user,
        until.as_deref().unwrap_or("it expires")
    ));
    context.printer.text(&format!("{}\n", access.password));
    Ok(Exit::Done)
}
