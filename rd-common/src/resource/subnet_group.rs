//! What the subnet groups of RDS and ElastiCache have in common: settings and comparison. The calls are in the kinds,
//! `db_subnet_group` and `cache_subnet_group`.

use crate::resource::change::{Change, Diff};
use crate::resource::input::Input;
use serde::{Deserialize, Serialize};

/// The desired subnet group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The group's name, which is its id.
    pub name: String,
    /// The description that the console shows.
    pub description: String,
    /// The ids of the subnets, in any order.
    pub subnet_ids: Input<Vec<String>>,
}

/// The subnet group that AWS has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The group's name, which is its id.
    pub name: String,
    /// The description that the console shows.
    pub description: String,
    /// The ids of the subnets, sorted.
    pub subnet_ids: Vec<String>,
    /// The id of the subnets' VPC.
    pub vpc_id: String,
    /// The status, `Complete` once it can be used; only RDS reports one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// The differences: a group with another name is another group, everything else changes in place.
pub fn diff(spec: &Spec, live: &Live) -> Vec<Change> {
    let mut diff = Diff::new();
    diff.fixed("name", &live.name, &spec.name)
        .field("description", &live.description, &spec.description)
        .set_once_known("subnet_ids", &live.subnet_ids, &spec.subnet_ids);
    diff.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_subnets_is_no_difference() {
        let spec = Spec {
            name: "shop".into(),
            description: "d".into(),
            subnet_ids: Input::Known(vec!["subnet-b".into(), "subnet-a".into()]),
        };
        let live: Live = serde_json::from_value(json!({
            "name": "shop", "description": "d", "subnet_ids": ["subnet-a", "subnet-b"], "vpc_id": "vpc-1",
        }))
        .unwrap();
        assert_eq!(diff(&spec, &live), []);
        let other = Live {
            name: "other".into(),
            ..live
        };
        assert!(diff(&spec, &other)[0].replaces);
    }
}
