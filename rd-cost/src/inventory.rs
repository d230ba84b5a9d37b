//! What a stack consists of: its resources with their specs, as a plan or the states have them.

use rd_common::records::{Record, ResourceChange, Verb};
use rd_common::resource::action::Action;
use rd_common::resource::change::Change;
use rd_common::resource::input::as_reference;
use rd_common::{Document, is_unknown};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A resource with its spec.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// The address, such as `net.nat_gateway.a`.
    pub address: String,
    /// The slice that has it.
    pub slice: String,
    /// The kind, such as `nat_gateway`.
    pub kind: String,
    /// The spec; a value that is known only after apply is a reference.
    pub spec: Value,
}

impl Resource {
    /// What stands for the whole stack, without an address.
    pub fn of_stack(slice: &str) -> Self {
        Self {
            address: String::new(),
            slice: slice.to_owned(),
            kind: String::new(),
            spec: Value::Null,
        }
    }

    /// The text of a field of the spec; empty where it has none, or is not known.
    pub fn text(&self, field: &str) -> &str {
        self.spec[field].as_str().unwrap_or_default()
    }

    /// The whole number of a field of the spec; 0 where it has none.
    pub fn number(&self, field: &str) -> i64 {
        self.spec[field].as_i64().unwrap_or_default()
    }

    /// Whether a field of the spec is set to true.
    pub fn is(&self, field: &str) -> bool {
        self.spec[field].as_bool().unwrap_or_default()
    }
}

/// The resources of a stack at one time.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// The resources by their addresses.
    pub resources: BTreeMap<String, Resource>,
    /// The outputs that are known, by `slice.name`.
    outputs: BTreeMap<String, Value>,
}

impl Inventory {
    fn add(&mut self, address: &str, slice: &str, kind: &str, spec: Value) {
        let resource = Resource {
            address: address.to_owned(),
            slice: slice.to_owned(),
            kind: kind.to_owned(),
            spec,
        };
        self.resources.insert(address.to_owned(), resource);
    }

    /// Adds the resources and outputs of a state.
    pub fn add_state(&mut self, state: &Document) {
        for (address, resource) in &state.resources {
            if resource.id.is_some() {
                self.add(address, &state.slice, &resource.kind, resource.spec.clone());
            }
        }
        for (name, value) in &state.outputs {
            let key = format!("{}.{name}", state.slice);
            self.outputs.insert(key, value.clone());
        }
    }

    /// The resources of a kind, by address.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.values().filter(move |one| one.kind == kind)
    }

    /// The number of items of a list in a spec. An output that is not known yet is counted by the resources that it comes
    /// from; none where these are not here.
    pub fn count(&self, value: &Value) -> Option<i64> {
        if let Some(items) = value.as_array() {
            return i64::try_from(items.len()).ok();
        }
        let output = as_reference(value)?.to_string();
        if let Some(items) = self.outputs.get(&output).and_then(Value::as_array) {
            return i64::try_from(items.len()).ok();
        }
        let names = match output.as_str() {
            "net.public_subnet_ids" => "net.subnet.public-",
            "net.private_subnet_ids" => "net.subnet.private-",
            _ => return None,
        };
        let subnets = self.of_kind("subnet");
        let count = subnets.filter(|one| one.address.starts_with(names)).count();
        i64::try_from(count).ok().filter(|count| *count > 0)
    }
}

/// What a plan changes: the stack before and after it.
#[derive(Clone, Debug, Default)]
pub struct Planned {
    /// The stack once the plan is applied.
    pub after: Inventory,
    /// The stack as it is.
    pub today: Inventory,
    /// The slices whose plans were read.
    pub slices: BTreeSet<String>,
    /// The addresses that the plan replaces.
    pub replaced: BTreeSet<String>,
    /// Predecessors that are still to be deleted: the address and the kind of each.
    pub predecessors: Vec<(String, String)>,
    /// Addresses without a spec, of a plan that an earlier version has made.
    pub without_spec: BTreeSet<String>,
    /// Whether a plan was made without a call to AWS, so that nothing is known of today.
    pub offline: bool,
}

impl Planned {
    /// Notes a record of a plan; others are ignored.
    pub fn note(&mut self, record: &Record) {
        match record {
            Record::Begin(begin) => self.offline |= begin.offline && begin.command == Verb::Plan,
            Record::Change(change) => self.change(change),
            Record::Output(output) => {
                if let Some(value) = output.value.as_ref().filter(|_| !output.unknown) {
                    let key = format!("{}.{}", output.slice, output.name);
                    self.today.outputs.insert(key.clone(), value.clone());
                    self.after.outputs.insert(key, value.clone());
                }
            }
            _ => {}
        }
    }

    fn change(&mut self, change: &ResourceChange) {
        self.slices.insert(change.slice.clone());
        let (address, slice, kind) = (&change.address, &change.slice, &change.kind);
        if change.spec.is_null() {
            match change.action {
                Action::Delete => self.predecessors.push((address.clone(), kind.clone())),
                _ => {
                    self.without_spec.insert(address.clone());
                }
            }
            return;
        }
        if change.action != Action::Delete {
            self.after.add(address, slice, kind, change.spec.clone());
        }
        if change.action != Action::Create {
            let spec = before(&change.spec, &change.fields);
            self.today.add(address, slice, kind, spec);
        }
        if change.action == Action::Replace {
            self.replaced.insert(address.clone());
        }
    }
}

/// The spec with the live value of each field that differs. Live values have the names of the spec's fields.
fn before(spec: &Value, fields: &[Change]) -> Value {
    let mut spec = spec.clone();
    for field in fields {
        let mut names = field.path.split('.');
        let mut here = names.next().and_then(|name| spec.get_mut(name));
        for name in names {
            here = here.and_then(|value| value.get_mut(name));
        }
        if let Some(here) = here.filter(|_| !is_unknown(&field.before)) {
            *here = field.before.clone();
        }
    }
    spec
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(value: Value) -> Record {
        serde_json::from_value(value).unwrap()
    }

    fn plan(action: &str, spec: &Value, fields: &Value) -> Planned {
        let mut planned = Planned::default();
        planned.note(&record(json!({
            "type": "change", "slice": "data", "address": "data.db_instance.main", "kind": "db_instance",
            "action": action, "spec": spec, "fields": fields,
        })));
        planned
    }

    #[test]
    fn an_update_has_the_live_values_before_it() {
        let field = |path: &str, before: Value, after: Value| json!({"path": path, "before": before, "after": after, "cause": "config"});
        let fields = json!([
            field(
                "instance_class",
                json!("db.t4g.micro"),
                json!("db.t4g.small")
            ),
            field("tags.Owner", json!("a"), json!("b")),
            field("log.group", json!("x"), json!("y")),
        ]);
        let spec = json!({"instance_class": "db.t4g.small", "log": {"group": "y"}});
        let planned = plan("update", &spec, &fields);
        let of = |inventory: &Inventory| inventory.resources["data.db_instance.main"].spec.clone();
        assert_eq!(of(&planned.after), spec);
        let before = json!({"instance_class": "db.t4g.micro", "log": {"group": "x"}});
        assert_eq!(of(&planned.today), before);
    }

    #[test]
    fn a_create_has_no_before_and_a_delete_no_after() {
        let created = plan("create", &json!({}), &json!([]));
        assert_eq!(
            (created.today.resources.len(), created.after.resources.len()),
            (0, 1)
        );
        let deleted = plan("delete", &json!({}), &json!([]));
        assert_eq!(
            (deleted.today.resources.len(), deleted.after.resources.len()),
            (1, 0)
        );
        let predecessor = plan("delete", &Value::Null, &json!([]));
        assert_eq!(predecessor.predecessors.len(), 1);
        let earlier = plan("none", &Value::Null, &json!([]));
        assert_eq!(earlier.without_spec.len(), 1);
    }

    #[test]
    fn subnets_that_do_not_exist_yet_are_counted() {
        let mut inventory = Inventory::default();
        let unknown = json!({"$ref": "net.public_subnet_ids"});
        assert_eq!(inventory.count(&unknown), None);
        for name in ["public-a", "public-b", "private-a"] {
            inventory.add(&format!("net.subnet.{name}"), "net", "subnet", json!({}));
        }
        assert_eq!(inventory.count(&unknown), Some(2));
        assert_eq!(inventory.count(&json!(["a", "b", "c"])), Some(3));
        assert_eq!(inventory.count(&json!("x")), None);
    }
}
