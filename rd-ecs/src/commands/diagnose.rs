//! `diagnose`: shows why tasks do not start or do not keep running; `--save` keeps the evidence, which AWS deletes after an
//! hour.

use crate::diagnose::{Evidence, Finding, Scope, collect, findings, full_text, has_errors};
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

/// The flags of `rd-ecs diagnose`.
#[derive(clap::Args, Clone, Debug)]
pub struct DiagnoseArgs {
    /// Only this task, by its id or the beginning of it
    #[arg(long, value_name = "ID")]
    task: Option<String>,
    /// Save everything that was read to this file, as one JSON document
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

/// Prints the findings; [`Exit::Failed`] if one needs action.
pub async fn run(context: &Context, args: &DiagnoseArgs) -> Result<Exit> {
    let service = ServiceContext::open(context).await?;
    let evidence = match &args.task {
        Some(name) => {
            let task = named(service.ctx(), &service.cluster, name).await?;
            collect(context, &service, Scope::One(&task)).await?
        }
        None => collect(context, &service, Scope::All).await?,
    };
    let found = findings(&evidence);
    let text = match context.printer.is_json() {
        true => format!("{}\n", document(&evidence, &found)),
        false => full_text(&evidence, &found),
    };
    context.printer.text(&text);
    if let Some(file) = &args.save {
        save(file, &document(&evidence, &found))?;
        print_warning(
            &format!("the evidence is saved in {}", file.display()),
            "it contains the application's log lines: review it before you share it",
        );
    }
    Ok(match has_errors(&found) {
        true => Exit::Failed,
        false => Exit::Done,
    })
}

fn document(evidence: &Evidence, found: &[Finding]) -> Value {
    let mut document = json!({"ok": !has_errors(found), "findings": found});
    if let (Some(members), Value::Object(more)) = (document.as_object_mut(), json!(evidence)) {
        members.extend(more);
    }
    document
}

/// Writes the document so that only the owner can read it: logs may contain confidential data.
fn save(file: &Path, document: &Value) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut open = OpenOptions::new();
        let open = open.write(true).create(true).truncate(true).mode(0o600);
        let mut output = open.open(file)?;
        // The mode above applies only to a new file: an existing one may be readable by others.
        if output.metadata()?.is_file() {
            output.set_permissions(Permissions::from_mode(0o600))?;
        }
        serde_json::to_writer_pretty(&mut output, document)?;
        output.write_all(b"\n")
    };
    write().map_err(|e| {
        Error::failed(format!("cannot write {}: {e}", file.display()))
            .caused_by(e)
            .hint("run rd-ecs diagnose --save with another file soon: AWS deletes stopped tasks after an hour")
    })
}
