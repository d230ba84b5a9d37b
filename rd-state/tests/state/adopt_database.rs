//! `rd-state adopt` of databases and caches whose secret, parameter group and log groups are not as rd makes them: nothing
//! but tags changes, the next plan changes nothing, and what there is keeps its form.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::{Api, Done, ELASTICACHE, RDS, World};
use serde_json::{Value, json};

/// Settings of the stack that adopts.
pub const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\nregion = \"us-east-1\"\n";

/// A password in Terraform's state, and in AWS.
pub const PLANTED: &str = "planted0d41c8e7b2";

/// The name of everything that Terraform has made.
pub const NAME: &str = "legacy-live";

/// What is made, and Terraform's state of it.
pub struct Legacy<'a> {
    world: &'a World,
    resources: Vec<Value>,
}

impl<'a> Legacy<'a> {
    /// A network that rd has, and nothing else.
    pub fn new(world: &'a World) -> Self {
        world.network();
        Self::in_network(world)
    }

    /// In the network that the state of rd-net has.
    pub fn in_network(world: &'a World) -> Self {
        for service in ["rds.amazonaws.com", "elasticache.amazonaws.com"] {
            let iam: Api = ("iam", "2010-05-08");
            world.query(
                iam,
                "CreateServiceLinkedRole",
                &[("AWSServiceName", service)],
            );
        }
        Self {
            world,
            resources: Vec::new(),
        }
    }

    /// The output of the network: an id, or the first of a list.
    fn net(&self, name: &str) -> Vec<String> {
        let file = std::fs::read(self.world.state_file("shop/test", "net")).unwrap();
        let document: Value = serde_json::from_slice(&file).unwrap();
        match &document["outputs"][name] {
            Value::Array(all) => all
                .iter()
                .map(|one| one.as_str().unwrap().to_owned())
                .collect(),
            one => vec![one.as_str().unwrap().to_owned()],
        }
    }

    fn terraform(&mut self, kind: &str, attributes: &Value) {
        let provider = "provider[\"registry.terraform.io/hashicorp/aws\"]";
        self.resources.push(
            json!({"mode": "managed", "type": kind, "name": format!("main_{}", self.resources.len()), "provider": provider,
                                   "instances": [{"attributes": attributes}]}),
        );
    }

    /// A database with storage of the type gp2, which rd does not create, and the parameter group of AWS.
    pub fn database(&mut self, more: &[(&str, &str)]) {
        let subnets = self.net("private_subnet_ids");
        let group = [
            ("DBSubnetGroupName", NAME),
            ("DBSubnetGroupDescription", "made by hand"),
            ("SubnetIds.SubnetIdentifier.1", &subnets[0]),
            ("SubnetIds.SubnetIdentifier.2", &subnets[1]),
        ];
        self.world.query(RDS, "CreateDBSubnetGroup", &group);
        let security = self.net("db_security_group_id");
        let mut instance = vec![
            ("DBInstanceIdentifier", NAME),
            ("Engine", "postgres"),
            ("EngineVersion", "16"),
            ("DBInstanceClass", "db.t4g.large"),
            ("AllocatedStorage", "30"),
            ("StorageType", "gp2"),
            ("StorageEncrypted", "false"),
            ("DBName", "legacy"),
            ("MasterUsername", "postgres"),
            ("DBSubnetGroupName", NAME),
            (
                "VpcSecurityGroupIds.VpcSecurityGroupId.1",
                security[0].as_str(),
            ),
            ("BackupRetentionPeriod", "3"),
            ("PreferredBackupWindow", "01:00-02:00"),
            ("PreferredMaintenanceWindow", "tue:04:00-tue:05:00"),
            ("EnableCloudwatchLogsExports.member.1", "postgresql"),
            ("DeletionProtection", "true"),
            ("Tags.Tag.1.Key", "ManagedBy"),
            ("Tags.Tag.1.Value", "terraform"),
        ];
        instance.extend(more);
        self.world.query(RDS, "CreateDBInstance", &instance);
        self.ready(RDS, "DescribeDBInstances", "DBInstanceStatus");
        self.terraform("aws_db_subnet_group", &json!({"id": NAME, "name": NAME}));
        self.terraform("aws_db_instance", &json!({"id": "db-ABC", "identifier": NAME, "engine": "postgres", "engine_version": "16",
                   "instance_class": "db.t4g.large", "allocated_storage": 30, "storage_type": "gp2",
                   "db_name": "legacy", "username": "postgres", "db_subnet_group_name": NAME,
                   "parameter_group_name": "default.postgres16", "backup_retention_period": 3,
                   "backup_window": "01:00-02:00", "maintenance_window": "tue:04:00-tue:05:00",
                   "enabled_cloudwatch_logs_exports": ["postgresql"], "performance_insights_enabled": false,
                   "deletion_protection": true, "skip_final_snapshot": true, "password": PLANTED}),
        );
    }

    /// A cache with the parameter group of AWS.
    pub fn cache(&mut self) {
        let subnets = self.net("private_subnet_ids");
        let group = [
            ("CacheSubnetGroupName", NAME),
            ("CacheSubnetGroupDescription", "made by hand"),
            ("SubnetIds.SubnetIdentifier.1", subnets[0].as_str()),
        ];
        self.world
            .query(ELASTICACHE, "CreateCacheSubnetGroup", &group);
        let security = self.net("redis_security_group_id");
        let group = [
            ("ReplicationGroupId", NAME),
            ("ReplicationGroupDescription", "made by hand"),
            ("Engine", "valkey"),
            ("EngineVersion", "8.0"),
            ("CacheNodeType", "cache.t4g.small"),
            ("NumCacheClusters", "1"),
            ("CacheParameterGroupName", "default.valkey8"),
            ("CacheSubnetGroupName", NAME),
            ("SecurityGroupIds.SecurityGroupId.1", security[0].as_str()),
            ("TransitEncryptionEnabled", "true"),
            ("AtRestEncryptionEnabled", "true"),
            ("AuthToken", PLANTED),
            ("PreferredMaintenanceWindow", "tue:04:00-tue:05:00"),
        ];
        self.world
            .query(ELASTICACHE, "CreateReplicationGroup", &group);
        self.ready(ELASTICACHE, "DescribeReplicationGroups", "Status");
        self.terraform(
            "aws_elasticache_subnet_group",
            &json!({"id": NAME, "name": NAME}),
        );
        self.terraform("aws_elasticache_replication_group", &json!({"id": NAME, "replication_group_id": NAME, "engine": "valkey", "engine_version": "8.0",
                   "engine_version_actual": "8.0.1", "node_type": "cache.t4g.small", "num_cache_clusters": 1,
                   "subnet_group_name": NAME, "parameter_group_name": "default.valkey8", "auth_token": PLANTED,
                   "maintenance_window": "tue:04:00-tue:05:00", "snapshot_retention_limit": 0}),
        );
    }

    fn ready(&self, api: Api, call: &str, tag: &str) {
        for _ in 0..120 {
            let answer = self.world.query(api, call, &[]);
            if answer.tag(tag) == Some("available") {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        panic!("{call}: not available");
    }

    /// A secret with this value.
    pub fn secret(&mut self, name: &str, value: &str) {
        let secret = json!({"Name": name, "SecretString": value, "Description": "made by hand",
                           "Tags": [{"Key": "ManagedBy", "Value": "terraform"}]});
        let arn = self.world.json("secretsmanager.CreateSecret", &secret)["ARN"].clone();
        self.terraform(
            "aws_secretsmanager_secret",
            &json!({"id": arn, "arn": arn, "name": name, "kms_key_id": ""}),
        );
        self.terraform(
            "aws_secretsmanager_secret_version",
            &json!({"id": "x", "secret_id": arn, "secret_string": value}),
        );
    }

    fn value(&self, name: &str) -> String {
        let secret = json!({"SecretId": name});
        let answer = self.world.json("secretsmanager.GetSecretValue", &secret);
        answer["SecretString"].as_str().unwrap().to_owned()
    }

    pub fn host(&self) -> String {
        let answer = self.world.query(RDS, "DescribeDBInstances", &[]);
        answer.tag("Address").unwrap().to_owned()
    }

    /// Terraform's state of it.
    pub fn state(&self) -> String {
        json!({"version": 4, "serial": 3, "lineage": "x", "resources": self.resources, "outputs": {}}).to_string()
    }

    /// Adopts it, and returns what the next plan of `program` does.
    fn adopted(&self, program: &str) -> (Done, Vec<String>) {
        let adopt = || self.world.rd("rd-state").stdin(self.state());
        let dry = adopt().args("adopt - --dry-run").ok();
        for change in dry.of_type("change") {
            let fields = change["fields"].as_array().unwrap();
            let mut other = fields
                .iter()
                .filter(|one| !one["path"].as_str().unwrap().starts_with("tags."));
            assert!(
                change["action"] == "create" || other.next().is_none(),
                "{change}"
            );
        }
        let done = adopt().args("adopt - -y").ok();
        self.world.keeps(PLANTED, &[dry]);
        let plan = self.world.rd(program).args("plan").ok();
        self.world.keeps(PLANTED, std::slice::from_ref(&plan));
        (done, plan.actions())
    }
}

#[test]
fn a_database_keeps_a_plain_url_and_what_aws_has_made() {
    let world = World::new(SETTINGS);
    let mut legacy = Legacy::new(&world);
    legacy.database(&[("MasterUserPassword", PLANTED)]);
    // RDS has created it, without tags and retention.
    let group = format!("/aws/rds/instance/{NAME}/postgresql");
    let url = |password: &str, host: &str| {
        format!("postgres://postgres:{password}@{host}:5432/legacy?sslmode=verify-full")
    };
    let host = legacy.host();
    legacy.secret("legacy/database", &url(PLANTED, &host));
    let (done, plan) = legacy.adopted("rd-data");
    assert_eq!(plan, [""; 0], "{}", done.stderr);
    world.keeps(PLANTED, std::slice::from_ref(&done));
    assert!(done.stderr.contains("rd-data rotate"), "{}", done.stderr);
    assert_eq!(legacy.value("legacy/database"), url(PLANTED, &host));
    let id = |address: &str| world.id(address);
    assert_eq!(id("data.log_group.postgresql"), group);
    let state = std::fs::read(world.state_file("shop/test", "data")).unwrap();
    let state: Value = serde_json::from_slice(&state).unwrap();
    assert!(state["resources"]["data.db_parameter_group.main"].is_null());
    let spec = &state["resources"]["data.db_instance.postgres"]["spec"];
    assert_eq!(
        (
            &spec["storage_type"],
            &spec["identifier"],
            &spec["db_parameter_group"]
        ),
        (&json!("gp2"), &json!(NAME), &json!("default.postgres16"))
    );

    let rotated = world.rd("rd-data").args("rotate").ok();
    let value = legacy.value("legacy/database");
    let password = value.split([':', '@']).nth(2).unwrap();
    assert!(password.len() > 20 && password != PLANTED);
    assert_eq!(value, url(password, &host));
    world.keeps(password, &[rotated]);
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);

    let policy = world.rd("rd-data").args("policy --for apply").ok();
    for arn in [
        format!(":db:{NAME}\""),
        format!(":db:{NAME}-r*\""),
        format!(":subgrp:{NAME}\""),
        ":secret:legacy/database-??????\"".to_owned(),
        format!(":log-group:/aws/rds/instance/{NAME}*\""),
    ] {
        assert!(policy.stdout.contains(&arn), "{arn}: {}", policy.stdout);
    }

    // It grows as it is, and becomes gp3 when the settings say so.
    let settings = || std::fs::read_to_string(world.path().join("rd.toml")).unwrap();
    assert!(
        settings().contains("storage_type = \"gp2\""),
        "{}",
        settings()
    );
    let grow = "--set data.allocated_storage=40 --set data.max_allocated_storage=0";
    world.rd("rd-data").args("apply -y").args(grow).ok();
    let stored = |tag: &str| {
        let answer = world.query(RDS, "DescribeDBInstances", &[]);
        answer.tag(tag).unwrap_or_default().to_owned()
    };
    assert_eq!(
        (stored("AllocatedStorage"), stored("StorageType")),
        ("40".to_owned(), "gp2".to_owned())
    );

    // Terraform gets what exists, not what rd would make.
    world.rd("rd-state").args("export --terraform tf").ok();
    let tf = std::fs::read_to_string(world.path().join("tf/data.tf")).unwrap();
    for (name, value) in [
        ("storage_encrypted", "false"),
        ("storage_type", "\"gp2\""),
        ("\"rd:adopted\"", "\"terraform\""),
    ] {
        let mut lines = tf.lines().filter_map(|line| line.trim().split_once('='));
        assert!(
            lines.any(|(left, right)| (left.trim(), right.trim()) == (name, value)),
            "{name}: {tf}"
        );
    }

    let to_gp3 = format!("{grow} --set data.storage_type=gp3");
    let plan = world.rd("rd-data").args("plan").args(&to_gp3).ok();
    assert_eq!(plan.actions(), ["update data.db_instance.postgres"]);
    assert_eq!(plan.risks(), [""; 0]);

    // A parameter of the stack's own brings its group.
    let own = "--set data.allocated_storage=40 --set data.max_allocated_storage=0 --set data.parameters.work_mem=8192";
    let plan = world.rd("rd-data").args("plan").args(own).ok();
    assert_eq!(
        plan.actions(),
        [
            "create data.db_parameter_group.main",
            "update data.db_instance.postgres"
        ]
    );
    world.rd("rd-state").args("adopt --undo -y").ok();
    let tags = world.query(RDS, "DescribeDBInstances", &[]).body;
    assert!(
        tags.contains("terraform") && !tags.contains("rd:"),
        "{tags}"
    );
}

#[test]
fn a_password_that_rds_manages_stays_so() {
    let world = World::new(SETTINGS);
    let mut legacy = Legacy::new(&world);
    legacy.database(&[("ManageMasterUserPassword", "true")]);
    let described = world.query(RDS, "DescribeDBInstances", &[]);
    let arn = described.tag("SecretArn").unwrap().to_owned();
    let instance = legacy.resources.last_mut().unwrap();
    instance["instances"][0]["attributes"]["master_user_secret"] = json!([{"secret_arn": arn}]);
    let (done, plan) = legacy.adopted("rd-data");
    assert_eq!(plan, [""; 0], "{}", done.stderr);
    assert!(done.stderr.contains("RDS manages"), "{}", done.stderr);
    let output = world.rd("rd-data").args("output secret_arn").ok();
    assert_eq!(output.stdout.trim(), arn);
    let policy = world.rd("rd-data").args("policy --for connect").ok();
    assert!(policy.stdout.contains(&arn), "{}", policy.stdout);
    let logs = world.rd("rd-logs").args("policy --for tail").ok();
    let group = format!(":log-group:/aws/rds/instance/{NAME}/postgresql\"");
    assert!(logs.stdout.contains(&group), "{}", logs.stdout);
    let rotate = world.rd("rd-data").args("rotate").code(6);
    assert!(rotate.stderr.contains("rotate-secret"), "{}", rotate.stderr);
    world.rd("rd-data").args("apply -y").ok();
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn a_database_without_a_secret_keeps_its_password_until_it_is_rotated() {
    let world = World::new(SETTINGS);
    let mut legacy = Legacy::new(&world);
    legacy.database(&[("MasterUserPassword", PLANTED)]);
    let (done, plan) = legacy.adopted("rd-data");
    assert_eq!(
        plan,
        [
            "create data.secret.database",
            "create data.secret_version.database"
        ],
        "{}",
        done.stderr
    );
    assert!(
        done.stderr
            .contains("no secret has the database's password"),
        "{}",
        done.stderr
    );
    let applied = world.rd("rd-data").args("apply -y").ok();
    assert!(
        !applied
            .actions()
            .iter()
            .any(|one| one.starts_with("update")),
        "{}",
        applied.stdout
    );
    world.rd("rd-data").args("rotate").ok();
    let plan = || world.rd("rd-data").args("plan").ok().actions();
    assert_eq!(plan(), [""; 0]);
    // From then on, a secret that is created again gives the database its password.
    let arn = world.id("data.secret.database");
    let secret = json!({"SecretId": arn, "ForceDeleteWithoutRecovery": true});
    world.json("secretsmanager.DeleteSecret", &secret);
    let update = "update data.db_instance.postgres".to_owned();
    assert!(plan().contains(&update), "{:?}", plan());
}

#[test]
fn a_cache_keeps_a_plain_token_and_json_of_its_own() {
    for (value, after) in [
        (PLANTED.to_owned(), None),
        (
            json!({"REDIS_DB": 2, "token": PLANTED}).to_string(),
            Some("REDIS_DB"),
        ),
    ] {
        let world = World::new(SETTINGS);
        let mut legacy = Legacy::new(&world);
        legacy.cache();
        legacy.secret("legacy/redis", &value);
        let (done, plan) = legacy.adopted("rd-cache");
        assert_eq!(plan, [""; 0], "{}", done.stderr);
        world.keeps(PLANTED, std::slice::from_ref(&done));
        world.rd("rd-cache").args("rotate").ok();
        let now = legacy.value("legacy/redis");
        assert!(!now.contains(PLANTED), "{now}");
        match after {
            None => assert!(now.bytes().all(|b| b.is_ascii_alphanumeric()), "{now}"),
            Some(member) => {
                let now: Value = serde_json::from_str(&now).unwrap();
                assert!(
                    now[member] == 2 && now["url"].is_null() && now["host"].is_null(),
                    "{now}"
                );
            }
        }
        assert_eq!(world.rd("rd-cache").args("plan").ok().actions(), [""; 0]);
    }
}

/// A value of another tool: the password in a member of its own, and once more in a URL that points elsewhere.
pub fn foreign(member: &str, secret: &str) -> Value {
    json!({"DB_HOST": "db.internal", "DB_PORT": 5432, "FLAGS": ["a"], "API_KEY": "kept", member: secret,
           "READER_URL": format!("postgres://reader:{secret}@replica.internal:5432/legacy")})
}

/// Fails unless `now` is the value of [`foreign`] with another password, which it returns.
pub fn assert_only_rotated(now: &str, member: &str) -> String {
    let now: Value = serde_json::from_str(now).unwrap();
    let secret = now[member].as_str().unwrap().to_owned();
    assert!(secret.len() > 20 && secret != PLANTED);
    assert_eq!(now, foreign(member, &secret));
    secret
}

#[test]
fn a_password_in_a_member_of_another_name_is_rotated() {
    for (program, name, member, setting) in [
        (
            "rd-data",
            "legacy/database",
            "DB_PASS",
            "data.secret_member",
        ),
        (
            "rd-cache",
            "legacy/redis",
            "auth_token",
            "cache.secret_member",
        ),
    ] {
        let world = World::new(SETTINGS);
        let mut legacy = Legacy::new(&world);
        match program {
            "rd-data" => legacy.database(&[("MasterUserPassword", PLANTED)]),
            _ => legacy.cache(),
        }
        legacy.secret(name, &foreign(member, PLANTED).to_string());
        let (done, plan) = legacy.adopted(program);
        assert_eq!(plan, [""; 0], "{}", done.stderr);
        world.keeps(PLANTED, std::slice::from_ref(&done));
        let file = world.path().join("rd.toml");
        let settings = std::fs::read_to_string(&file).unwrap();
        let line = format!("secret_member = \"{member}\"");
        assert!(settings.contains(&line), "{settings}");

        // Nothing else says it, and no guess is made.
        let without = settings.replace(&line, "");
        std::fs::write(&file, &without).unwrap();
        let refused = world.rd(program).args("rotate").code(6);
        for told in [setting, member, "API_KEY", "nothing was changed"] {
            assert!(refused.stderr.contains(told), "{told}: {}", refused.stderr);
        }
        let wrong = format!("--set {setting}=DB_PASSWORD");
        let wrong = world.rd(program).args("rotate").args(&wrong).code(6);
        assert!(wrong.stderr.contains(setting), "{}", wrong.stderr);
        assert_eq!(legacy.value(name), foreign(member, PLANTED).to_string());
        world.keeps(PLANTED, &[refused, wrong]);

        std::fs::write(&file, &settings).unwrap();
        let rotated = world.rd(program).args("rotate").ok();
        let secret = assert_only_rotated(&legacy.value(name), member);
        let planned = world.rd(program).args("plan").ok();
        assert_eq!(planned.actions(), [""; 0]);
        world.keeps(&secret, &[rotated, planned]);
    }
}
