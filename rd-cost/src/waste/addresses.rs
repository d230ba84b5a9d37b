//! Elastic IP addresses that nothing uses. They cost as much as those in use.
//! <https://aws.amazon.com/vpc/pricing/>

use super::finding::{Candidate, Finding};
use super::look::Look;
use rd_common::Result;
use rd_common::aws::Explain;

pub(super) async fn candidates(look: &Look<'_>) -> Result<Vec<Candidate>> {
    let call = look.clients.ec2.describe_addresses();
    let answer = call.set_filters(Some(look.filters())).send().await;
    let answer = answer.doing("list the addresses")?;
    let unused = answer.addresses().iter();
    // An address without a use has these members empty, or not at all.
    let none = |text: Option<&str>| text.is_none_or(str::is_empty);
    let unused =
        unused.filter(|one| none(one.association_id()) && none(one.network_interface_id()));
    let found = unused.map(|one| {
        let id = one.allocation_id().unwrap_or_default();
        let command = format!("aws ec2 release-address --allocation-id {id}");
        let usd = look.hourly("VPC/public-ipv4-idle-hour", 1);
        let why = format!(
            "{} is not associated",
            one.public_ip().unwrap_or("the address")
        );
        Candidate::known(Finding::wasted(id, usd, why, command).at(look.address(id)))
    });
    Ok(found.collect())
}
