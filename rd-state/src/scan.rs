//! What AWS has of a stack, where Terraform's state is gone. The programs of the slices read it, and print it as
//! `terraform show -json` would, so that it is mapped as a state is.

use crate::slice_programs;
use crate::terraform::{self, Terraform};
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// What a scan does not read.
pub const NOT_READ: &str = "--scan reads the network alone, without its flow log: the database, the cache, the bucket, the public \
                            entry, the service and the alarms are not adopted";

/// What to do about that.
pub const WHAT_TO_DO: &str = "do not apply the other slices if the stack has such resources already: they would create their own";

/// The resources of the VPC with this id or these tags; how the program has ended where it has failed.
pub fn read(
    context: &Context,
    vpc: Option<&str>,
    tags: &[String],
) -> Result<std::result::Result<Terraform, Exit>> {
    let mut arguments = vec!["scan"];
    if let Some(vpc) = vpc {
        arguments.extend(["--vpc", vpc]);
    }
    for tag in tags {
        arguments.extend(["--tag", tag]);
    }
    let (exit, bytes) = slice_programs::read(context, "net", &arguments)?;
    if exit != Exit::Done {
        return Ok(Err(exit));
    }
    terraform::read(&bytes, "what rd-net scan has printed").map(Ok)
}
