//! `rd-state export`: writes the resources of the stack as a Terraform configuration.

use crate::export::{self, Stack};
use crate::stack_states;
use rd_common::context::Context;
use rd_common::slices::SLICES;
use rd_common::{Error, Exit, Result};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Flags of `rd-state export`.
#[derive(clap::Args, Clone, Debug)]
pub struct ExportArgs {
    /// Folder for the Terraform configuration; it may exist, but must have no .tf files
    #[arg(long, value_name = "DIR")]
    terraform: PathBuf,
}

/// Writes the configuration, and says what it leaves out. Reads the states alone, and makes no call to AWS but for those
/// of the store.
pub async fn run(context: &Context, args: &ExportArgs) -> Result<Exit> {
    let folder = &args.terraform;
    let mut documents = stack_states::all(context).await?;
    if documents.is_empty() {
        let stack = context.stack.name();
        return Err(Error::usage(format!("{stack} has no states to export"))
            .hint("check --environment, or apply a slice first"));
    }
    documents.sort_by_key(|document| SLICES.iter().position(|slice| *slice == document.slice));
    refuse_terraform_files(folder)?;
    let stack = Stack::new(&documents);
    let files = export::files(&stack);
    fs::create_dir_all(folder).map_err(|e| cannot("create the folder", folder, e))?;
    for file in &files {
        let path = folder.join(&file.name);
        let mut options = OpenOptions::new();
        let opened = options.write(true).create_new(true).open(&path);
        opened
            .and_then(|mut opened| opened.write_all(file.text.as_bytes()))
            .map_err(|e| cannot("write", &path, e))?;
    }
    let report = Report::new(folder, &stack, files.iter().map(|file| file.name.clone()));
    match context.printer.is_json() {
        true => context.printer.text(&format!("{}\n", report.json())),
        false => context.printer.text(&report.text()),
    }
    Ok(Exit::Done)
}

fn cannot(doing: &str, path: &Path, error: std::io::Error) -> Error {
    Error::failed(format!("cannot {doing} {}: {error}", path.display()))
        .hint("check the path and its permissions")
        .caused_by(error)
}

/// A folder with other files of Terraform would be one configuration with those of the export.
fn refuse_terraform_files(folder: &Path) -> Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(cannot("read the folder", folder, e)),
    };
    let mut names = entries.flatten().map(|entry| entry.file_name());
    match names.find(|name| name.to_string_lossy().ends_with(".tf")) {
        None => Ok(()),
        Some(name) => {
            let name = name.to_string_lossy();
            let summary = format!(
                "{} has Terraform files already, such as {name}",
                folder.display()
            );
            Err(Error::refused(summary).hint("pass a new folder: nothing was written"))
        }
    }
}

/// What was written, and what was not.
struct Report {
    folder: String,
    files: Vec<String>,
    imports: usize,
    left: Vec<(String, String)>,
    ignored: Vec<(String, Vec<&'static str>)>,
}

impl Report {
    fn new(folder: &Path, stack: &Stack, files: impl Iterator<Item = String>) -> Self {
        let resources = || stack.slices.iter().flat_map(|(_, all)| all);
        let ignored = resources().filter(|resource| !resource.ignored.is_empty());
        Self {
            folder: folder.display().to_string(),
            files: files.collect(),
            imports: resources()
                .filter(|resource| resource.import.is_some())
                .count(),
            left: stack
                .left
                .iter()
                .map(|left| (left.address.clone(), left.reason.clone()))
                .collect(),
            ignored: ignored
                .map(|resource| (resource.address(), resource.ignored.clone()))
                .collect(),
        }
    }

    fn json(&self) -> Value {
        let left = self.left.iter();
        let ignored = self.ignored.iter();
        json!({
            "folder": self.folder,
            "files": self.files,
            "imports": self.imports,
            "left": left
                .map(|(address, reason)| json!({"address": address, "reason": reason}))
                .collect::<Vec<_>>(),
            "ignored": ignored
                .map(|(resource, arguments)| json!({"resource": resource, "arguments": arguments}))
                .collect::<Vec<_>>(),
        })
    }

    fn text(&self) -> String {
        let mut text = format!(
            "wrote {} in {}: {} imports\n",
            self.files.join(", "),
            self.folder,
            self.imports
        );
        if !self.left.is_empty() {
            text.push_str("\nnot in Terraform:\n");
            for (address, reason) in &self.left {
                let _ = writeln!(text, "  {address}: {reason}");
            }
        }
        let _ = write!(
            text,
            "\nnext: terraform -chdir={0} init && terraform -chdir={0} plan\n\
             It must say: {1} to import, 0 to add, 0 to change, 0 to destroy.\n\
             Once Terraform has applied it, use rd no longer: two programs would manage the same resources.\n",
            self.folder, self.imports
        );
        text
    }
}
