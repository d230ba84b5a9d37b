use super::*;

#[test]
fn a_flow_log_comes_with_its_group_and_role() {
    let role = "arn:aws:iam::123456789012:role/flows";
    let group = "arn:aws:logs:us-east-1:123456789012:log-group:vpc-flows:*";
    let log = |id: &str, kind: &str, destination: &str| json!({"id": id, "vpc_id": "vpc-1", "log_destination_type": kind, "log_destination": destination, "iam_role_arn": role});
    let mut all = own_style();
    all.extend([
        one(
            "aws_flow_log",
            "main",
            log("fl-1", "cloud-watch-logs", group),
        ),
        one(
            "aws_flow_log",
            "archive",
            log("fl-2", "s3", "arn:aws:s3:::flows"),
        ),
        one(
            "aws_iam_role",
            "flows",
            json!({"id": "flows", "name": "flows", "arn": role}),
        ),
        one(
            "aws_iam_role_policy",
            "flows",
            json!({"id": "flows:x", "name": "x", "role": "flows"}),
        ),
        one(
            "aws_cloudwatch_log_group",
            "flows",
            json!({"id": "vpc-flows", "name": "vpc-flows", "retention_in_days": 0}),
        ),
    ]);
    let mapping = map_with(&all, &[]);
    let lines = table(&mapping);
    for line in [
        "aws_flow_log.main -> flow_log.main (fl-1)",
        "aws_iam_role.flows -> role.flow-logs (flows)",
        "aws_iam_role_policy.flows -> role.flow-logs ()",
        "aws_cloudwatch_log_group.flows -> log_group.flow-logs (vpc-flows)",
    ] {
        assert!(lines.contains(&line.to_owned()), "{line}: {lines:?}");
    }
    let settings = settings(&mapping);
    for line in [
        "net.flow_logs = true",
        "net.flow_logs_group_name = \"vpc-flows\"",
        "net.flow_logs_role_name = \"flows\"",
    ] {
        assert!(settings.contains(&line.to_owned()), "{line}: {settings:?}");
    }
    let stays = stays(&mapping);
    assert!(stays.contains(&"aws_flow_log.archive"), "{stays:?}");
}
