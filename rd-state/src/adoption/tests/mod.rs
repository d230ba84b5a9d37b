//! Which part of the stack each resource is.

mod cache;
mod data;
mod ecs;
mod edge;
mod flow_log;
mod logs;
mod net;
mod store;
mod two_stacks;

use super::{Answers, Mapping, map, removal};
use crate::terraform;
use crate::terraform::tests::{numbers, one, state};
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

/// The addresses in Terraform of what stays there.
fn stays(mapping: &Mapping) -> Vec<&str> {
    let stays = mapping.stays.iter();
    stays.map(|one| one.terraform.as_str()).collect()
}

/// The reason why one of them stays, by its address.
fn why<'a>(mapping: &'a Mapping, terraform: &str) -> &'a str {
    let mut stays = mapping.stays.iter();
    let one = stays.find(|one| one.terraform == terraform);
    one.map(|one| one.why.as_str()).unwrap_or_default()
}

#[test]
fn what_an_answer_leaves_to_terraform_stays_there() {
    let mut resources = own_style();
    resources.push(one("aws_lb", "other", json!({"id": "x"})));
    let mapping = map_with(&resources, &[("aws_lb.other", "terraform")]);
    assert_eq!(why(&mapping, "aws_lb.other"), "answered");
}

/// The places of all values of a document, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut inner = |key: &str, value: &Value| {
        let place = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        places(value, &place, found);
        found.push(place);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| inner(key, value)),
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items
                .by_ref()
                .for_each(|(at, value)| inner(&at.to_string(), value));
        }
        _ => {}
    }
}

/// States in which values are others: the mapping is what it is, names each resource once, and never panics.
#[test]
fn no_state_makes_the_mapping_panic() {
    let all = [
        own_style(),
        edge::entry_with_rules(),
        ecs::own_ecs(),
        logs::logs(),
        vec![data::instance("shop", &json!({}))],
        data::secret("shop", &["aws_db_instance.shop"]).to_vec(),
    ]
    .concat();
    let whole = state(&all);
    let mut all_places = Vec::new();
    places(&whole["resources"], "/resources", &mut all_places);
    let mut next = numbers();
    let mut mapped = 0;
    for _ in 0..600 {
        let mut document = whole.clone();
        for _ in 0..=next(8) {
            let other = whole.pointer(&all_places[next(all_places.len())]);
            let other = match next(6) {
                0 => json!(null),
                1 => json!("é/*"),
                2 => json!(-1),
                3 => json!([[], {}, ""]),
                _ => other.cloned().unwrap_or_default(),
            };
            if let Some(place) = document.pointer_mut(&all_places[next(all_places.len())]) {
                *place = other;
            }
        }
        let bytes = document.to_string();
        let Ok(terraform) = terraform::read(bytes.as_bytes(), "x") else {
            continue;
        };
        let mapping = map(&terraform, &Answers::default(), "us-east-1");
        mapped += 1;
        let _ = removal(&mapping);
        let decided = mapping.decisions.iter().map(|one| one.terraform.as_str());
        let left = mapping.stays.iter();
        let mut all: Vec<&str> = decided
            .chain(left.map(|one| one.terraform.as_str()))
            .collect();
        let whole = all.len();
        all.sort_unstable();
        all.dedup();
        let names = terraform.resources.iter().map(|one| one.address.as_str());
        let names: std::collections::BTreeSet<&str> = names.collect();
        assert_eq!(all.len(), names.len(), "each resource once");
        assert!(whole <= terraform.resources.len());
        let mut addresses: Vec<&str> = mapping
            .decisions
            .iter()
            .filter(|one| !one.id.is_empty())
            .map(|one| one.address.as_str())
            .collect();
        let count = addresses.len();
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(addresses.len(), count, "each address once");
    }
    assert!(mapped > 200, "{mapped}");
}
