//! What AWS has of a stack, where Terraform's state is gone. The programs of the slices read it, and print it as
//! `terraform show -json` would, so that it is mapped as a state is.

use crate::slice_programs;
use crate::terraform::{self, Terraform};
use rd_common::context::Context;
use rd_common::{Exit, Result, TerraformResources};

/// The slices in the order in which they are read: what tasks run tells which secrets are those of the stack, and what there is
/// tells which alarms watch it.
const ORDER: [&str; 7] = ["net", "store", "edge", "ecs", "data", "cache", "logs"];

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
    format!("aws_s3_bucket.{name}")
}

/// The resources of the VPC that was selected, and the bucket. Each program gets what those of the slices before it have
/// found. How a program has ended where it has failed.
pub fn read(
    context: &Context,
    selection: &Selection<'_>,
) -> Result<std::result::Result<Terraform, Exit>> {
    let mut arguments = vec!["scan"];
    let tags = selection.tags.iter().map(|tag| ("--tag", tag.as_str()));
    let vpc = selection.vpc.map(|vpc| ("--vpc", vpc));
    let bucket = selection.bucket.map(|name| ("--bucket", name));
    for (flag, value) in vpc.into_iter().chain(tags).chain(bucket) {
        arguments.extend([flag, value]);
    }
    let mut found = TerraformResources::default();
    for slice in ORDER {
        let document = found.document().to_string();
        let (exit, bytes) = slice_programs::answer(context, slice, &arguments, &document)?;
        if exit != Exit::Done {
            return Ok(Err(exit));
        }
        found.append(TerraformResources::parse(&String::from_utf8_lossy(&bytes))?);
    }
    let document = found.document().to_string();
    terraform::read(document.as_bytes(), "what was found in AWS").map(Ok)
}
