//! What AWS has of a stack, where Terraform's state is gone. The programs of the slices read it, and print it as
//! `terraform show -json` would, so that it is mapped as a state is.

use crate::slice_programs;
use crate::terraform::{self, Resource, Terraform};
use rd_common::context::Context;
use rd_common::{Exit, Result};
use serde_json::json;

/// What a scan does not read.
pub const NOT_READ: &str = "--scan reads the network alone, without its flow log, and the bucket of --bucket: the \
                            database, the cache, the public entry, the service and the alarms are not adopted";

/// What to do about what a scan does not read.
pub const WHAT_TO_DO: &str = "do not apply the other slices if the stack has such resources already: they would create their own";

/// The type of an S3 bucket in Terraform.
const BUCKET: &str = "aws_s3_bucket";

/// What selects the resources of the stack.
pub struct Selection<'a> {
    /// The id of the VPC; by default the only one.
    pub vpc: Option<&'a str>,
    /// The tags that the VPC must have, each as KEY=VALUE.
    pub tags: &'a [String],
    /// The name of the bucket of the sessions; without it, no bucket is adopted.
    pub bucket: Option<&'a str>,
}

/// The address of a bucket among the resources that were found.
pub fn address_of_bucket(name: &str) -> String {
    format!("{BUCKET}.{name}")
}

/// The resources of the VPC that was selected, and the bucket, which rd-store looks at when it adopts it; how the program has
/// ended where it has failed.
pub fn read(
    context: &Context,
    selection: &Selection<'_>,
) -> Result<std::result::Result<Terraform, Exit>> {
    let mut arguments = vec!["scan"];
    if let Some(vpc) = selection.vpc {
        arguments.extend(["--vpc", vpc]);
    }
    for tag in selection.tags {
        arguments.extend(["--tag", tag]);
    }
    let (exit, bytes) = slice_programs::read(context, "net", &arguments)?;
    if exit != Exit::Done {
        return Ok(Err(exit));
    }
    let mut found = terraform::read(&bytes, "what rd-net scan has printed")?;
    if let Some(name) = selection.bucket {
        let values = json!({"id": name, "bucket": name});
        let address = address_of_bucket(name);
        let bucket = Resource::new(address, BUCKET, "", Some(&values));
        found.resources.push(bucket);
    }
    Ok(Ok(found))
}
