//! `rd-state bootstrap`: creates the bucket and the table of a shared store, and writes `[state]` of `rd.toml`.

use crate::bootstrap::bucket::{self, Bucket};
use crate::bootstrap::patiently::patiently;
use crate::bootstrap::{Step, table};
use crate::settings_file::SettingsFile;
use rd_common::context::Context;
use rd_common::output::printer::print_warning;
use rd_common::output::prompt;
use rd_common::resource::signal::Cancel;
use rd_common::settings::{Backend, StateSettings};
use rd_common::state::shared::{self, SharedStore};
use rd_common::state::store::{Store, StoreProblem};
use rd_common::{Error, Exit, Result, aws, client};
use serde_json::json;

/// Flags of `rd-state bootstrap`.
#[derive(clap::Args, Clone, Debug)]
pub struct BootstrapArgs {
    /// Name of the bucket (default: that of [state], otherwise <project>-state-<account>)
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,
    /// Name of the table (default: that of [state], otherwise <project>-locks)
    #[arg(long, value_name = "NAME", conflicts_with = "no_table")]
    table: Option<String>,
    /// Keep locks in the bucket, without a table
    #[arg(long)]
    no_table: bool,
    /// Region of both (default: that of [state], otherwise the stack's)
    #[arg(long, value_name = "REGION")]
    state_region: Option<String>,
    /// Use a bucket and a table that rd has not created
    #[arg(long)]
    use_existing: bool,
    /// Write [state] of rd.toml without asking
    #[arg(long, short)]
    yes: bool,
}

/// The region of the store: the one given, that of `[state]`, or the stack's.
pub fn region(context: &Context, given: Option<&str>) -> Result<String> {
    let of_state = context.settings.stack.state.region.as_deref();
    let of_stack = Some(context.stack.region.as_str()).filter(|region| !region.is_empty());
    let region = given.or(of_state).or(of_stack);
    region.map(str::to_owned).ok_or_else(|| {
        Error::usage("no region for the state bucket is set")
            .hint("pass --state-region, or set `region` in rd.toml")
    })
}

/// Names the bucket and the table that are to be created, where the settings have no names for them.
pub fn name(settings: &mut StateSettings, project: &str, account: &str) {
    let bucket = settings.bucket.take();
    settings.bucket = Some(bucket.unwrap_or_else(|| format!("{project}-state-{account}")));
    let table = settings.table.take();
    settings.table = Some(table.unwrap_or_else(|| format!("{project}-locks")));
    settings.backend = Some(Backend::S3);
}

/// Creates what is missing and sets what differs, tries the store, and writes the settings where the user agrees.
pub async fn run(context: &Context, args: &BootstrapArgs) -> Result<Exit> {
    let mut settings = context.settings.stack.state.clone();
    settings.region = Some(region(context, args.state_region.as_deref())?);
    let aws = shared::access(&settings, &context.access).await?;
    let account = aws::account(&aws).await?;
    settings.bucket = args.bucket.clone().or(settings.bucket);
    settings.table = args.table.clone().or(settings.table);
    name(&mut settings, &context.stack.project, &account);
    if args.no_table {
        settings.table = None;
    }
    context.settings.reject(None, &settings.problems())?;

    let path_style = aws.config.endpoint_url().is_some();
    let s3 = aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::config::Builder::from(&aws.config)
            .force_path_style(path_style)
            .interceptor(aws.interceptor())
            .build(),
    );
    let wanted = Bucket {
        name: settings.bucket.as_deref().unwrap_or_default(),
        prefix: &settings.prefix,
        region: settings.region.as_deref().unwrap_or_default(),
        kms_key: settings.kms_key.as_deref(),
        use_existing: args.use_existing,
    };
    let store = SharedStore::new(
        &settings,
        &context.access,
        context.settings.folder(),
        Box::new(|_| {}),
    );
    if args.use_existing {
        // Before anything is changed.
        refuse_fatal(&store.try_conditions().await?)?;
    }
    let mut steps = bucket::ensure(&s3, &wanted).await?;
    if let Some(name) = &settings.table {
        let dynamodb = client!(aws_sdk_dynamodb, aws.config);
        steps.extend(table::ensure(&dynamodb, name, args.use_existing).await?);
    }
    report(context, &steps, &settings);
    let healthy = try_store(context, &store).await?;
    write_settings(context, args, &settings).await?;
    Ok(if healthy { Exit::Done } else { Exit::Failed })
}

fn report(context: &Context, steps: &[Step], settings: &StateSettings) {
    if context.printer.is_json() {
        let changed: Vec<&str> = steps
            .iter()
            .filter(|step| step.changed)
            .map(|step| step.what.as_str())
            .collect();
        let document = json!({"bucket": settings.bucket, "table": settings.table, "region": settings.region,
            "prefix": settings.prefix, "changed": changed});
        context.printer.text(&format!("{document}\n"));
        return;
    }
    for step in steps {
        let mark = if step.changed { "+" } else { " " };
        context.printer.text(&format!("{mark} {}\n", step.what));
    }
}

/// Tries the store as `doctor` does. Returns whether it is what rd relies on, and fails where it is no place for states.
async fn try_store(context: &Context, store: &SharedStore) -> Result<bool> {
    let stack = context.stack.id();
    let problems = patiently(async || store.audit(&stack, false).await).await?;
    refuse_fatal(&problems)?;
    for problem in &problems {
        print_warning(&problem.summary, &problem.hint);
    }
    Ok(problems.is_empty())
}

/// Refuses a store that is no place for states.
fn refuse_fatal(problems: &[StoreProblem]) -> Result<()> {
    match problems.iter().find(|problem| problem.is_fatal) {
        Some(problem) => Err(Error::refused(&problem.summary).hint(&problem.hint)),
        None => Ok(()),
    }
}

/// The keys of `[state]` that the store needs.
fn keys(settings: &StateSettings) -> Vec<(&'static str, &str)> {
    let mut keys = vec![("backend", "s3")];
    let optional = [
        ("bucket", settings.bucket.as_deref()),
        ("table", settings.table.as_deref()),
        ("region", settings.region.as_deref()),
    ];
    keys.extend(
        optional
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?))),
    );
    keys
}

async fn write_settings(
    context: &Context,
    args: &BootstrapArgs,
    settings: &StateSettings,
) -> Result<()> {
    let now = &context.settings.stack.state;
    let same = now.backend() == Backend::S3
        && (&now.bucket, &now.table, &now.region)
            == (&settings.bucket, &settings.table, &settings.region);
    let Some(path) = context.settings.path.as_ref().filter(|_| !same) else {
        return Ok(());
    };
    let keys = keys(settings);
    if !context.printer.is_json() {
        let lines = keys
            .iter()
            .map(|(key, value)| format!("{key} = \"{value}\"\n"));
        let lines: String = lines.collect();
        context.printer.text(&format!("\n[state]\n{lines}\n"));
    }
    let question = format!("Write this to {}? [y/N] ", path.display());
    let agreed = args.yes
        || prompt::can_ask() && prompt::ask(&question, &["y", "yes"], &Cancel::default()).await?;
    if !agreed {
        return Ok(());
    }
    SettingsFile::change(path, |file| {
        keys.iter()
            .try_for_each(|(key, value)| file.set_text("state", key, value))
    })
    .map_err(|e| {
        Error::failed(format!("cannot change {}: {e}", path.display()))
            .hint("add the lines above to it")
    })?;
    if !context.printer.is_json() {
        let next = "next: rd-state migrate --to s3 moves the states that are in .rd";
        context
            .printer
            .text(&format!("wrote {}; {next}\n", path.display()));
    }
    Ok(())
}
