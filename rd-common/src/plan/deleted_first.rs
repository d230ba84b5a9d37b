//! What a plan deletes before its successor exists, and the resources of other slices that use it.

use crate::error::Result;
use crate::plan::planned::{Plan, Planned};
use crate::plan::refresh::attribute_of;
use crate::resource::action::Action;
use crate::resource::input::{Reference, references};
use crate::resource::kind::ReplaceOrder;
use crate::slices::{SLICES, program_of};
use crate::stack::StackId;
use crate::state::document::Document;
use crate::state::store::{Key, Store};
use serde_json::Value;
use std::collections::BTreeSet;

/// The addresses of the resources that are replaced and whose users cannot move to the successor: the resource itself is
/// deleted first, or one that belongs to it, such as the route of a subnet.
pub fn deleted_first(resources: &[Planned]) -> BTreeSet<&str> {
    let replaced = || resources.iter().filter(|one| one.action == Action::Replace);
    let mut first: BTreeSet<&str> = replaced()
        .filter(|one| one.replace_order == ReplaceOrder::DeleteFirst)
        .map(|one| one.address.as_str())
        .collect();
    loop {
        let needed = |address: &str| {
            let needs = |one: &Planned| one.depends_on.iter().any(|need| need == address);
            replaced().any(|one| first.contains(one.address.as_str()) && needs(one))
        };
        let more: Vec<&str> = replaced()
            .map(|one| one.address.as_str())
            .filter(|address| !first.contains(address) && needed(address))
            .collect();
        if more.is_empty() {
            return first;
        }
        first.extend(more);
    }
}

/// Whether a value of the plan comes from one of the resources that are deleted first.
pub fn comes_from(value: &Value, first: &BTreeSet<&str>) -> bool {
    references(value).iter().any(|reference| match reference {
        Reference::Attribute(address, _) => first.contains(address.as_str()),
        Reference::Output(..) => false,
    })
}

/// A resource that is deleted first although other slices use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InUse {
    /// The address of the resource.
    pub address: String,
    /// The addresses of the resources of other slices that use it.
    pub users: Vec<String>,
}

/// The resources that the plan of `slice` deletes first and that stand in the specs last applied of other slices, which
/// need this one. A slice that only watches, such as the alarms of rd-logs, follows later. `allowed` are addresses that
/// the user has named: they are left out, and so is what depends on them.
pub async fn in_use(
    store: &dyn Store,
    stack: &StackId,
    slice: &str,
    plan: &Plan,
    allowed: &[String],
) -> Result<Vec<InUse>> {
    let first = deleted_first(&plan.resources);
    let named = with_dependents(plan, allowed);
    let first: Vec<&Planned> = plan
        .resources
        .iter()
        .filter(|one| first.contains(one.address.as_str()) && !named.contains(one.address.as_str()))
        .collect();
    if first.is_empty() {
        return Ok(Vec::new());
    }
    let mut others = Vec::new();
    for other in store.slices(stack).await? {
        let key = Key {
            stack: stack.clone(),
            slice: other,
        };
        if key.slice != slice
            && let Some(stored) = store.load(&key).await?
            && stored.document.needs.iter().any(|need| need == slice)
        {
            others.push(stored.document);
        }
    }
    let in_use = first.iter().map(|one| InUse {
        address: one.address.clone(),
        users: users(&values(plan, one), &others),
    });
    Ok(in_use.filter(|one| !one.users.is_empty()).collect())
}

/// What is wrong with a plan that deletes what other slices use. A resource is left out where one that it depends on is
/// named with the same users.
pub fn summary(plan: &Plan, in_use: &[InUse]) -> String {
    let needs = |one: &InUse, other: &InUse| {
        let planned = plan.resources.iter().find(|p| p.address == one.address);
        planned.is_some_and(|planned| planned.depends_on.contains(&other.address))
    };
    let named = in_use.iter().filter(|one| {
        let said = |other: &&InUse| other.users == one.users && needs(one, other);
        !in_use.iter().any(|other| said(&other))
    });
    let named: Vec<String> = named
        .map(|one| format!("{} (used by {})", one.address, one.users.join(", ")))
        .collect();
    format!(
        "this plan deletes what other slices use before its successor exists: {}",
        named.join("; ")
    )
}

/// What to do instead of applying such a plan of `slice`, or to apply it.
pub fn way_out(slice: &str, plan: &Plan, in_use: &[InUse]) -> String {
    let users: BTreeSet<&str> = in_use
        .iter()
        .flat_map(|one| &one.users)
        .filter_map(|user| user.split('.').next())
        .collect();
    let destroy: Vec<String> = SLICES
        .iter()
        .rev()
        .filter(|slice| users.contains(**slice))
        .map(|slice| format!("{} destroy", program_of(slice)))
        .collect();
    let roots: Vec<String> = roots(plan, in_use)
        .iter()
        .map(|address| format!("--allow-replace {address}"))
        .collect();
    format!(
        "restore the old settings, or save the data and destroy the users first: {}; to replace it under them all the \
         same: {} apply {}",
        destroy.join(" | "),
        program_of(slice),
        roots.join(" ")
    )
}

/// The addresses, and those of the replaced resources that depend on them.
fn with_dependents<'a>(plan: &'a Plan, addresses: &'a [String]) -> BTreeSet<&'a str> {
    let mut all: BTreeSet<&str> = addresses.iter().map(String::as_str).collect();
    // The plan has each resource after those that it needs.
    for one in &plan.resources {
        let follows = one
            .depends_on
            .iter()
            .any(|need| all.contains(need.as_str()));
        if one.action == Action::Replace && follows {
            all.insert(&one.address);
        }
    }
    all
}

/// The resources for which those in use are replaced: replaced themselves, and not because of another one.
fn roots<'a>(plan: &'a Plan, in_use: &'a [InUse]) -> BTreeSet<&'a str> {
    let replaced = |address: &str| {
        plan.resources
            .iter()
            .find(|one| one.address == address && one.action == Action::Replace)
    };
    let mut roots = BTreeSet::new();
    let mut left: Vec<&str> = in_use.iter().map(|one| one.address.as_str()).collect();
    while let Some(address) = left.pop() {
        let needs = replaced(address)
            .into_iter()
            .flat_map(|one| &one.depends_on);
        let before = left.len();
        left.extend(
            needs
                .map(String::as_str)
                .filter(|need| replaced(need).is_some()),
        );
        if left.len() == before {
            roots.insert(address);
        }
    }
    roots
}

/// The values by which other slices know a resource: its id, and what the outputs take from it.
fn values(plan: &Plan, planned: &Planned) -> BTreeSet<String> {
    let Some(live) = &planned.live else {
        return BTreeSet::new();
    };
    let outputs = plan.outputs.iter().flat_map(|(_, value)| references(value));
    let given = outputs.filter_map(|reference| match reference {
        Reference::Attribute(address, name) if address == planned.address => {
            attribute_of(&live.id, &live.live, &name)
        }
        _ => None,
    });
    let texts = given.filter_map(|value| value.as_str().map(str::to_owned));
    texts
        .chain([live.id.clone()])
        .filter(|text| !text.is_empty())
        .collect()
}

fn users(values: &BTreeSet<String>, others: &[Document]) -> Vec<String> {
    let resources = others.iter().flat_map(|document| &document.resources);
    resources
        .filter(|(_, resource)| values.iter().any(|value| holds(&resource.spec, value)))
        .map(|(address, _)| address.clone())
        .collect()
}

/// Whether a spec has this text as a value, or an ARN as a part of one.
fn holds(spec: &Value, text: &str) -> bool {
    match spec {
        Value::String(value) => value == text || (text.starts_with("arn:") && has_arn(value, text)),
        Value::Array(items) => items.iter().any(|item| holds(item, text)),
        Value::Object(members) => members.values().any(|member| holds(member, text)),
        _ => false,
    }
}

/// Whether a text has this ARN in it, and not only one that begins like it.
fn has_arn(text: &str, arn: &str) -> bool {
    let continues = |next: char| next.is_ascii_alphanumeric() || matches!(next, '-' | '_' | '.');
    text.match_indices(arn)
        .any(|(at, _)| !text[at + arn.len()..].starts_with(continues))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_arn_counts_inside_of_a_text_and_other_values_only_whole() {
        let spec = json!({"a": ["sg-1"], "url": "arn:aws:s3:::shop:url::", "n": 7});
        for (text, found) in [
            ("sg-1", true),
            ("sg", false),
            ("7", false),
            ("arn:aws:s3:::shop", true),
            ("arn:aws:s3:::sho", false),
        ] {
            assert_eq!(holds(&spec, text), found, "{text}");
        }
    }
}
