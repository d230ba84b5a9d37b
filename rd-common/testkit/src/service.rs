//! Everything that a service needs, created without the other slices' programs but with their outputs, and images for
//! it.

use crate::network::SETTINGS;
use crate::world::{ELB, World};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The repository that the images of these tests are pushed to.
pub const REPOSITORY: &str = "shop-test-api";

impl World {
    /// Creates a network, a load balancer, two secrets and a bucket, with the states of their slices. `keys` are the
    /// settings in `[ecs]`.
    pub fn service(&self, keys: &str) {
        self.network();
        self.front_door();
        for slice in ["data", "cache"] {
            let secret = json!({
                "Name": format!("shop/test/{slice}"),
                "SecretString": json!({"url": format!("{slice}://user:planted-{slice}@host")}).to_string(),
            });
            let made = self.json("secretsmanager.CreateSecret", &secret);
            self.give(slice, &json!({"secret_arn": made["ARN"]}));
        }
        let bucket = format!("shop-test-sessions-{}", self.account);
        assert_eq!(self.s3("PUT", &format!("/{bucket}"), "").status, 200);
        let arn = format!("arn:aws:s3:::{bucket}");
        self.give("store", &json!({"bucket_name": bucket, "bucket_arn": arn}));
        self.ecs_settings(keys);
    }

    /// Replaces the settings in `[ecs]`.
    pub fn ecs_settings(&self, keys: &str) {
        self.settings(&format!("{SETTINGS}[ecs]\n{keys}\n"));
    }

    fn front_door(&self) {
        let net = |name: &str| self.output("net", name);
        let text = |value: Value| value.as_str().unwrap().to_owned();
        let subnets = net("public_subnet_ids");
        let balancer = self.query(
            ELB,
            "CreateLoadBalancer",
            &[
                ("Name", "shop-test-alb"),
                ("Subnets.member.1", subnets[0].as_str().unwrap()),
                ("Subnets.member.2", subnets[1].as_str().unwrap()),
                (
                    "SecurityGroups.member.1",
                    &text(net("alb_security_group_id")),
                ),
            ],
        );
        let balancer = balancer.tag("LoadBalancerArn").unwrap().to_owned();
        let group = self.query(
            ELB,
            "CreateTargetGroup",
            &[
                ("Name", "shop-test-api"),
                ("Protocol", "HTTP"),
                ("Port", "3001"),
                ("VpcId", &text(net("vpc_id"))),
                ("TargetType", "ip"),
                ("HealthCheckPath", "/health"),
            ],
        );
        let group = group.tag("TargetGroupArn").unwrap().to_owned();
        self.query(
            ELB,
            "CreateListener",
            &[
                ("LoadBalancerArn", &balancer),
                ("Port", "80"),
                ("Protocol", "HTTP"),
                ("DefaultActions.member.1.Type", "forward"),
                ("DefaultActions.member.1.TargetGroupArn", &group),
            ],
        );
        let outputs =
            json!({"alb_arn": balancer, "target_group_arn": group, "url": "http://shop-test-alb"});
        self.give("edge", &outputs);
    }

    /// Calls an operation of ECS outside of the programs.
    pub fn ecs(&self, operation: &str, input: &Value) -> Value {
        let target = format!("AmazonEC2ContainerServiceV20141113.{operation}");
        self.json(&target, input)
    }

    /// The service, as ECS describes it.
    pub fn live_service(&self) -> Value {
        let input =
            json!({"cluster": "shop-test-cluster", "services": [REPOSITORY], "include": ["TAGS"]});
        self.ecs("DescribeServices", &input)["services"][0].clone()
    }

    /// The image in the task definition that the service runs.
    pub fn live_image(&self) -> String {
        let input = json!({"taskDefinition": self.live_service()["taskDefinition"]});
        let described = self.ecs("DescribeTaskDefinition", &input);
        let containers = &described["taskDefinition"]["containerDefinitions"];
        containers[0]["image"].as_str().unwrap().to_owned()
    }

    /// Pushes an image with one layer for `architecture` (`arm64`, `amd64`) under a tag. Returns its digest.
    pub fn image(&self, tag: &str, architecture: &str) -> String {
        self.image_with_labels(tag, architecture, &json!({"tag": tag}))
    }

    /// The same with these labels.
    pub fn image_with_labels(&self, tag: &str, architecture: &str, labels: &Value) -> String {
        let config = json!({
            "architecture": architecture, "os": "linux", "config": {"Labels": labels},
            "rootfs": {"type": "layers", "diff_ids": [digest(tag.as_bytes())]},
        });
        let config = config.to_string();
        let blob = |bytes: &[u8], kind: &str| json!({"mediaType": format!("application/vnd.oci.image.{kind}"), "digest": self.blob(bytes), "size": bytes.len()});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": blob(config.as_bytes(), "config.v1+json"),
            "layers": [blob(tag.as_bytes(), "layer.v1.tar")],
        });
        let manifest = manifest.to_string();
        let put = self.registry(
            "PUT",
            &format!("/v2/{REPOSITORY}/manifests/{tag}"),
            "application/vnd.oci.image.manifest.v1+json",
            manifest.as_bytes(),
        );
        assert_eq!(put.status, 201, "{}", put.body);
        digest(manifest.as_bytes())
    }

    fn blob(&self, bytes: &[u8]) -> String {
        let digest = digest(bytes);
        let kind = "application/octet-stream";
        let begun = self.registry(
            "POST",
            &format!("/v2/{REPOSITORY}/blobs/uploads/"),
            kind,
            b"",
        );
        let upload = begun.header("Docker-Upload-UUID");
        let path = format!("/v2/{REPOSITORY}/blobs/uploads/{upload}?digest={digest}");
        let put = self.registry("PUT", &path, kind, bytes);
        assert_eq!(put.status, 201, "{}", put.body);
        digest
    }
}

fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
