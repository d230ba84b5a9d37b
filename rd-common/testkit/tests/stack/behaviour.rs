//! docs/aws-behaviour.md: the tests that it names exist, whichever crate has them, and no call is missing.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::World;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The text of all sources below a folder.
fn texts(folder: &Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_source = path
            .extension()
            .is_some_and(|end| end == "rs" || end == "py");
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            all += &texts(&path);
        } else if is_source {
            all += &std::fs::read_to_string(&path).unwrap();
        }
    }
    all
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page() -> String {
    std::fs::read_to_string(root().join("docs/aws-behaviour.md")).unwrap()
}

/// Fails unless the sources have each test that a part of the page names. Returns their number.
fn assert_tests_exist(part: &str, sources: &str) -> usize {
    let rows = part.lines().filter(|line| line.starts_with("| "));
    let names = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    let is_test = |name: &&str| {
        let is_name = |b: u8| b == b'_' || b.is_ascii_lowercase() || b.is_ascii_digit();
        name.matches('_').count() > 2 && name.bytes().all(is_name)
    };
    let mut count = 0;
    for name in names.filter(is_test) {
        count += 1;
        let defined = [format!("fn {name}("), format!("def {name}(")];
        let is_defined = defined.iter().any(|text| sources.contains(text));
        assert!(is_defined, "there is no test {name}");
    }
    count
}

#[test]
fn the_tests_that_the_page_names_exist() {
    let count = assert_tests_exist(&page(), &texts(&root()));
    assert!(count > 100, "{count}");
}

#[test]
fn the_tests_of_the_state_store_are_where_it_is() {
    let page = page();
    let (_, section) = page.split_once("\n## State store\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let folders = [
        "rd-common/src",
        "rd-common/testkit/tests",
        "rd-state/tests",
        "scripts/aws_local/tests",
    ];
    let sources = folders.map(|folder| texts(&root().join(folder))).concat();
    let count = assert_tests_exist(section, &sources);
    assert!(count > 50, "{count}");
}

/// How the page writes the services' names in the SDK.
const SERVICES: [(&str, &str); 20] = [
    ("ACM", "acm"),
    ("Budgets", "budgets"),
    ("chatbot", "chatbot"),
    ("CloudWatch", "cloudwatch"),
    ("CloudWatch Logs", "logs"),
    ("Cost Explorer", "ce"),
    ("EC2", "ec2"),
    ("ECR", "ecr"),
    ("ElastiCache", "elasticache"),
    ("Elastic Load Balancing v2", "elbv2"),
    ("IAM", "iam"),
    ("Pricing", "pricing"),
    ("RDS", "rds"),
    ("Resource Groups Tagging API", "tag"),
    ("Route 53", "route53"),
    ("S3", "s3"),
    ("S3 Control", "s3control"),
    ("SNS", "sns"),
    ("STS", "sts"),
    ("Secrets Manager", "secretsmanager"),
];

/// The calls in the tables "Calls" of the page, such as `ec2:CreateVpc`.
fn calls_on_the_page(page: &str) -> BTreeSet<String> {
    let mut inside = false;
    let mut calls = BTreeSet::new();
    for line in page.lines() {
        if line.starts_with('#') {
            inside = line == "### Calls";
        }
        if inside
            && let Some(cell) = line
                .strip_prefix("| ")
                .and_then(|row| row.split('|').next())
        {
            calls.extend(cell.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    calls
}

/// Programs with debug assertions refuse to send a call that is not in their table of permissions, so that all that any
/// test sends is in it.
#[test]
fn each_call_of_the_slices_in_front_of_the_service_is_on_the_page() {
    let listed = calls_on_the_page(&page());
    let world = World::new("project = \"shop\"\nenvironment = \"test\"\n");
    let mut missing = BTreeSet::new();
    // The commands of rd-logs are the ones that call CloudWatch Logs.
    let programs = [
        ("rd-net", "apply"),
        ("rd-data", "apply"),
        ("rd-cache", "apply"),
        ("rd-store", "apply"),
        ("rd-edge", "apply"),
        ("rd-logs", "all"),
        ("rd-cost", "all"),
    ];
    for (program, command) in programs {
        let policy = format!("policy --for {command} --calls --account 123456789012");
        let calls = world.rd(program).args(&policy).ok().stdout;
        assert!(calls.lines().count() > 5, "{program}: {calls}");
        for line in calls.lines() {
            let call: Value = serde_json::from_str(line).unwrap();
            let service = call["service"].as_str().unwrap();
            let prefix = SERVICES.iter().find(|(name, _)| *name == service);
            let prefix = prefix.unwrap_or_else(|| panic!("the page has no name for {service}"));
            let call = format!("{}:{}", prefix.1, call["operation"].as_str().unwrap());
            if !listed.contains(&call) {
                missing.insert(call);
            }
        }
    }
    assert!(missing.is_empty(), "not on the page: {missing:?}");
}
