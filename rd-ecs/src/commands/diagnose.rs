//! `diagnose`: why tasks do not start, or do not stay; `--save` keeps the evidence, which AWS forgets after an hour.

use crate::diagnose::{Evidence, Finding, Scope, collect, findings, is_wrong, whole};
use crate::service_context::ServiceContext;
use crate::tasks::named;
use rd_common::context::Context;
use rd_common::output::printer::print_warning;
use rd_common::{Error, Exit, Result};
use serde_json::{Value, json};
use std::fs::{OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Flags of `diagnose`.
#[derive(clap::Args, Clone, Debug)]
pub struct DiagnoseArgs {
    /// One task alone, by its id or the beginning of it
    #[arg(long, value_name = "ID")]
    task: Option<String>,
    /// Write everything that was read into this file, as one JSON document
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

/// Runs it: exit 0 where nothing is wrong.
pub async fn run(context: &Context, args: &DiagnoseArgs) -> Result<Exit> {
    let service_context = ServiceContext::open(context).await?;
    let evidence = match &args.task {
        Some(name) => {
            let task = named(service_context.ctx(), &service_context.cluster, name).await?;
            collect(context, &service_context, Scope::One(&task)).await?
        }
        None => collect(context, &service_context, Scope::All).await?,
    };
    let found = findings(&evidence);
    let text = match context.printer.is_json() {
        true => format!("{}\n", document(&evidence, &found)),
        false => whole(&evidence, &found),
    };
    context.printer.text(&text);
    if let Some(file) = &args.save {
        save(file, &document(&evidence, &found))?;
        print_warning(
            &format!("the evidence is in {}", file.display()),
            "it has what the application printed: look before you pass it on",
        );
    }
    Ok(match is_wrong(&found) {
        true => Exit::Failed,
        false => Exit::Done,
    })
}

fn document(evidence: &Evidence, found: &[Finding]) -> Value {
    let mut document = json!({"ok": !is_wrong(found), "findings": found});
    if let (Some(members), Value::Object(more)) = (document.as_object_mut(), json!(evidence)) {
        members.extend(more);
    }
    document
}

/// Writes it for its owner alone: logs may say more than they should.
fn save(file: &Path, document: &Value) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut open = OpenOptions::new();
        let open = open.write(true).create(true).truncate(true).mode(0o600);
        let mut to = open.open(file)?;
        // The mode is for a new file alone: one that is there may be open to others.
        if to.metadata()?.is_file() {
            to.set_permissions(Permissions::from_mode(0o600))?;
        }
        serde_json::to_writer_pretty(&mut to, document)?;
        to.write_all(b"\n")
    };
    write().map_err(|e| {
        Error::failed(format!("{} cannot be written: {e}", file.display()))
            .hint("run rd-ecs diagnose --save with another file soon: AWS forgets stopped tasks after an hour")
    })
}
