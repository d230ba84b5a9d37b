//! What AWS's recorded answers mean: kinds read small answers with the members and the forms of the recorded ones.

use crate::clients::Clients;
use crate::kinds::repository::Repository;
use crate::kinds::scalable_target::ScalableTarget;
use crate::kinds::scaling_policy::ScalingPolicy;
use crate::kinds::scheduled_action::ScheduledAction;
use crate::names::Names;
use crate::read::Reads;
use rd_common::aws::clock::AwsClock;
use rd_common::resource::progress::{Progress, ShowProgress, ShowStep};
use rd_common::resource::signal::Cancel;
use rd_common::{Ctx, Kind, Stack, Wanted};
use rd_iam::role::Role;
use rd_testkit::canned::{answering_each, sdk_config};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;

struct Silent;

impl ShowProgress for Silent {
    fn step(&self, _: &str, _: bool) -> Rc<dyn ShowStep> {
        Rc::new(Silent)
    }

    fn suspend(&self, print: &mut dyn FnMut()) {
        print();
    }
}

impl ShowStep for Silent {
    fn say(&self, _: &str) {}
}

/// What the kind `K` reads of these answers, each to a request with the text, for the resources with these ids.
async fn find<K: Kind<Clients = Clients>>(ids: &[&str], answers: &[(&str, &str)]) -> Vec<Value> {
    let config = sdk_config(answering_each(answers));
    let ecs = aws_sdk_ecs::Client::new(&config);
    let clients = Clients {
        reads: Reads::new(&ecs),
        ecs,
        names: Names::test(),
        ecr: aws_sdk_ecr::Client::new(&config),
        iam: aws_sdk_iam::Client::new(&config),
        ssm: aws_sdk_ssm::Client::new(&config),
        logs: aws_sdk_cloudwatchlogs::Client::new(&config),
        autoscaling: aws_sdk_applicationautoscaling::Client::new(&config),
        secrets: aws_sdk_secretsmanager::Client::new(&config),
        elb: aws_sdk_elasticloadbalancingv2::Client::new(&config),
        requested: RefCell::default(),
        aws_clock: AwsClock::default(),
    };
    let ctx = Ctx::new(
        clients,
        "ecs",
        Stack::default(),
        Cancel::default(),
        Progress::new(Silent),
    );
    let wanted = ids.iter().map(|id| Wanted {
        address: format!("ecs.{}.api", K::NAME),
        id: Some((*id).to_owned()),
        spec: None,
    });
    let wanted: Vec<Wanted<K::Spec>> = wanted.collect();
    let local = tokio::task::LocalSet::new();
    let found = local.run_until(K::find(&ctx, &wanted)).await.unwrap();
    let lives = found.iter().map(|one| serde_json::to_value(&one.live));
    lives.map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_repository_in_the_forms_of_several_years() {
    let repository = |more: &str| {
        format!(
            r#"{{"repositories":[{{"repositoryArn":"arn:aws:ecr:us-east-2:644160558196:repository/test",
            "registryId":"644160558196","repositoryName":"test","createdAt":1549353310.0,
            "repositoryUri":"644160558196.dkr.ecr.us-east-2.amazonaws.com/test"{more}}}]}}"#
        )
    };
    let text = json!({"rules": [
        {"rulePriority": 2, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9}},
        {"rulePriority": 1, "selection": {"tagStatus": "tagged", "tagPatternList": ["b", "a"], "countNumber": 9}},
    ]});
    let policy = json!({
        "registryId": "644160558196", "repositoryName": "test", "lifecyclePolicyText": text.to_string(),
        "lastEvaluatedAt": 0.0,
    });
    // 2017 to 2019: without scanning, mutability and encryption.
    let old = "";
    let plain = r#","imageTagMutability":"MUTABLE","imageScanningConfiguration":{"scanOnPush":true},
        "encryptionConfiguration":{"encryptionType":"AES256"}"#;
    let filtered = r#","imageTagMutability":"IMMUTABLE_WITH_EXCLUSION","imageTagMutabilityExclusionFilters":[
        {"filterType":"WILDCARD","filter":"dev-*"}],"encryptionConfiguration":{"encryptionType":"KMS","kmsKey":"arn:k"}"#;
    let mut lives = Vec::new();
    for more in [old, plain, filtered] {
        let body = repository(more);
        let answers = [
            ("repositoryNames", body.as_str()),
            ("resourceArn", r#"{"tags":[{"Key":"Env","Value":"Dev"}]}"#),
            ("repositoryName", &policy.to_string()),
        ];
        let mut found = find::<Repository>(&["test"], &answers).await;
        lives.push(found.remove(0));
    }
    let of = |member: &str| {
        lives
            .iter()
            .map(|live| live[member].clone())
            .collect::<Value>()
    };
    assert_eq!(of("scan_on_push"), json!([false, true, false]));
    assert_eq!(of("immutable_tags"), json!([false, false, true]));
    assert_eq!(of("tag_exclusions"), json!([[], [], ["dev-*"]]));
    assert_eq!(of("kms_key"), json!([null, null, "arn:k"]));
    let rules = &lives[0]["lifecycle"]["rules"];
    assert_eq!(rules[0]["selection"]["tagPatternList"], json!(["a", "b"]));
    assert_eq!(rules[1]["rulePriority"], 2);
    // An answer about another repository is none.
    let answers = [
        ("repositoryNames", repository(plain)),
        ("repositoryName", policy.to_string()),
    ];
    let answers = [
        (answers[0].0, answers[0].1.as_str()),
        (answers[1].0, answers[1].1.as_str()),
    ];
    assert_eq!(
        find::<Repository>(&["other"], &answers).await,
        [] as [Value; 0]
    );
}

const RESOURCE: &str = "service/test-cluster/api";

#[tokio::test]
async fn a_scalable_target_among_those_of_other_pages_and_dimensions() {
    let target = |dimension: &str, suspended: &str| {
        format!(
            r#"{{"ServiceNamespace":"ecs","ResourceId":"{RESOURCE}","ScalableDimension":"{dimension}","MinCapacity":1,
            "MaxCapacity":5,"RoleARN":"arn:aws:iam::644160558196:role/x","CreationTime":1615993160.604{suspended}}}"#
        )
    };
    let service = "ecs:service:DesiredCount";
    // Of 2021, without an ARN; with all members, some of them, and none.
    let all = r#","SuspendedState":{"DynamicScalingInSuspended":true,"DynamicScalingOutSuspended":true,
        "ScheduledScalingSuspended":true}"#;
    let some = r#","SuspendedState":{"DynamicScalingInSuspended":true}"#;
    for (suspended, expected) in [
        (all, json!([true, true, true])),
        (some, json!([true, false, false])),
        ("", json!([false, false, false])),
    ] {
        let first = format!(
            r#"{{"ScalableTargets":[{}],"NextToken":"1"}}"#,
            target("custom-resource:ResourceType:Property", "")
        );
        let second = format!(r#"{{"ScalableTargets":[{}]}}"#, target(service, suspended));
        let answers = [("NextToken", second.as_str()), ("", first.as_str())];
        let live = find::<ScalableTarget>(&[RESOURCE], &answers)
            .await
            .remove(0);
        assert_eq!((&live["min"], &live["max"]), (&json!(1), &json!(5)));
        assert_eq!(live["arn"], Value::Null);
        let members = [
            "scale_in_suspended",
            "scale_out_suspended",
            "schedules_suspended",
        ];
        let read: Value = members
            .map(|member| live[member].clone())
            .into_iter()
            .collect();
        assert_eq!(read, expected);
    }
}

#[tokio::test]
async fn scaling_policies_and_scheduled_actions_of_all_pages() {
    let policy = |name: &str, kind: &str, configuration: &str| {
        format!(
            r#"{{"PolicyARN":"arn:p","PolicyName":"{name}","ServiceNamespace":"ecs","ResourceId":"{RESOURCE}",
            "ScalableDimension":"ecs:service:DesiredCount","PolicyType":"{kind}","Alarms":[],"CreationTime":1462561899.23,
            {configuration}}}"#
        )
    };
    let steps = policy(
        "web-app-cpu-gt-75",
        "StepScaling",
        r#""StepScalingPolicyConfiguration":{"AdjustmentType":"PercentChangeInCapacity","Cooldown":60,
        "StepAdjustments":[{"ScalingAdjustment":200,"MetricIntervalLowerBound":0.0}]}"#,
    );
    // AWS leaves out what nobody has set.
    let tracking = policy(
        "cpu",
        "TargetTrackingScaling",
        r#""TargetTrackingScalingPolicyConfiguration":{"TargetValue":70.0,"PredefinedMetricSpecification":
        {"PredefinedMetricType":"ECSServiceAverageCPUUtilization"}}"#,
    );
    let first = format!(r#"{{"ScalingPolicies":[{steps}],"NextToken":"1"}}"#);
    let second = format!(r#"{{"ScalingPolicies":[{tracking}]}}"#);
    let answers = [("NextToken", second.as_str()), ("", first.as_str())];
    let id = format!("{RESOURCE}:cpu");
    let live = find::<ScalingPolicy>(&[&id], &answers).await.remove(0);
    assert_eq!(live["metric"], "ECSServiceAverageCPUUtilization");
    assert_eq!(live["scale_in_cooldown"], Value::Null);
    assert_eq!(live["scale_in_disabled"], false);

    let action = |name: &str, more: &str| {
        format!(
            r#"{{"ScheduledActionName":"{name}","ScheduledActionARN":"arn:a","ServiceNamespace":"ecs","ResourceId":
            "{RESOURCE}","ScalableDimension":"ecs:service:DesiredCount","Schedule":"at(2019-05-20T18:35:00)",
            "CreationTime":1561571888.361{more}}}"#
        )
    };
    let night = action("night", r#","ScalableTargetAction":{"MinCapacity":15}"#);
    let first = format!(
        r#"{{"ScheduledActions":[{}],"NextToken":"1"}}"#,
        action("other", "")
    );
    let second = format!(r#"{{"ScheduledActions":[{night}]}}"#);
    let answers = [("NextToken", second.as_str()), ("", first.as_str())];
    let id = format!("{RESOURCE}:night");
    let live = find::<ScheduledAction>(&[&id], &answers).await.remove(0);
    assert_eq!(live["timezone"], "UTC");
    assert_eq!((&live["min"], &live["max"]), (&json!(15), &Value::Null));
    // Neither lists nor ids that are not there are an error.
    let none = [("", r#"{"ScheduledActions":[],"ScalingPolicies":[]}"#)];
    assert_eq!(
        find::<ScheduledAction>(&[&id], &none).await,
        [] as [Value; 0]
    );
    assert_eq!(find::<ScalingPolicy>(&[&id], &none).await, [] as [Value; 0]);
}

#[tokio::test]
async fn the_policies_of_a_role_on_all_pages() {
    let answer = |operation: &str, result: &str| {
        format!(
            "<{operation}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{operation}Result>{result}\
             </{operation}Result></{operation}Response>"
        )
    };
    let page = |name: &str, more: &str| {
        answer(
            "ListAttachedRolePolicies",
            &format!(
                "<AttachedPolicies><member><PolicyName>{name}</PolicyName><PolicyArn>arn:aws:iam::aws:policy/{name}\
                 </PolicyArn></member></AttachedPolicies>{more}"
            ),
        )
    };
    let role = answer(
        "GetRole",
        "<Role><Path>/</Path><RoleName>task</RoleName><RoleId>AROA1</RoleId><Arn>arn:aws:iam::1:role/task</Arn>\
         <CreateDate>2020-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>%7B%7D</AssumeRolePolicyDocument></Role>",
    );
    let first = page("A", "<IsTruncated>true</IsTruncated><Marker>next</Marker>");
    let second = page("B", "<IsTruncated>false</IsTruncated>");
    let answers = [
        ("Marker=next", second.as_str()),
        ("Action=ListAttachedRolePolicies", first.as_str()),
        ("Action=GetRole", role.as_str()),
    ];
    let live = find::<Role<Clients>>(&["task"], &answers).await.remove(0);
    let both = ["arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"];
    assert_eq!(live["managed_policies"], json!(both));
}
