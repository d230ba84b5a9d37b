//! Which part of the stack each resource is.

mod cache;
mod data;
mod ecs;
mod edge;
mod flow_log;
mod logs;
mod net;
mod store;

use super::{Answers, Mapping, map};
use crate::terraform;
use crate::terraform::tests::{one, state};
use net::own_style;
use serde_json::{Value, json};

fn map_with(resources: &[Value], answers: &[(&str, &str)]) -> Mapping {
    let text = state(resources).to_string();
    let terraform = terraform::read(text.as_bytes(), "terraform.tfstate").unwrap();
    map(&terraform, &Answers::of(answers), "us-east-1")
}

/// `TERRAFORM -> ADDRESS (ID)` for each decision, without the part of the address that is the slice.
fn table(mapping: &Mapping) -> Vec<String> {
    let decisions = mapping.decisions.iter();
    let mut lines: Vec<String> = decisions
        .map(|one| {
            let address = one.address.strip_prefix("net.").unwrap_or(&one.address);
            format!("{} -> {address} ({})", one.terraform, one.id)
        })
        .collect();
    lines.sort();
    lines
}

fn settings(mapping: &Mapping) -> Vec<String> {
    let settings = mapping.settings.iter();
    settings
        .map(|one| format!("{}.{} = {}", one.table, one.key, one.value))
        .collect()
}

#[test]
fn what_an_answer_leaves_to_terraform_stays_there() {
    let mut resources = own_style();
    resources.push(one("aws_lb", "other", json!({"id": "x"})));
    let mapping = map_with(&resources, &[("aws_lb.other", "terraform")]);
    let mut stays = mapping.stays.iter();
    let other = stays.find(|one| one.terraform == "aws_lb.other").unwrap();
    assert_eq!(other.why, "answered");
}
