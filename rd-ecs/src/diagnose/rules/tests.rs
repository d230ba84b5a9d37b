use super::*;
use std::collections::BTreeSet;

fn all() -> impl Iterator<Item = &'static Rule> {
    let tables = TABLES.iter().copied().flatten();
    let codes = exit::CODES.iter().map(|(_, rule)| rule);
    tables.chain(health::TARGETS).chain(codes)
}

/// Texts of AWS's, and the name of the rule that matches.
const TEXTS: &[(&str, &str)] = &[
    (
        "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref 1.dkr.ecr.us-east-1.amazonaws.com/api:v1: 1.dkr.ecr.us-east-1.amazonaws.com/api:v1: not found",
        "image-not-found",
    ),
    (
        "CannotPullContainerError: Error response from daemon: Get https://1.dkr.ecr.us-east-1.amazonaws.com/v2/api/manifests/latest: no basic auth credentials",
        "image-denied",
    ),
    (
        "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref x: failed to do request: Head \"https://x\": dial tcp 52.0.0.1:443: i/o timeout",
        "image-no-network",
    ),
    (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor matching platform 'linux/arm64'",
        "image-wrong-platform",
    ),
    (
        "CannotPullContainerError: inspect image has been retried 5 time(s): 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.",
        "image-rate-limit",
    ),
    (
        "CannotPullContainerError: write /var/lib/containerd/x: no space left on device",
        "image-too-large",
    ),
    (
        "CannotPullContainerError: of a new sort",
        "image-cannot-be-pulled",
    ),
    (
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:x from secrets manager: AccessDeniedException: User: arn:y is not authorized to perform: secretsmanager:GetSecretValue",
        "secret-denied",
    ),
    (
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:x from secrets manager: AccessDeniedException: Access to KMS is not allowed",
        "secret-key-denied",
    ),
    (
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: failed to fetch secret arn:x from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.",
        "secret-not-found",
    ),
    (
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: /shop/LEVEL",
        "secret-not-found",
    ),
    (
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: retrieved secret from Secrets Manager did not contain json key url",
        "secret-member-missing",
    ),
    (
        "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration.",
        "secret-network",
    ),
    (
        "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: RequestCanceled: request context canceled caused by: context deadline exceeded",
        "secret-network",
    ),
    (
        "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1",
        "log-group-missing",
    ),
    (
        "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check your network configuration. : signal: killed",
        "log-network",
    ),
    (
        "ResourceInitializationError: of a new sort",
        "initialization",
    ),
    (
        "ECS was unable to assume the role 'arn:aws:iam::1:role/x' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions.",
        "role-not-assumed",
    ),
    (
        "OutOfMemoryError: Container killed due to memory usage",
        "out-of-memory",
    ),
    (
        "CannotStartContainerError: failed to create shim task: OCI runtime create failed: unable to start container process: exec: \"serve\": executable file not found in $PATH",
        "command-not-found",
    ),
    ("exec /app/server: exec format error", "wrong-architecture"),
    (
        "CannotStartContainerError: failed to get container status: x",
        "container-not-started",
    ),
    (
        "ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m0s",
        "container-timeout",
    ),
    (
        "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/api/2)",
        "health-failed",
    ),
    (
        "(service api) (port 3001) is unhealthy in (target-group arn:x) due to (reason Health checks failed with these codes: [502])",
        "health-wrong-code",
    ),
    (
        "(service api) (port 3001) is unhealthy in (target-group arn:x) due to (reason Request timed out)",
        "health-timeout",
    ),
    (
        "Task failed container health checks",
        "container-health-failed",
    ),
    (
        "(service api) was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.",
        "no-capacity",
    ),
    (
        "(service api) was unable to place a task. Reason: You've reached the limit on the number of vCPUs you can run concurrently.",
        "quota",
    ),
    ("RESOURCE:ENI", "no-resources"),
    (
        "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment disabled in subnet 'subnet-1': InsufficientFreeAddressesInSubnet",
        "no-addresses",
    ),
    (
        "Timeout waiting for network interface provisioning to complete.",
        "network-interface",
    ),
    ("Your Spot Task was interrupted.", "spot-interruption"),
    ("Task stopped by user", "stopped-by-user"),
    (
        "(service api) was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.",
        "percent-stuck",
    ),
    (
        "(service api) is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.",
        "tasks-fail-again-and-again",
    ),
    (
        "(service api) was unable to place a task. Reason: ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue",
        "secret-network",
    ),
    (
        "(service api) was unable to place a task. Reason: something new.",
        "not-placed",
    ),
    (
        "(service api) operations are being throttled. Will try again later.",
        "throttled",
    ),
];

#[test]
fn each_text_matches_its_rule() {
    for (text, name) in TEXTS {
        let found = of_text(text).map(|rule| rule.name);
        assert_eq!(found, Some(*name), "{text}");
        assert!(!is_routine(text), "{text}");
    }
}

#[test]
fn every_rule_is_complete_and_has_a_unique_name() {
    let mut names = BTreeSet::new();
    for rule in all().chain([&UNKNOWN, &UNKNOWN_EVENT, &exit::OTHER]) {
        assert!(names.insert(rule.name), "{} twice", rule.name);
        assert!(
            !rule.cause.is_empty() && !rule.advice.is_empty(),
            "{}",
            rule.name
        );
        for words in rule.when {
            for word in *words {
                assert_eq!(*word, word.to_lowercase(), "{}: never matches", rule.name);
            }
        }
    }
}

#[test]
fn exit_codes_have_their_rule() {
    let codes = [0, 1, 126, 127, 137, 139, 143, 77];
    let names = codes.map(|code| of_exit(code).name);
    assert_eq!(
        names,
        [
            "exit-0", "exit-1", "exit-126", "exit-127", "exit-137", "exit-139", "exit-143", "exit"
        ]
    );
}

#[test]
fn target_codes_have_their_rule() {
    for (reason, name) in [
        ("Target.FailedHealthChecks", "target-failed"),
        ("Target.Timeout", "target-timeout"),
        ("Target.ResponseCodeMismatch", "target-wrong-code"),
    ] {
        assert_eq!(of_target(reason).map(|rule| rule.name), Some(name));
    }
    assert!(of_target("Target.OfANewSort").is_none());
}

#[test]
fn routine_texts_are_not_findings() {
    for text in [
        "(service api) has reached a steady state.",
        "(service api) has started 2 tasks: (task 1a) (task 2b).",
        "(service api) registered 1 targets in (target-group arn:x)",
        "(service api) has stopped 1 running tasks: (task 1a).",
        "(service api) has begun draining connections on 1 tasks.",
        "(service api) (deployment ecs-svc/1) deployment completed.",
        "Scaling activity initiated by (deployment ecs-svc/1)",
    ] {
        assert!(is_routine(text), "{text}");
    }
    assert!(!is_routine("(service api) was unable to place a task."));
    assert!(of_text("of a new sort").is_none());
}
