//! Channels of Slack and Teams that get the alarms through AWS Chatbot: created, changed, reverted, rebuilt and deleted.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::drift::{Drift, each_is_put_back};
use rd_testkit::faults::{Proxy, Scenario};
use rd_testkit::network::SETTINGS;
use rd_testkit::{SNS, World, bad_days, endpoint};
use serde_json::{Value, json};

const SLACK: &str = "logs.slack_channel.alarms";
const TEAMS: &str = "logs.teams_channel.alarms";
const ROLE: &str = "logs.role.chat";
const POLICY: &str = "logs.role_policy.chat";
const BOTH: [&str; 4] = [ROLE, POLICY, SLACK, TEAMS];

const TEAM: &str = "11111111-2222-3333-4444-55555555abcd";
const TENANT: &str = "66666666-7777-8888-9999-000000000000";

fn keys(slack: &str) -> String {
    format!(
        "[logs]\nslack_team = \"T0123ABCD\"\nslack_channel = \"{slack}\"\nteams_team = \"{TEAM}\"\nteams_tenant = \"{TENANT}\"\n\
         teams_channel = \"19%3AAbC%40thread.tacv2\"\n"
    )
}

fn settings() -> String {
    format!("{SETTINGS}{}", keys("C0123ABCD"))
}

/// Authorizes AWS Chatbot for the workspace and the team, as somebody does in the console.
fn authorize(world: &World) {
    let both = json!({
        "account": world.account,
        "slack": [{"SlackTeamId": "T0123ABCD", "SlackTeamName": "Team", "State": "ENABLED"}],
        "teams": [{"TeamId": TEAM, "TenantId": TENANT, "State": "ENABLED"}],
    });
    world.aws_local("/aws-local/chat", &both);
}

/// The answer of AWS Chatbot to a request.
fn ask(world: &World, path: &str, body: &Value) -> Value {
    world.chatbot(path, body)
}

fn slack(world: &World) -> Vec<Value> {
    let all = ask(world, "/describe-slack-channel-configurations", &json!({}));
    all["SlackChannelConfigurations"]
        .as_array()
        .unwrap()
        .clone()
}

fn teams(world: &World) -> Vec<Value> {
    let all = ask(world, "/list-ms-teams-channel-configurations", &json!({}));
    all["TeamChannelConfigurations"].as_array().unwrap().clone()
}

fn arn(world: &World, kind: &str, name: &str) -> String {
    let account = &world.account;
    format!("arn:aws:chatbot::{account}:chat-configuration/{kind}/shop-test-{name}")
}

fn no_changes(world: &World) {
    assert_eq!(world.rd("rd-logs").args("plan").ok().actions(), [""; 0]);
}

fn applied() -> World {
    let world = World::new(&settings());
    authorize(&world);
    world.rd("rd-logs").args("apply -y").ok();
    world
}

fn topic_is_subscribed(world: &World) -> bool {
    let all = world.query(SNS, "ListSubscriptions", &[]).body;
    all.contains("https://global.sns-api.chatbot.amazonaws.com")
}

/// In an account without Chatbot's own role, which the apply creates first.
#[test]
fn channels_are_created_changed_in_place_and_destroyed() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(&settings(), proxy.url());
    authorize(&world);
    let apply = world.rd("rd-logs").args("apply -y").ok();
    for address in BOTH {
        let created = format!("create {address}");
        assert!(apply.actions().contains(&created), "{:?}", apply.actions());
    }
    let topic = world.id("logs.topic.alarms");
    let all = slack(&world);
    assert_eq!(all[0]["SlackChannelId"], "C0123ABCD");
    assert_eq!(all[0]["SnsTopicArns"], json!([topic]));
    let guardrails = json!(["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"]);
    assert_eq!(all[0]["GuardrailPolicyArns"], guardrails);
    assert_eq!(teams(&world)[0]["TenantId"], TENANT);
    assert!(topic_is_subscribed(&world));

    // A test message reaches them in the form that Chatbot shows.
    world.rd("rd-logs").args("subscriptions test").ok();
    let chatbot = "https://global.sns-api.chatbot.amazonaws.com";
    let mail = world.aws_local("/aws-local/mail", &json!({"to": chatbot}));
    let mail: Vec<Value> = serde_json::from_str(&mail.body).unwrap();
    let got = mail.iter().filter(|one| one["topic"] == topic.as_str());
    let got: Vec<&str> = got.map(|one| one["message"].as_str().unwrap()).collect();
    assert!(
        got.len() == 1 && got[0].contains("\"source\":\"custom\""),
        "{got:?}"
    );

    // A plan reads each list once, and nothing of it without such settings.
    proxy.rules(Vec::new(), None);
    no_changes(&world);
    let mut calls: Vec<String> = proxy.calls().into_iter().map(|one| one.operation).collect();
    calls.sort();
    let chat: Vec<&String> = calls.iter().filter(|one| one.contains("Channel")).collect();
    assert_eq!(
        chat,
        [
            "DescribeSlackChannelConfigurations",
            "ListMicrosoftTeamsChannelConfigurations"
        ]
    );
    assert!(calls.len() <= 6 + 4, "{calls:?}");
    let status = world.rd("rd-logs").args("status").ok().of_type("status");
    for address in BOTH {
        let one = status.iter().find(|one| one["address"] == address).unwrap();
        assert_eq!(one["health"], "ready", "{one}");
    }

    world.settings(&format!(
        "{SETTINGS}[tags]\nOwner = \"platform\"\n{}",
        keys("C9")
    ));
    let apply = world.rd("rd-logs").args("apply -y").ok();
    assert!(apply.actions().contains(&format!("update {SLACK}")));
    let changed = slack(&world);
    assert_eq!(changed[0]["SlackChannelId"], "C9");
    assert!(changed[0]["Tags"].to_string().contains("platform"));
    no_changes(&world);

    // Without the settings, they are deleted, and the topic is left to others.
    world.settings(&format!("{SETTINGS}[tags]\nOwner = \"platform\"\n"));
    let apply = world.rd("rd-logs").args("apply -y").ok();
    let mut actions = apply.actions();
    actions.sort();
    let mut deleted: Vec<String> = BOTH.iter().map(|one| format!("delete {one}")).collect();
    deleted.sort();
    assert_eq!(actions, deleted);
    assert!(slack(&world).is_empty() && teams(&world).is_empty());
    assert!(!topic_is_subscribed(&world));
    no_changes(&world);
    world.rd("rd-logs").args("destroy -y").ok();
}

const DRIFTS: [Drift; 6] = [
    Drift {
        address: SLACK,
        path: "channel",
        change: |world| {
            let arn = arn(world, "slack-channel", "slack");
            let other = json!({"ChatConfigurationArn": arn, "SlackChannelId": "C7"});
            ask(world, "/update-slack-channel-configuration", &other);
        },
    },
    Drift {
        address: SLACK,
        path: "guardrails",
        change: |world| {
            let arn = arn(world, "slack-channel", "slack");
            let admin = ["arn:aws:iam::aws:policy/AdministratorAccess"];
            let more = json!({"ChatConfigurationArn": arn, "SlackChannelId": "C0123ABCD", "GuardrailPolicyArns": admin});
            ask(world, "/update-slack-channel-configuration", &more);
        },
    },
    Drift {
        address: SLACK,
        path: "topics",
        change: |world| {
            let arn = arn(world, "slack-channel", "slack");
            let none = json!({"ChatConfigurationArn": arn, "SlackChannelId": "C0123ABCD", "SnsTopicArns": []});
            ask(world, "/update-slack-channel-configuration", &none);
        },
    },
    Drift {
        address: TEAMS,
        path: "logging_level",
        change: |world| {
            let arn = arn(world, "microsoft-teams-channel", "teams");
            let channel = "19%3AAbC%40thread.tacv2";
            let info =
                json!({"ChatConfigurationArn": arn, "ChannelId": channel, "LoggingLevel": "INFO"});
            ask(world, "/update-ms-teams-channel-configuration", &info);
        },
    },
    Drift {
        address: TEAMS,
        path: "tags.Project",
        change: |world| {
            let arn = arn(world, "microsoft-teams-channel", "teams");
            let tags = json!([{"TagKey": "Project", "TagValue": "other"}]);
            ask(
                world,
                "/tag-resource",
                &json!({"ResourceARN": arn, "Tags": tags}),
            );
        },
    },
    Drift {
        address: POLICY,
        path: "document",
        change: |world| {
            let role = world.id(ROLE);
            let more = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
            let change = [
                ("RoleName", role.as_str()),
                ("PolicyName", "charts"),
                ("PolicyDocument", more),
            ];
            world.query(("iam", "2010-05-08"), "PutRolePolicy", &change);
        },
    },
];

#[test]
fn each_manual_change_is_shown_and_reverted_and_a_lost_state_is_rebuilt() {
    let world = applied();
    each_is_put_back(&world, "rd-logs", &DRIFTS);
    std::fs::remove_file(world.state_file("shop/test", "logs")).unwrap();
    world.rd("rd-logs").args("rebuild").ok();
    no_changes(&world);
}

#[test]
fn a_team_that_is_not_authorized_is_told_before_anything_is_changed() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(&settings(), proxy.url());
    // A plan tells all, an apply stops at the first.
    for (command, texts) in [
        ("plan", &["T0123ABCD", TEAM][..]),
        ("apply -y", &["T0123ABCD"]),
    ] {
        let refused = world.rd("rd-logs").args(command).code(6);
        for text in [&["AWS Chatbot is not authorized"], texts].concat() {
            assert!(refused.stderr.contains(text), "{text}: {}", refused.stderr);
        }
    }
    let changes: Vec<String> = proxy
        .calls()
        .into_iter()
        .filter(|call| call.mutates)
        .map(|call| call.operation)
        .collect();
    assert!(changes.is_empty(), "{changes:?}");
}

#[test]
fn a_channel_that_another_stack_has_is_refused_with_what_to_do() {
    let world = applied();
    world.settings(&settings().replace("\"test\"", "\"other\""));
    let refused = world
        .rd("rd-logs")
        .args("apply -y --new-environment")
        .code(1);
    for text in ["already been configured", "choose another channel"] {
        assert!(refused.stderr.contains(text), "{text}: {}", refused.stderr);
    }
}

/// A first apply, a change and a destroy with the policies that the program prints.
#[test]
fn the_printed_policy_is_enough() {
    let world = World::new(&settings());
    authorize(&world);
    world.restricted("rd-logs", "apply").args("apply -y").ok();
    let plan = world.restricted("rd-logs", "plan").args("plan").ok();
    assert_eq!(plan.actions(), [""; 0]);
    world.settings(&format!(
        "{SETTINGS}[tags]\nOwner = \"platform\"\n{}",
        keys("C9")
    ));
    world.restricted("rd-logs", "apply").args("apply -y").ok();
    // Printed again, it still has what deletes them.
    world.settings(SETTINGS);
    world.restricted("rd-logs", "apply").args("apply -y").ok();
    assert!(slack(&world).is_empty());
    world.restricted("rd-logs", "apply").args("destroy -y").ok();
}

#[test]
fn channels_are_created_and_destroyed_on_a_bad_day() {
    for seed in bad_days() {
        let world = World::new("");
        authorize(&world);
        world.settings(&settings());
        let changed = format!("{SETTINGS}[tags]\nOwner = \"platform\"\n{}", keys("C9"));
        world.lives_through_a_bad_day("rd-logs", seed, &changed);
    }
}

/// The channels are added to a stack that has its topic.
const CHANNELS: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        authorize(world);
        world.settings(SETTINGS);
        world.rd("rd-logs").args("apply -y").ok();
        world.settings(&settings());
    },
    command: |world| world.rd("rd-logs").args("apply -y"),
    check: |world| {
        assert_eq!((slack(world).len(), teams(world).len()), (1, 1));
        no_changes(world);
        let state = std::fs::read_to_string(world.state_file("shop/test", "logs")).unwrap();
        assert!(
            !state.contains("creating") && !state.contains("deposed"),
            "{state}"
        );
        world.rd("rd-logs").args("destroy -y").ok();
        assert_eq!((slack(world).len(), teams(world).len()), (0, 0));
    },
};

rd_testkit::fault_walks! {
    3,
    channels: CHANNELS,
}
