//! A network for tests of the slices that need one, created without rd-net in a tenth of the time, with the same
//! outputs.

use crate::world::World;
use serde_json::{Value, json};

/// The first lines of the settings of these tests, which name the stack.
pub const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

impl World {
    /// Creates a VPC with two zones, an internet gateway and security groups, and a state of rd-net with their ids.
    pub fn network(&self) {
        let vpc = self.made("CreateVpc", &[("CidrBlock", "10.0.0.0/16")], "vpcId");
        let gateway = self.made("CreateInternetGateway", &[], "internetGatewayId");
        let attach = [("VpcId", vpc.as_str()), ("InternetGatewayId", &gateway)];
        self.ec2("AttachInternetGateway", &attach);
        let subnet = |block: &str, zone: &str| {
            let parameters = [
                ("VpcId", vpc.as_str()),
                ("CidrBlock", block),
                ("AvailabilityZone", zone),
            ];
            self.made("CreateSubnet", &parameters, "subnetId")
        };
        let public = [
            subnet("10.0.0.0/24", "us-east-1a"),
            subnet("10.0.1.0/24", "us-east-1b"),
        ];
        let private = [
            subnet("10.0.16.0/20", "us-east-1a"),
            subnet("10.0.32.0/20", "us-east-1b"),
        ];
        let group = |name: &str| {
            let parameters = [
                ("VpcId", vpc.as_str()),
                ("GroupName", name),
                ("GroupDescription", name),
            ];
            self.made("CreateSecurityGroup", &parameters, "groupId")
        };
        let outputs = json!({
            "vpc_id": vpc,
            "vpc_cidr": "10.0.0.0/16",
            "internet_gateway_id": gateway,
            "public_subnet_ids": public,
            "private_subnet_ids": private,
            "nat_gateway_zones": [],
            "alb_security_group_id": group("alb"),
            "api_security_group_id": group("api"),
            "db_security_group_id": group("db"),
            "redis_security_group_id": group("redis"),
            "app_port": 3001,
        });
        self.give("net", &outputs);
    }

    /// Writes the state of a slice with these outputs and no resources.
    pub fn give(&self, slice: &str, outputs: &Value) {
        let document = json!({
            "format": "rd-state/1",
            "lineage": "00000000-0000-4000-8000-000000000000",
            "serial": 1,
            "stack": "shop-test",
            "region": crate::world::REGION,
            "account": self.account,
            "slice": slice,
            "run": "test",
            "command": "apply",
            "written": "2026-01-01T00:00:00Z",
            "tool_version": "0.1.0",
            "protect": false,
            "resources": {},
            "outputs": outputs,
        });
        let file = self.state_file("shop/test", slice);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, document.to_string()).unwrap();
    }

    fn made(&self, action: &str, parameters: &[(&str, &str)], tag: &str) -> String {
        self.ec2(action, parameters).tag(tag).unwrap().to_owned()
    }

    /// The value of an output in a slice's state.
    pub fn output(&self, slice: &str, name: &str) -> Value {
        let text = std::fs::read_to_string(self.state_file("shop/test", slice)).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        document["outputs"][name].clone()
    }

    /// Changes an output in a slice's state.
    pub fn set_output(&self, slice: &str, name: &str, value: impl Into<Value>) {
        let file = self.state_file("shop/test", slice);
        let text = std::fs::read_to_string(&file).unwrap();
        let mut document: Value = serde_json::from_str(&text).unwrap();
        document["outputs"][name] = value.into();
        std::fs::write(file, document.to_string()).unwrap();
    }

    /// The id of the resource at an address in a slice's state.
    pub fn id(&self, address: &str) -> String {
        let slice = address.split('.').next().unwrap();
        let text = std::fs::read_to_string(self.state_file("shop/test", slice)).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        document["resources"][address]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}
