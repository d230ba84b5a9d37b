//! A stack to monitor: only the outputs of its slices, since an alarm can be created without the resource that it
//! watches. And the mail that alarms send.

use crate::world::World;
use serde_json::{Value, json};

impl World {
    /// Sets the outputs of every slice that alarms watch.
    pub fn watched(&self) {
        for slice in ["net", "data", "cache", "edge", "ecs"] {
            self.watched_slice(slice);
        }
    }

    /// Sets the outputs of one slice.
    pub fn watched_slice(&self, slice: &str) {
        let outputs = match slice {
            "net" => json!({
                "nat_gateway_zones": ["a", "b"],
                "nat_gateway_a_id": "nat-0a",
                "nat_gateway_b_id": "nat-0b",
            }),
            "data" => json!({"instance_id": "shop-test-postgres"}),
            "cache" => json!({
                "nodes": 2,
                "node_1_id": "shop-test-redis-001",
                "node_2_id": "shop-test-redis-002",
            }),
            "edge" => json!({
                "alb_arn_suffix": "app/shop-test-alb/0123456789abcdef",
                "target_group_arn_suffix": "targetgroup/shop-test-api-abcdef/0123456789abcdef",
            }),
            "ecs" => json!({
                "cluster_name": "shop-test-cluster",
                "service_name": "shop-test-api",
                "log_group_name": "/ecs/shop-test-api",
                "min_tasks": 2,
                "container_insights": true,
            }),
            other => panic!("{other} is not watched"),
        };
        self.give(slice, &outputs);
    }

    /// Removes the outputs of a slice, as a destroy does.
    pub fn unwatched(&self, slice: &str) {
        self.give(slice, &json!({}));
    }

    /// The mail that SNS has sent to an address, oldest first.
    pub fn mail(&self, to: &str) -> Vec<Value> {
        let box_of = self.aws_local("/aws-local/mail", &json!({"to": to}));
        serde_json::from_str(&box_of.body).unwrap()
    }

    /// Creates a database instance outside of the programs, in the default network.
    pub fn db_instance(&self, name: &str) {
        let iam = ("iam", "2010-05-08");
        let service = [("AWSServiceName", "rds.amazonaws.com")];
        self.try_query(iam, "CreateServiceLinkedRole", &service);
        let instance = [
            ("DBInstanceIdentifier", name),
            ("Engine", "postgres"),
            ("DBInstanceClass", "db.t4g.micro"),
            ("AllocatedStorage", "20"),
            ("StorageType", "gp3"),
            ("MasterUsername", "app"),
            ("MasterUserPassword", "correct-horse-battery"),
        ];
        self.query(crate::RDS, "CreateDBInstance", &instance);
    }

    /// A mail address of this test alone.
    pub fn address(&self) -> String {
        format!("ops@t{}.example.com", self.account)
    }
}
