//! What users get wrong, and what the machine does to them: one clear error with what to do, a documented exit code,
//! nothing lost.

use rd_testkit::{Done, World};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\n";

/// One error that says all of `wanted` and what to do; no crash, nothing done.
fn one_error(done: &Done, wanted: &[&str]) {
    let errors = done
        .stderr
        .lines()
        .filter(|line| line.starts_with("error:"))
        .count();
    assert_eq!(errors, 1, "{}", done.stderr);
    for text in wanted {
        assert!(
            done.stderr.contains(text),
            "`{text}` is not in:\n{}",
            done.stderr
        );
    }
    assert!(
        done.stderr.contains("→"),
        "what is to be done? {}",
        done.stderr
    );
    assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
}

#[test]
fn settings() {
    let head = "project = \"shop\"\nenvironment = \"test\"\n";
    let cases: [(&str, &[&str]); 22] = [
        (
            "[state]\nbackend = \"s4\"\n",
            &["line 4", "`state.backend`", "`local`"],
        ),
        (
            "[state]\nbacked = \"local\"\n",
            &["line 4", "did you mean `backend`?"],
        ),
        (
            "[net]\nnatt = \"none\"\n",
            &["rd.toml, line 4", "`net.natt`", "did you mean `nat`?"],
        ),
        (
            "[nett]\nnat = \"none\"\n",
            &["line 3", "did you mean `net`?"],
        ),
        (
            "regoin = \"eu-west-1\"\n",
            &["line 3", "did you mean `region`?"],
        ),
        (
            "[net]\nnat = \"two\"\n",
            &["line 4", "`net.nat`", "single", "per-az", "none"],
        ),
        ("[net]\nazs = \"many\"\n", &["line 4", "1 to 3"]),
        ("[net]\nazs = 0\n", &["line 4", "1 to 3"]),
        ("[net]\nazs = 4\n", &["line 4", "1 to 3"]),
        ("[net]\nazs = [\"eu-west-1a\"]\n", &["line 4", "us-east-1a"]),
        (
            "[net]\nflow_logs = \"yes\"\n",
            &["line 4", "`net.flow_logs`", "boolean"],
        ),
        ("[net]\ncidr = \"10.0.0.0\"\n", &["line 4", "10.0.0.0/16"]),
        (
            "[net]\ncidr = \"10.0.0.1/16\"\n",
            &["line 4", "10.0.0.0/16"],
        ),
        ("[net]\ncidr = \"10.0.0.0/8\"\n", &["line 4", "/16 to /28"]),
        ("[net]\ncidr = \"10.0.0.0/24\"\n", &["line 4", "too small"]),
        (
            "[net]\npublic_cidrs = [\"10.0.0.0/24\", \"10.0.0.0/25\"]\nprivate_cidrs = [\"10.0.16.0/20\", \"10.0.32.0/20\"]\n",
            &["overlap"],
        ),
        (
            "[net]\npublic_cidrs = [\"10.1.0.0/24\", \"10.1.1.0/24\"]\n",
            &["10.1.0.0/24", "10.0.0.0/16"],
        ),
        ("[net]\napp_port = 70000\n", &["line 4", "`net.app_port`"]),
        ("[net]\nflow_logs_retention_days = 42\n", &["line 4", "30"]),
        (
            "[net]\nendpoints = [\"s3\"]\n",
            &["line 4", "gateway endpoint"],
        ),
        ("[net\n", &["line 3", "[net"]),
        ("region = \"mars\"\n", &["`mars` is not an AWS region"]),
    ];
    for (text, wanted) in cases {
        let world = World::new(&format!("{head}{text}"));
        // No call is made for any of them: nothing listens there.
        let done = world
            .rd("rd-net")
            .args("plan --offline")
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
            .code(2);
        one_error(&done, wanted);
    }
    let others: [(&str, &str, &[&str]); 23] = [
        (
            "rd-store",
            "[store]\nbucket = \"No_Good\"\n",
            &["line 4", "3 to 63"],
        ),
        (
            "rd-store",
            "[store]\nstandard_ia_days = 7\n",
            &["line 4", "30"],
        ),
        (
            "rd-store",
            "[store]\ncors_methods = [\"PATCH\"]\n",
            &["line 4", "GET, PUT"],
        ),
        (
            "rd-data",
            "[data]\ninstance_class = \"t4g.medium\"\n",
            &["line 4", "db.t4g.medium"],
        ),
        ("rd-data", "[data]\nengine_version = 17\n", &["line 4"]),
        (
            "rd-data",
            "[data]\nbackup_retention_days = 99\n",
            &["line 4", "35"],
        ),
        (
            "rd-data",
            "[data]\nmaintenance_window = \"sun:03:30-sun:04:30\"\n",
            &["line 4", "overlaps"],
        ),
        (
            "rd-data",
            "[data]\nstorage = 20\n",
            &["line 4", "data.storage"],
        ),
        ("rd-cache", "[cache]\nnodes = 0\n", &["line 4", "1 to 6"]),
        (
            "rd-cache",
            "[cache]\nengine = \"memcached\"\n",
            &["line 4", "redis", "valkey"],
        ),
        (
            "rd-cache",
            "[cache]\nengine_version = \"5.0\"\n",
            &["line 4", "7.1"],
        ),
        (
            "rd-edge",
            "[edge]\nssl_policy = \"ELBSecurityPolicy-2016-08\"\n",
            &["line 4", "TLS13"],
        ),
        (
            "rd-edge",
            "[edge]\nhealth_path = \"health\"\n",
            &["line 4", "`/`"],
        ),
        (
            "rd-edge",
            "[edge]\nnames = [\"api.example.com\"]\n",
            &["line 4", "`domain`"],
        ),
        (
            "rd-edge",
            "[edge]\ncertificate_arn = \"mine\"\n",
            &["line 4", "arn:aws:acm"],
        ),
        (
            "rd-logs",
            "[logs]\nalert_email = \"ops\"\n",
            &["line 4", "ops@example.com"],
        ),
        (
            "rd-logs",
            "[logs]\nalb_5xx = true\n",
            &["line 4", "`logs.alb_5xx`", "a number, or false"],
        ),
        (
            "rd-logs",
            "[logs]\ndb_cpu_percent = 100\n",
            &["line 4", "99.9"],
        ),
        (
            "rd-logs",
            "[logs]\nkms_key = \"alias/aws/sns\"\n",
            &["line 4", "cloudwatch.amazonaws.com"],
        ),
        ("rd-logs", "[logs]\ncpu = 90\n", &["line 4", "logs.cpu"]),
        (
            "rd-cost",
            "[cost]\npreset = \"mid\"\n",
            &["line 4", "`cost.preset`", "typical"],
        ),
        (
            "rd-cost",
            "[cost.usage]\nnat = 5\n",
            &["line 4", "cost.usage.nat"],
        ),
        (
            "rd-cost",
            "[cost.usage]\nnat_gb = -5\n",
            &["line 4", "not negative"],
        ),
    ];
    for (program, text, wanted) in others {
        let world = World::new(&format!("{head}{text}"));
        let command = match program {
            "rd-cost" => "estimate",
            _ => "plan --offline",
        };
        let done = world
            .rd(program)
            .args(command)
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
            .code(2);
        one_error(&done, wanted);
    }
}

#[test]
fn settings_from_elsewhere() {
    let world = World::new(SETTINGS);
    let rd = || world.rd("rd-net").args("plan --offline");
    one_error(
        &rd().args("--set net.nat=two").code(2),
        &["--set net.nat", "per-az"],
    );
    one_error(&rd().args("--set nat").code(2), &["--set"]);
    one_error(
        &rd().args("--set net.app_port=\"3001\"").code(2),
        &["--set net.app_port", "u16"],
    );
    one_error(
        &rd().args("--set store.versioning=false").code(2),
        &["does not read `store`"],
    );
    one_error(
        &rd().env("RD_NET_NAT", "two").code(2),
        &["RD_NET_NAT", "per-az"],
    );
    one_error(
        &rd().env("RD_NET_NATT", "none").code(2),
        &["RD_NET_NATT", "did you mean `nat`?"],
    );
    one_error(
        &rd().args("--config nothing.toml").code(2),
        &["nothing.toml"],
    );
    std::fs::remove_file(world.path().join("rd.toml")).unwrap();
    one_error(&rd().code(2), &["no rd.toml", "rd-state init"]);
    // Flags beat variables, which beat the environment's table, which beats the base.
    world.settings("project = \"shop\"\n[net]\nazs = 1\n[environments.test.net]\nazs = 2\n");
    let azs = |done: &Done| done.output("availability_zones").as_array().unwrap().len();
    assert_eq!(azs(&rd().ok()), 1);
    assert_eq!(azs(&rd().args("-e test").ok()), 2);
    assert_eq!(azs(&rd().args("-e test").env("RD_NET_AZS", "3").ok()), 3);
    assert_eq!(
        azs(&rd()
            .args("-e test --set net.azs=1")
            .env("RD_NET_AZS", "3")
            .ok()),
        1
    );
}

/// What a plan creates the database with, and its parameter group.
#[expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]
fn database(world: &World, set: &[&str], variables: &[(&str, &str)]) -> (String, String) {
    let mut rd = world.rd("rd-data").args("plan --offline");
    for assignment in set {
        rd = rd.arg("--set").arg(assignment);
    }
    for (name, value) in variables {
        rd = rd.env(name, value);
    }
    let plan = rd.ok();
    let field = |address: &str, name: &str| {
        let changes = plan.of_type("change");
        let change = changes
            .iter()
            .find(|one| one["address"] == address)
            .unwrap();
        let fields = change["fields"].as_array().unwrap();
        let field = fields.iter().find(|field| field["path"] == name).unwrap();
        field["after"].to_string()
    };
    (
        field("data.db_instance.postgres", "engine_version"),
        field("data.db_parameter_group.main", "parameters"),
    )
}

#[test]
fn flags_and_variables_are_read_by_the_type_of_their_key() {
    let world = World::new("project = \"shop\"\nenvironment = \"test\"\n");
    let (version, parameters) = database(
        &world,
        &[
            "data.engine_version=17.10",
            "data.parameters.\"rds.force_ssl\"=0",
            "data.parameters.application_name=\"hi\" # there",
            "data.parameters.log_line_prefix=%m\n= 1",
        ],
        &[],
    );
    assert_eq!(version, "\"17.10\"");
    for part in [
        r#""rds.force_ssl":"0""#,
        r#""application_name":"\"hi\" # there""#,
        r#""log_line_prefix":"%m\n= 1""#,
    ] {
        assert!(parameters.contains(part), "{part}: {parameters}");
    }
    let (version, parameters) = database(
        &world,
        // A shell takes the quotes away.
        &["data.parameters.rds.force_ssl=0"],
        &[
            ("RD_DATA_ENGINE_VERSION", "17.10"),
            ("RD_DATA_PARAMETERS", "{ work_mem = 8192 }"),
        ],
    );
    assert_eq!(version, "\"17.10\"");
    for part in [r#""rds.force_ssl":"0""#, r#""work_mem":"8192""#] {
        assert!(parameters.contains(part), "{part}: {parameters}");
    }
    for (program, set, expected) in [
        ("rd-cache", "cache.engine_version=7.0", r#""after":"7.0""#),
        (
            "rd-cache",
            "cache.parameters.maxmemory-policy=7.10",
            r#""maxmemory-policy":"7.10""#,
        ),
        ("rd-net", "net.azs=[\"us-east-1c\"]", "us-east-1c"),
        ("rd-net", "project=p17", "p17-test"),
    ] {
        let plan = world.rd(program).args("plan --offline --set").arg(set).ok();
        assert!(plan.stdout.contains(expected), "{set}: {}", plan.stdout);
    }
}

#[test]
fn unknown_tables() {
    let head = "project = \"shop\"\nenvironment = \"test\"\n";
    for (program, text, expected) in [
        (
            "rd-data",
            "[databse]\nmulti_az = true\n",
            &["line 3", "`databse`: unknown table", "did you mean `data`?"][..],
        ),
        // Whichever program reads it, and whichever environment it is for.
        (
            "rd-net",
            "[databse]\nmulti_az = true\n",
            &["line 3", "`databse`: unknown table", "did you mean `data`?"],
        ),
        (
            "rd-state",
            "[environments.staging.logss]\nalb_5xx = 1\n",
            &[
                "line 3",
                "`environments.staging.logss`",
                "did you mean `logs`?",
            ],
        ),
    ] {
        let world = World::new(&format!("{head}{text}"));
        let command = match program {
            "rd-state" => "list",
            _ => "plan --offline",
        };
        one_error(&world.rd(program).args(command).code(2), expected);
    }
}

#[test]
fn an_environment_must_be_known() {
    let world = World::new(&format!("{SETTINGS}[environments.staging.net]\nazs = 2\n"));
    let rd = |line: &str| world.rd("rd-net").args(line);
    let unknown = [
        "no environment `stagingg`",
        "did you mean `staging`?",
        "known: staging, test",
        "--new-environment",
    ];
    for command in [
        "plan",
        "plan --offline",
        "apply -y",
        "destroy -y",
        "status",
        "output",
    ] {
        one_error(&rd(command).args("-e stagingg").code(2), &unknown);
        one_error(
            &rd(command).env("RD_ENVIRONMENT", "stagingg").code(2),
            &unknown,
        );
    }
    one_error(
        &world.rd("rd-state").args("list -e stagingg").code(2),
        &unknown,
    );
    assert!(!world.path().join(".rd").exists(), "nothing was applied");
    rd("plan --offline").ok();
    rd("plan --offline -e test").ok();
    rd("plan --offline -e staging").ok();
    rd("plan --offline -e qa --new-environment").ok();
    rd("plan --offline -e qa")
        .env("RD_NEW_ENVIRONMENT", "1")
        .ok();
    one_error(
        &rd("plan --offline -e qa")
            .env("RD_NEW_ENVIRONMENT", "0")
            .code(2),
        &["`qa`"],
    );
    // Once it has a state, it is known.
    world
        .rd("rd-store")
        .args("apply -y -e qa --new-environment")
        .ok();
    rd("plan --offline -e qa").ok();
    world.rd("rd-state").args("list -e qa").ok();
    one_error(
        &rd("plan --offline -e qaa").code(2),
        &["did you mean `qa`?", "known: qa, staging, test"],
    );
}

#[test]
fn usage() {
    let world = World::new(SETTINGS);
    for line in [
        "",
        "plann",
        "plan --exitcode",
        "apply --parallelism 0",
        "apply --lock-timeout soon",
        "plan --format xml",
    ] {
        let done = world.rd("rd-net").args(line).code(2);
        assert!(!done.stderr.is_empty() && done.stdout.is_empty(), "{line}");
    }
}

#[test]
fn no_access() {
    let world = World::new(SETTINGS);
    let bare = || {
        world
            .rd("rd-net")
            .args("plan")
            .without("AWS_ACCESS_KEY_ID")
            .without("AWS_SECRET_ACCESS_KEY")
            .without("AWS_SESSION_TOKEN")
    };
    one_error(
        &bare().code(1),
        &[
            "no AWS credentials were found",
            "aws sso login",
            "--offline",
        ],
    );
    one_error(
        &bare().args("--profile nobody").code(2),
        &["--profile", "`nobody`", "there are no profiles"],
    );
    one_error(
        &bare().env("AWS_PROFILE", "nobody").code(2),
        &["AWS_PROFILE", "`nobody`"],
    );
    one_error(
        &bare().without("AWS_REGION").code(2),
        &["no AWS region is set", "--region"],
    );
    let done = world
        .rd("rd-net")
        .args("plan")
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .code(1);
    one_error(&done, &["could not be reached", "AWS_ENDPOINT_URL"]);
    assert_eq!(done.end()["status"], "failed");
    assert!(!done.stderr.contains("caused by"), "{}", done.stderr);
    let verbose = world
        .rd("rd-net")
        .args("plan -v")
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .code(1);
    let causes: Vec<&str> = verbose
        .stderr
        .lines()
        .filter(|line| line.trim_start().starts_with("caused by: "))
        .collect();
    assert!(
        causes.iter().any(|cause| cause.contains("connect")),
        "{}",
        verbose.stderr
    );
    // The records are the same with and without -v.
    let diagnostic = |done: &Done| done.of_type("diagnostic");
    assert_eq!(diagnostic(&verbose), diagnostic(&done));
}

/// As with the AWS CLI: `--profile` wins over access keys in the environment, and they win over `AWS_PROFILE`.
#[test]
fn a_profile_wins_over_keys_in_the_environment() {
    let world = World::new(SETTINGS);
    let other = World::new("");
    let keys = |world: &World| -> Vec<String> {
        let of = |name: &str| {
            let variables = world.environment();
            variables
                .into_iter()
                .find(|(key, _)| key == name)
                .unwrap()
                .1
        };
        [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
        ]
        .map(of)
        .to_vec()
    };
    let [id, secret, token] = &keys(&other)[..] else {
        unreachable!("three of them")
    };
    std::fs::create_dir(world.path().join(".aws")).unwrap();
    std::fs::write(
        world.path().join(".aws/credentials"),
        format!(
            "[other]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\naws_session_token = {token}\n"
        ),
    )
    .unwrap();
    std::fs::write(
        world.path().join(".aws/config"),
        "[profile empty]\nregion = eu-west-1\n",
    )
    .unwrap();
    let account = |rd: rd_testkit::Rd| rd.ok().of_type("begin")[0]["account"].clone();
    let status = || world.rd("rd-net").args("status");
    assert_eq!(account(status()), world.account);
    assert_eq!(account(status().args("--profile other")), other.account);
    assert_eq!(account(status().env("AWS_PROFILE", "other")), world.account);
    one_error(
        &status().args("--profile othr").code(2),
        &["`othr`", "did you mean `other`?", "known: empty, other"],
    );
    one_error(
        &status().env("AWS_PROFILE", "othr").code(2),
        &["AWS_PROFILE", "did you mean `other`?"],
    );
    // The keys in the environment are not those of the profile.
    one_error(
        &status().args("--profile empty").code(1),
        &["no AWS credentials were found for the profile `empty`"],
    );
    // Only programs that ask AWS need it.
    world
        .rd("rd-net")
        .args("plan --offline")
        .env("AWS_PROFILE", "othr")
        .ok();
}

#[test]
fn another_region_or_account_is_another_stack() {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    let before = std::fs::read(world.state_file("shop/test", "net")).unwrap();
    let region = world
        .rd("rd-net")
        .args("apply -y --region eu-west-1")
        .code(6);
    one_error(
        &region,
        &["belongs to region us-east-1", "works on region eu-west-1"],
    );
    let other = World::new("");
    let mut rd = world.rd("rd-net").args("apply -y");
    for (name, value) in other.environment() {
        rd = rd.env(&name, &value);
    }
    one_error(
        &rd.code(6),
        &["belongs to account", &world.account, &other.account],
    );
    assert_eq!(
        std::fs::read(world.state_file("shop/test", "net")).unwrap(),
        before
    );
}

#[test]
fn a_state_that_cannot_be_read_is_left_as_it_is() {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    let file = world.state_file("shop/test", "net");
    let good = std::fs::read_to_string(&file).unwrap();
    let cases = [
        (
            "truncated",
            good[..good.len() / 2].to_owned(),
            "cannot be read",
        ),
        ("empty", String::new(), "cannot be read"),
        (
            "corrupt",
            good.replace("\"resources\"", "\"resources"),
            "cannot be read",
        ),
        (
            "Terraform's",
            "{\"version\": 4, \"terraform_version\": \"1.11.4\"}".to_owned(),
            "no `format`",
        ),
        (
            "newer",
            good.replace("rd-state/1", "rd-state/2"),
            "rd-state/2",
        ),
        (
            "of another stack",
            good.replace("\"shop-test\"", "\"shop-production\""),
            "stack shop-production",
        ),
    ];
    for (name, text, wanted) in cases {
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, &text).unwrap();
        for verb in ["plan", "apply -y", "destroy -y", "status"] {
            let done = world.rd("rd-net").args(verb).run();
            assert!(
                [1, 6].contains(&done.code),
                "{name}: {verb}: {}",
                done.stderr
            );
            one_error(&done, &[wanted]);
        }
        assert_eq!(
            std::fs::read_to_string(&file).unwrap(),
            text,
            "{name}: it was written over"
        );
    }
    // As the error says: the history is still there, and the newest good version brings it back.
    std::fs::write(&file, "{").unwrap();
    let history = world.rd("rd-state").args("history net").ok();
    let newest: serde_json::Value =
        serde_json::from_str(history.stdout.lines().next().unwrap()).unwrap();
    let pulled = world
        .rd("rd-state")
        .args(&format!("pull net --serial {}", newest["serial"]))
        .ok();
    std::fs::write(&file, pulled.stdout).unwrap();
    assert_eq!(world.rd("rd-net").args("plan").ok().actions(), [""; 0]);
}

/// Runs a line with `disk` mounted as `options` say, in a mount namespace of its own. None where this machine has
/// no such namespaces for us.
fn on_a_disk(world: &World, options: &str, line: &str) -> Option<Done> {
    let possible = world.rd("rd-net").shell("unshare -rm true").run().code == 0;
    let script = format!("mkdir -p disk && mount -t tmpfs -o {options} none disk && {line}");
    possible.then(|| {
        world
            .rd("rd-net")
            .shell(&format!("unshare -rm bash -c '{script}'"))
            .run()
    })
}

#[test]
fn a_folder_that_cannot_be_written() {
    let world = World::new(SETTINGS);
    let Some(done) = on_a_disk(&world, "ro", "rd-net apply -y --state-dir disk") else {
        return;
    };
    assert_eq!(done.code, 1, "{}", done.stderr);
    one_error(&done, &["disk/shop", "--state-dir"]);
    let vpcs = world.ec2(
        "DescribeVpcs",
        &[
            ("Filter.1.Name", "tag:ManagedBy"),
            ("Filter.1.Value.1", "rd"),
        ],
    );
    assert!(
        !vpcs.body.contains("<vpcId>"),
        "nothing is made that cannot be recorded"
    );
}

#[test]
fn a_disk_that_fills_up() {
    let world = World::new(SETTINGS);
    let line = "rd-net apply -y --state-dir disk; code=$?; rm -r disk/shop/test/history; rd-net apply -y --state-dir disk \
                >/dev/null; echo again $?; exit $code";
    let Some(done) = on_a_disk(&world, "size=128k", line) else {
        return;
    };
    assert_eq!(done.code, 1, "{}", done.stderr);
    assert!(done.stderr.contains("free some space"), "{}", done.stderr);
    assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
    assert!(done.stdout.contains("again"), "{}", done.stdout);
    // What was made before the disk was full is found again: one of everything, and nothing left behind.
    world.rd("rd-net").args("apply -y").ok();
    assert_eq!(world.rd("rd-net").args("plan").ok().actions(), [""; 0]);
    for call in ["DescribeVpcs", "DescribeNatGateways", "DescribeAddresses"] {
        let all = world.ec2(
            call,
            &[
                ("Filter.1.Name", "tag:ManagedBy"),
                ("Filter.1.Value.1", "rd"),
            ],
        );
        assert_eq!(
            all.body.matches("rd:address").count(),
            1,
            "{call}: {}",
            all.body
        );
    }
}
