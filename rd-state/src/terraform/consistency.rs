//! What a state must be to be adopted: whole, of one account and region, and of one configuration of the provider.

use crate::terraform::model::{Resource, Terraform};
use crate::terraform::refusal::{HOW_TO_GET_ONE, Refusal};
use rd_common::arn::Arn;
use std::collections::BTreeSet;

/// How many addresses an error names.
const NAMED: usize = 5;

/// The same resources with their account and region.
pub fn check(mut found: Terraform) -> Result<Terraform, Refusal> {
    if !found.resources.iter().any(is_aws) {
        return Err(Refusal::new(
            "has no resources of AWS",
            format!("check that it is the state of the stack; {HOW_TO_GET_ONE}"),
        ));
    }
    let bad = |is: fn(&Resource) -> bool| -> Vec<&str> {
        let bad = found.resources.iter().filter(|one| is(one));
        bad.map(|one| one.address.as_str()).collect()
    };
    let tainted = bad(|one| one.tainted);
    if !tainted.is_empty() {
        return Err(Refusal::new(
            format!(
                "has resources that Terraform would replace (tainted): {}",
                names(&tainted)
            ),
            "let terraform apply replace them, or keep them with terraform untaint, and pass the state again",
        ));
    }
    let deposed = bad(|one| one.deposed);
    if !deposed.is_empty() {
        return Err(Refusal::new(
            format!(
                "has resources that Terraform has yet to delete (deposed): {}",
                names(&deposed)
            ),
            "let terraform apply delete them, and pass the state again",
        ));
    }
    let of_aws = || found.resources.iter().filter(|one| is_aws(one));
    let providers: BTreeSet<&str> = of_aws().map(|one| one.provider.as_str()).collect();
    if providers.len() > 1 {
        let providers: Vec<&str> = providers.into_iter().collect();
        return Err(Refusal::new(
            format!(
                "uses several configurations of the AWS provider: {}",
                providers.join(", ")
            ),
            "a stack has one account and region: move what another configuration made to a state of its own with \
             terraform state mv -state-out, and pass the rest",
        ));
    }
    let arns: Vec<Arn> = of_aws()
        .filter_map(|one| Arn::parse(one.text("arn")))
        .collect();
    let account = only("accounts", arns.iter().map(|arn| arn.account.as_str()))?;
    let region = only("regions", arns.iter().map(|arn| arn.region.as_str()))?;
    found.account = account;
    found.region = region;
    Ok(found)
}

fn is_aws(one: &Resource) -> bool {
    one.kind.starts_with("aws_")
}

fn names(addresses: &[&str]) -> String {
    let more = addresses.len().saturating_sub(NAMED);
    let named = &addresses[..addresses.len() - more];
    match more {
        0 => named.join(", "),
        _ => format!("{} and {more} more", named.join(", ")),
    }
}

/// The only value that is not empty, and not that of a resource of AWS's own; none where there is no value.
fn only<'a>(what: &str, values: impl Iterator<Item = &'a str>) -> Result<Option<String>, Refusal> {
    let all: BTreeSet<&str> = values
        .filter(|one| !one.is_empty() && *one != "aws")
        .collect();
    if all.len() > 1 {
        let all: Vec<&str> = all.into_iter().collect();
        return Err(Refusal::new(
            format!("has resources in several {what}: {}", all.join(", ")),
            "a stack has one account and region: move the resources of the others to a state of their own with \
             terraform state mv -state-out, and pass the rest",
        ));
    }
    Ok(all.first().map(|one| (*one).to_owned()))
}
