//! Why a field differs: the settings changed, or the resource drifted.

use crate::plan::planned::Planned;
use crate::resource::change::{Cause, Change, at_path};
use crate::resource::input::{Reference, references};
use serde_json::Value;
use std::collections::BTreeMap;

/// Sets the cause of each change of a resource. `last` is the spec last applied; `planned` holds the resources that
/// come before this one in the plan.
pub(super) fn set_causes(
    changes: &mut [Change],
    spec: &Value,
    last: Option<&Value>,
    planned: &BTreeMap<String, Planned>,
) {
    for change in changes.iter_mut() {
        change.cause = cause(change, spec, last, planned);
    }
    // A field that only AWS sets, and that is not in the spec, changes for the same reason as the others.
    let in_spec = |change: &Change| at_path(spec, &change.path).is_some();
    let from_config = changes
        .iter()
        .any(|one| in_spec(one) && one.cause == Cause::Config);
    if from_config {
        for change in changes.iter_mut().filter(|one| !in_spec(one)) {
            if !change.path.starts_with("tags.") {
                change.cause = Cause::Config;
            }
        }
    }
}

/// Drift, where the spec last applied has the same value. A value that another resource provides differs for the reason
/// for which that resource changes.
fn cause(
    change: &Change,
    spec: &Value,
    last: Option<&Value>,
    planned: &BTreeMap<String, Planned>,
) -> Cause {
    if change.path.starts_with("tags.") {
        return change.cause;
    }
    let Some(last) = last else {
        return Cause::Config;
    };
    let after = at_path(spec, &change.path);
    for reference in references(after.unwrap_or(&Value::Null)) {
        if let Reference::Attribute(target, _) = reference {
            let config = planned
                .get(&target)
                .is_some_and(|t| t.fields.iter().any(|f| f.cause == Cause::Config));
            return if config { Cause::Config } else { Cause::Drift };
        }
    }
    if at_path(last, &change.path) == after {
        Cause::Drift
    } else {
        Cause::Config
    }
}
