//! `scan`: what AWS has of a slice in a VPC, for `rd-state adopt --scan`. It only reads.

use crate::aws::{Aws, account};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::printer::print_at_once;
use crate::resource::ctx::Ctx;
use crate::resource::signal::Cancel;
use crate::resource::slice::{ScanRequest, Slice};
use crate::terraform_resources::TerraformResources;
use std::io::{IsTerminal, Read};

/// What selects the resources to print.
#[derive(clap::Args, Clone, Debug)]
pub struct ScanArgs {
    /// The VPC; by default the only one that is not AWS's default VPC
    #[arg(long, value_name = "ID")]
    vpc: Option<String>,
    /// Only a VPC with this tag; all of them where it is given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_tag)]
    tag: Vec<(String, String)>,
    /// The name of the session bucket
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,
}

fn parse_tag(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("must be KEY=VALUE, such as Name=shop-production".to_owned()),
    }
}

/// Prints the resources of slice `S`, in the form of `terraform show -json`. Stdin has those of the slices before it.
pub(crate) async fn run<S: Slice>(context: &Context, args: &ScanArgs) -> Result<Exit> {
    let config = context.settings.section::<S::Config>(S::NAME)?;
    let aws = Aws::connect(&context.access, &context.stack.region).await?;
    let _ = context.stack.account.set(account(&aws).await?);
    let request = ScanRequest {
        vpc: args.vpc.clone(),
        tags: args.tag.clone(),
        bucket: args.bucket.clone(),
        found: TerraformResources::parse(&stdin()?)?,
    };
    let cancel = Cancel::on_signals()
        .map_err(|e| Error::failed(format!("cannot watch for signals: {e}")))?;
    let ctx = Ctx::new(
        S::clients(&aws, &context.stack, &config),
        S::NAME,
        context.stack.clone(),
        cancel,
        context.progress.clone(),
    );
    let found = tokio::select! {
        found = S::scan(&ctx, &request) => found?,
        () = ctx.cancel.cancelled() => return Err(Error::interrupted()),
    };
    print_at_once(&format!("{}\n", found.document()))?;
    Ok(Exit::Done)
}

fn stdin() -> Result<String> {
    let mut text = String::new();
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        let read = stdin.lock().read_to_string(&mut text);
        read.map_err(|e| Error::failed(format!("cannot read stdin: {e}")))?;
    }
    Ok(text)
}
