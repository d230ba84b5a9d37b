//! `rd-state adopt`: takes over a stack that Terraform made. It finds out what each resource is, from Terraform's state or
//! from AWS alone, and the program of each slice adopts its own.

use crate::adoption::{self, Answers, Mapping, Setting, removal};
use crate::scan;
use crate::settings_file::SettingsFile;
use crate::slice_programs;
use crate::terraform::{self, Backend, Place, Terraform};
use rd_common::context::Context;
use rd_common::output::printer::{print_at_once, print_info, print_warning};
use rd_common::output::prompt;
use rd_common::output::table::table;
use rd_common::resource::signal::Cancel;
use rd_common::slices::SLICES;
use rd_common::state::store::Holder;
use rd_common::{Error, Exit, Result};
use serde_json::json;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Flags of `rd-state adopt`.
#[derive(clap::Args, Clone, Debug)]
pub struct AdoptArgs {
    /// A terraform.tfstate, or the output of `terraform state pull` or `terraform show -json`; - for stdin
    #[arg(required_unless_present_any = ["undo", "backend", "scan"])]
    file: Option<PathBuf>,
    /// Without a state: read from AWS what is in a VPC instead
    #[arg(long, conflicts_with_all = ["file", "backend", "undo"])]
    scan: bool,
    /// With --scan: the VPC of the stack; by default the only one that is not AWS's default VPC
    #[arg(long, value_name = "ID", requires = "scan")]
    vpc: Option<String>,
    /// With --scan: only a VPC that has this tag; can be given several times
    #[arg(long, value_name = "KEY=VALUE", requires = "scan")]
    tag: Vec<String>,
    /// With --scan: the name of the session bucket; without it, no bucket is adopted
    #[arg(long, value_name = "NAME", requires = "scan")]
    bucket: Option<String>,
    /// The place of Terraform's state, s3://BUCKET/KEY: its lock is held meanwhile, and without a file it is read from there
    #[arg(long, value_name = "URL")]
    backend: Option<String>,
    /// The DynamoDB table of Terraform's locks (dynamodb_table); without it, only the lock file is taken (use_lockfile)
    #[arg(long, value_name = "NAME", requires = "backend")]
    lock_table: Option<String>,
    /// The region of that bucket and table; by default that of the stack
    #[arg(long, value_name = "REGION", requires = "backend")]
    backend_region: Option<String>,
    /// Answers to what is not clear: a TOML file of 'TERRAFORM ADDRESS' = "ADDRESS", or "terraform" for what stays there
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Show what would be adopted, the settings for rd.toml and the plan that would follow; change nothing
    #[arg(long, conflicts_with = "undo")]
    dry_run: bool,
    /// Adopt without asking first
    #[arg(long, short = 'y')]
    yes: bool,
    /// Give everything that was adopted its tags back, and forget it
    #[arg(long, conflicts_with_all = ["file", "map", "vpc", "tag", "bucket"])]
    undo: bool,
}

/// What is said in another way about a state than about what AWS has.
struct Words {
    /// The column with the resources, and the one with those that are not adopted.
    columns: [&'static str; 2],
    /// Where a resource of `--map` is not, and what to write there.
    unknown: [&'static str; 2],
    /// What to do about a resource that does not fit.
    change: &'static str,
    /// What to do where no resource fits.
    check: &'static str,
    /// The comment of the settings.
    comment: &'static str,
}

const OF_STATE: Words = Words {
    columns: ["TERRAFORM", "STAYS IN TERRAFORM"],
    unknown: [
        "which the state lacks",
        "write the address as terraform state list prints it",
    ],
    change: "change it with Terraform first",
    check: "check that it is the state of the stack",
    comment: "as Terraform has made it",
};

const OF_AWS: Words = Words {
    columns: ["RESOURCE", "NOT PART OF THIS STACK"],
    unknown: [
        "which is not in the VPC",
        "write the resource as the table of --dry-run does",
    ],
    change: "change it in AWS first",
    check: "check that it is the VPC of the stack",
    comment: "as it is in AWS",
};

impl AdoptArgs {
    fn words(&self) -> &'static Words {
        match self.scan {
            true => &OF_AWS,
            false => &OF_STATE,
        }
    }
}

/// Adopts the resources of a state, or undoes that, while it has Terraform's lock.
pub async fn run(context: &Context, args: &AdoptArgs) -> Result<Exit> {
    let Some(url) = &args.backend else {
        if !args.dry_run && !args.scan {
            print_info(
                "nothing locks Terraform's state: make sure that nobody runs Terraform, or pass --backend",
            );
        }
        return adopt_or_undo(context, args, None).await;
    };
    let place = Place::parse(url, args.lock_table.as_deref())?;
    let backend = Backend::connect(context, place, args.backend_region.as_deref()).await?;
    if args.dry_run {
        return adopt_or_undo(context, args, Some(&backend)).await;
    }
    // A signal ends the program of the slice that runs: the lock is given back after it.
    let cancel = Cancel::on_signals().map_err(|e| {
        Error::failed(format!("cannot watch for signals: {e}")).hint("nothing was changed")
    })?;
    let holder = Holder::this_process("rd-state adopt", &context.run);
    let held = backend.lock(&holder).await?;
    if args.lock_table.is_none() {
        print_info(
            "only the lock file is held: pass --lock-table if the backend has a dynamodb_table",
        );
    }
    let done = tokio::select! {
        done = adopt_or_undo(context, args, Some(&backend)) => done,
        () = cancel.cancelled() => Err(Error::interrupted()),
    };
    backend.unlock(held).await;
    done
}

async fn adopt_or_undo(
    context: &Context,
    args: &AdoptArgs,
    backend: Option<&Backend>,
) -> Result<Exit> {
    if args.undo {
        return undo(context, args).await;
    }
    let terraform = match (&args.file, backend) {
        (None, None) if args.scan => match scan::read(context, &selection(args))? {
            Ok(found) => found,
            Err(exit) => return Ok(exit),
        },
        (Some(file), _) => read(file)?,
        (None, Some(backend)) => terraform::read(&backend.state().await?, &backend.url())?,
        (None, None) => {
            return Err(Error::usage("no state is passed")
                .hint("pass a terraform.tfstate, - for stdin, or --backend"));
        }
    };
    refuse_other_region(context, &terraform)?;
    let answers = match &args.map {
        None => Answers::default(),
        Some(path) => {
            let place = path.display().to_string();
            let text = fs::read_to_string(path).map_err(|e| {
                Error::usage(format!("cannot read {place}: {e}")).hint("check the path")
            })?;
            Answers::parse(&text, &place)?
        }
    };
    refuse_unknown_answers(args, &terraform, &answers)?;
    let answers = match &args.bucket {
        None => answers,
        Some(name) => answers.and(scan::address_of_bucket(name), "store.bucket.sessions"),
    };
    let mapping = adoption::map(&terraform, &answers, &context.stack.region);
    show(context, args, &mapping)?;
    for note in &mapping.notes {
        print_info(note);
    }
    if args.scan && args.bucket.is_none() {
        print_info(
            "no bucket is adopted: --bucket names the session bucket, which nothing in a VPC tells",
        );
    }
    refuse(args, &mapping)?;
    if !args.dry_run {
        confirm(
            context,
            args,
            &format!("Adopt {} resources", mapping.decisions.len()),
        )
        .await?;
        write_settings(context, args, &mapping.settings)?;
    }
    let commands = SLICES.into_iter().filter_map(|slice| {
        let arguments = arguments_of(args, &terraform, &mapping, slice)?;
        Some((slice, arguments))
    });
    let commands: Vec<(&str, Vec<String>)> = commands.collect();
    if args.dry_run {
        // Nothing is in the store: the outputs of a slice come down the pipe.
        let exit = slice_programs::run_pipe(context, &commands)?;
        if exit != Exit::Done {
            return Ok(exit);
        }
    } else {
        for (slice, arguments) in &commands {
            if Cancel::watched().is_some_and(|cancel| cancel.is_cancelled()) {
                return Err(Error::interrupted());
            }
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let exit = slice_programs::run(context, slice, &arguments)?;
            if exit != Exit::Done {
                return Ok(exit);
            }
        }
    }
    if args.scan {
        print_info(
            "no removed blocks are printed, since there is no Terraform state; if one turns up, do not run terraform apply with it",
        );
    } else if !args.dry_run && !context.printer.is_json() {
        print_at_once(&format!("\n{}", removal(&mapping)))?;
        print_info(
            "until Terraform has forgotten them, do not run terraform apply; other workspaces and readers of \
             terraform_remote_state still see the old state",
        );
    }
    if terraform.has_secrets() && !args.scan {
        print_warning(
            "Terraform's state holds passwords in plain text, and so do its old versions in a bucket",
            &format!(
                "delete those versions once Terraform has forgotten the resources, and change the passwords{}",
                rotations(&mapping)
            ),
        );
    }
    Ok(Exit::Done)
}

fn selection(args: &AdoptArgs) -> scan::Selection<'_> {
    scan::Selection {
        vpc: args.vpc.as_deref(),
        tags: &args.tag,
        bucket: args.bucket.as_deref(),
    }
}

/// The commands that change the passwords of what is adopted, for a sentence.
fn rotations(mapping: &Mapping) -> String {
    let has = |address: &str| mapping.decisions.iter().any(|one| one.address == address);
    let rotations = [
        ("data.secret.database", "rd-data rotate"),
        ("cache.secret.redis", "rd-cache rotate"),
    ];
    let rotations = rotations.into_iter().filter(|(secret, _)| has(secret));
    let rotations: Vec<&str> = rotations.map(|(_, command)| command).collect();
    match rotations.as_slice() {
        [] => String::new(),
        all => format!(": {}", all.join(", ")),
    }
}

fn read(file: &Path) -> Result<Terraform> {
    let (bytes, place) = if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        (read.map(|_| bytes), "the state on stdin".to_owned())
    } else {
        terraform::refuse_if_locked(file)?;
        (fs::read(file), file.display().to_string())
    };
    let bytes = bytes.map_err(|e| {
        Error::usage(format!("cannot read {place}: {e}"))
            .hint("check the path")
            .caused_by(e)
    })?;
    terraform::read(&bytes, &place)
}

fn refuse_other_region(context: &Context, terraform: &Terraform) -> Result<()> {
    let ours = &context.stack.region;
    match &terraform.region {
        Some(theirs) if theirs != ours => Err(Error::refused(format!(
            "the resources are in {theirs}, but the stack is in {}",
            if ours.is_empty() { "no region" } else { ours }
        ))
        .hint(format!(
            "nothing was changed; set region = \"{theirs}\" in rd.toml"
        ))),
        _ => Ok(()),
    }
}

/// An answer for something that the state lacks is a typing error.
fn refuse_unknown_answers(
    args: &AdoptArgs,
    terraform: &Terraform,
    answers: &Answers,
) -> Result<()> {
    let known = |address: &&str| {
        terraform
            .resources
            .iter()
            .any(|one| one.address == **address)
    };
    match answers.named().find(|address| !known(address)) {
        Some(unknown) => {
            let [lacks, hint] = args.words().unknown;
            Err(Error::usage(format!("--map names {unknown}, {lacks}")).hint(hint))
        }
        None => Ok(()),
    }
}

/// Prints what each resource is.
fn show(context: &Context, args: &AdoptArgs, mapping: &Mapping) -> Result<()> {
    if context.printer.is_json() {
        let mut document = json!(mapping);
        document["type"] = json!("mapping");
        let removal = (!args.scan).then(|| removal(mapping));
        document["removal"] = json!(removal.unwrap_or_default());
        return print_at_once(&format!("{document}\n"));
    }
    let rows: Vec<Vec<String>> = mapping
        .decisions
        .iter()
        .map(|one| {
            let cells = [&one.terraform, &one.id, &one.address, &one.how];
            cells.map(String::clone).to_vec()
        })
        .collect();
    let [of, left] = args.words().columns;
    let mut text = table(&[of, "ID", "ADDRESS", "HOW"], &rows);
    let rows: Vec<Vec<String>> = mapping
        .stays
        .iter()
        .map(|one| vec![one.terraform.clone(), one.why.clone()])
        .collect();
    if !rows.is_empty() {
        text.push('\n');
        text.push_str(&table(&[left, "WHY"], &rows));
    }
    if !mapping.settings.is_empty() {
        text.push_str("\nrd.toml:\n");
        let mut before = "";
        // Keys at the top of the file come before the first table.
        let (top, tables): (Vec<_>, Vec<_>) = mapping
            .settings
            .iter()
            .partition(|setting| setting.table.is_empty());
        for setting in top.into_iter().chain(tables) {
            if setting.table != before {
                text.push_str(&format!("[{}]\n", setting.table));
                before = setting.table;
            }
            text.push_str(&format!("{} = {}\n", setting.key, setting.value));
        }
    }
    text.push('\n');
    print_at_once(&text)
}

/// Fails where nothing can be adopted yet.
fn refuse(args: &AdoptArgs, mapping: &Mapping) -> Result<()> {
    let Words { change, check, .. } = args.words();
    if let Some(misfit) = mapping.misfits.first() {
        return Err(Error::refused(misfit.clone()).hint(format!("nothing was changed; {change}")));
    }
    if !mapping.questions.is_empty() {
        let questions: Vec<String> = mapping
            .questions
            .iter()
            .map(|one| format!("{} is one of {}", one.address, one.candidates.join(", ")))
            .collect();
        let example = mapping.questions.first().and_then(|one| {
            Some(format!(
                "'{}' = \"{}\"",
                one.candidates.first()?,
                one.address
            ))
        });
        return Err(Error::refused(format!("not clear: {}", questions.join("; "))).hint(format!(
            "nothing was changed; answer in a file, a line each, such as {}, and pass it with --map",
            example.unwrap_or_default()
        )));
    }
    if mapping.decisions.is_empty() {
        return Err(Error::refused("no resource is a part of a stack of rd")
            .hint(format!("nothing was changed; {check}")));
    }
    Ok(())
}

async fn confirm(context: &Context, args: &AdoptArgs, what: &str) -> Result<()> {
    let question = format!(
        "{what} for {}? Only tags change in AWS. [y/N] ",
        context.stack.name()
    );
    let agreed = args.yes
        || prompt::can_ask() && prompt::ask(&question, &["y", "yes"], &Cancel::default()).await?;
    if agreed {
        return Ok(());
    }
    Err(Error::refused("not confirmed")
        .hint("nothing was changed; pass -y to do it without a question"))
}

/// Writes the settings into the tables of the environment, where it has some, so that others stay as they are.
fn write_settings(context: &Context, args: &AdoptArgs, settings: &[Setting]) -> Result<()> {
    if settings.is_empty() {
        return Ok(());
    }
    let Some(path) = &context.settings.path else {
        return Err(
            Error::refused("there is no rd.toml that could get the settings above")
                .hint("nothing was changed; write one with rd-state init, and run it again"),
        );
    };
    let comment = args.words().comment;
    SettingsFile::change(path, |file| {
        let of_environment = format!("environments.{}", context.stack.environment);
        let has_own = file.has_environments();
        for setting in settings {
            let table = match (has_own, setting.table) {
                (true, "") => of_environment.clone(),
                (true, table) => format!("{of_environment}.{table}"),
                (false, table) => table.to_owned(),
            };
            file.set(&table, &setting.key, &setting.value, Some(comment))?;
        }
        Ok(())
    })
    .map_err(|e| {
        Error::failed(format!("cannot change {}: {e}", path.display()))
            .hint("nothing was adopted; add the lines above to it, and run it again")
    })
}

/// The arguments with which the program of a slice adopts its resources; none where there are none.
fn arguments_of(
    args: &AdoptArgs,
    terraform: &Terraform,
    mapping: &Mapping,
    slice: &str,
) -> Option<Vec<String>> {
    let prefix = format!("{slice}.");
    let of_slice = mapping
        .decisions
        .iter()
        .filter(|one| one.address.starts_with(&prefix));
    let pairs = of_slice.filter(|one| !one.id.is_empty());
    let pairs: Vec<String> = pairs
        .map(|one| format!("{}={}", one.address, one.id))
        .collect();
    if pairs.is_empty() {
        return None;
    }
    let mut arguments = vec!["adopt".to_owned()];
    arguments.extend(pairs);
    if let Some(account) = &terraform.account {
        arguments.extend(["--account".to_owned(), account.clone()]);
    }
    if args.dry_run {
        arguments.push("--dry-run".to_owned());
        let settings = mapping.settings.iter();
        let of_slice =
            |one: &&Setting| one.table.is_empty() || one.table.split('.').next() == Some(slice);
        for setting in settings.filter(of_slice) {
            let text = serde_json::from_str::<String>(&setting.value);
            let value = text.unwrap_or_else(|_| setting.value.clone());
            let key = match setting.table {
                "" => setting.key.to_owned(),
                table => format!("{table}.{}", setting.key),
            };
            arguments.extend(["--set".to_owned(), format!("{key}={value}")]);
        }
    }
    Some(arguments)
}

/// Undoes the adoption of every slice, in the order of a destroy.
async fn undo(context: &Context, args: &AdoptArgs) -> Result<Exit> {
    confirm(
        context,
        args,
        "Forget what was adopted, and give it its tags back",
    )
    .await?;
    for slice in slice_programs::installed().into_iter().rev() {
        let exit = slice_programs::run(context, slice, &["adopt", "--undo"])?;
        if exit != Exit::Done {
            return Ok(exit);
        }
    }
    Ok(Exit::Done)
}
