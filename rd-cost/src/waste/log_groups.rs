//! Log groups that keep their logs for ever.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html>

use super::finding::{Candidate, Finding};
use super::look::Look;
use crate::money::plain;
use crate::observed::gigabytes;
use rd_common::Result;
use rd_common::aws::Explain;
use rust_decimal::Decimal;

pub(super) async fn candidates(look: &Look<'_>) -> Result<Vec<Candidate>> {
    let names = look.names();
    let mut pages = look
        .clients
        .logs
        .describe_log_groups()
        .into_paginator()
        .items()
        .send();
    let mut all = Vec::new();
    while let Some(one) = pages.next().await {
        let one = one.doing("list the log groups")?;
        let name = one.log_group_name().unwrap_or_default();
        let address = look.address(name);
        let ours = address.is_some() || names.has(name);
        if one.retention_in_days().is_some() || !(ours || look.account) {
            continue;
        }
        let gb = gigabytes(Decimal::from(one.stored_bytes().unwrap_or_default()));
        let leftover = match ours && address.is_none() {
            true => "; no state has it",
            false => "",
        };
        let why = format!(
            "keeps its logs for ever, {} GB now{leftover}",
            plain(gb.round_dp(3))
        );
        let usd = look.priced("CloudWatchLogs/logs-storage-gb-month", gb);
        let command =
            format!("aws logs put-retention-policy --log-group-name {name} --retention-in-days 30");
        all.push(Candidate::known(
            Finding::wasted(name, usd, why, command).at(address),
        ));
    }
    Ok(all)
}
