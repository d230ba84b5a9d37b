//! The commands for alarms, subscriptions, the dashboard and its metrics.

use insta::{assert_snapshot, with_settings};
use rd_testkit::faults::Proxy;
use rd_testkit::network::SETTINGS;
use rd_testkit::{CLOUDWATCH, World, endpoint, finish};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};

fn applied() -> World {
    let world = World::new("");
    world.settings(&format!(
        "{SETTINGS}[logs]\nalert_email = \"{}\"\n",
        world.address()
    ));
    world.watched();
    world.rd("rd-logs").args("apply -y").ok();
    world
}

fn set(world: &World, alarm: &str, state: &str, reason: &str) {
    let name = format!("shop-test-{alarm}");
    let set = [
        ("AlarmName", name.as_str()),
        ("StateValue", state),
        ("StateReason", reason),
    ];
    world.query(CLOUDWATCH, "SetAlarmState", &set);
}

/// Replaces times, accounts and other values that differ between runs.
const FILTERS: [(&str, &str); 4] = [
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "<time>"),
    (r"\b\d{12}\b", "<account>"),
];

macro_rules! snapshot {
    ($name:expr, $text:expr) => {
        with_settings!({filters => FILTERS.to_vec(), omit_expression => true}, {
            assert_snapshot!($name, $text);
        });
    };
}

#[test]
fn alarms_in_state_alarm_are_listed_first() {
    let world = applied();
    set(
        &world,
        "db-cpu",
        "ALARM",
        "Threshold Crossed: 5 datapoints were greater than the threshold (90.0).",
    );
    set(&world, "latency", "OK", "fast");
    let text = world.rd("rd-logs").args("alarms --format text").ok();
    snapshot!("alarms", text.stdout);
    let rows = world.rd("rd-logs").args("alarms").ok().records();
    assert_eq!(rows.len(), 16);
    let cpu = rows
        .iter()
        .find(|row| row["alarm"] == "shop-test-db-cpu")
        .unwrap();
    assert_eq!(cpu["state"], "ALARM");
    assert!(
        cpu["reason"]
            .as_str()
            .unwrap()
            .starts_with("Threshold Crossed")
    );
    let since: jiff::Timestamp = cpu["since"].as_str().unwrap().parse().unwrap();
    assert!(since.duration_until(jiff::Timestamp::now()).as_secs() < 60);
}

/// Fails where a line is wider than the terminal, unless it is one word with what stands before it.
fn fits(text: &str, columns: usize) {
    for line in text.lines() {
        let is_one_word = line
            .trim_start()
            .trim_start_matches("→ ")
            .split(' ')
            .count()
            == 1;
        assert!(
            line.chars().count() <= columns || is_one_word,
            "{columns}: {line}"
        );
    }
}

#[test]
fn alarms_and_metrics_fit_into_60_80_and_100_columns() {
    let world = applied();
    let reason = "Threshold Crossed: 5 datapoints [97.2 (27/11/26 15:58:00), 96.1 (27/11/26 15:57:00)] were greater than \
                  the threshold (90.0).";
    set(&world, "db-cpu", "ALARM", reason);
    set(&world, "latency", "OK", "fast");
    let database = [("DBInstanceIdentifier", "shop-test-postgres")];
    for (minutes, cpu) in [(170, 10.0), (120, 20.0), (60, 95.0), (5, 50.0)] {
        world.metric("AWS/RDS", "CPUUtilization", &database, minutes, cpu);
        let bytes = cpu * 1_073_741.0 * 1024.0;
        world.metric("AWS/RDS", "FreeStorageSpace", &database, minutes, bytes);
    }
    for columns in ["60", "80", "100"] {
        let shown = |command: &str| {
            let rd = world.rd("rd-logs").args(command).args("--format text");
            let text = rd.env("COLUMNS", columns).ok().stdout;
            fits(&text, columns.parse().unwrap());
            text
        };
        let alarms = shown("alarms --tz UTC");
        // No word is broken: each is there as a whole.
        for word in reason.split(' ') {
            assert!(alarms.contains(word), "no {word} in {alarms}");
        }
        snapshot!(format!("alarms-{columns}"), alarms);
        let metrics = shown("metrics database --tz UTC");
        assert!(metrics.contains("max 95 %"), "{metrics}");
        // Where the values are in a plot depends on the time.
        let plain = metrics.replace(['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'], " ");
        snapshot!(format!("metrics-{columns}"), plain);
    }
}

#[test]
fn a_watch_prints_each_change_once_and_ends_with_its_reader() {
    let world = applied();
    let mut child = world
        .rd("rd-logs")
        .args("alarms --watch --every 2s")
        .start();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    for _ in 0..16 {
        assert_eq!(next()["state"], "INSUFFICIENT_DATA");
    }
    for (alarm, state) in [("db-cpu", "ALARM"), ("latency", "OK"), ("db-cpu", "OK")] {
        set(&world, alarm, state, "a test");
        let change = next();
        assert_eq!(
            (
                change["alarm"].as_str().unwrap(),
                change["state"].as_str().unwrap()
            ),
            (format!("shop-test-{alarm}").as_str(), state)
        );
    }
    // It ends although there are no more changes.
    drop(lines);
    let done = finish(child);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
}

#[test]
fn history_is_printed_oldest_first() {
    let world = applied();
    for (alarm, state) in [("db-cpu", "ALARM"), ("latency", "ALARM"), ("db-cpu", "OK")] {
        set(&world, alarm, state, &format!("because of {alarm}"));
        // The local API returns whole seconds.
        std::thread::sleep(std::time::Duration::from_millis(1100));
    }
    let changes = world.rd("rd-logs").args("alarms history").ok().records();
    let found: Vec<[&str; 4]> = changes
        .iter()
        .map(|one| ["alarm", "from", "to", "reason"].map(|name| one[name].as_str().unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            [
                "shop-test-db-cpu",
                "INSUFFICIENT_DATA",
                "ALARM",
                "because of db-cpu"
            ],
            [
                "shop-test-latency",
                "INSUFFICIENT_DATA",
                "ALARM",
                "because of latency"
            ],
            ["shop-test-db-cpu", "ALARM", "OK", "because of db-cpu"],
        ]
    );
    let text = world
        .rd("rd-logs")
        .args("alarms history --format text")
        .ok();
    snapshot!("alarms_history", text.stdout);
    // One alarm, by its name or the last part of its address; and with other entries.
    for name in ["latency", "shop-test-latency"] {
        let one = world
            .rd("rd-logs")
            .args("alarms history")
            .arg(name)
            .ok()
            .records();
        assert_eq!(one.len(), 1);
    }
    let all = world
        .rd("rd-logs")
        .args("alarms history latency --all")
        .ok()
        .records();
    let kinds: Vec<&str> = all
        .iter()
        .map(|one| one["type"].as_str().unwrap())
        .collect();
    // The action is the notification of the topic.
    assert_eq!(kinds, ["ConfigurationUpdate", "StateUpdate", "Action"]);
    let none = world
        .rd("rd-logs")
        .args("alarms history --since 2000-01-01T00:00:00Z none")
        .code(2);
    assert!(none.stderr.contains("no alarm is named `none`") && none.stderr.contains("db-cpu"));
    let wrong = world
        .rd("rd-logs")
        .args("alarms history --since yesterday")
        .code(2);
    assert!(
        wrong
            .stderr
            .contains("`yesterday` is not a valid time for --since"),
        "{}",
        wrong.stderr
    );
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(3600);
    let later = format!("alarms history --format text --since {later}");
    assert!(
        world
            .rd("rd-logs")
            .args(&later)
            .ok()
            .stdout
            .starts_with("no changes since")
    );
}

/// The first time in a text, such as `2026-11-23 14:00:07`.
fn first_time(text: &str) -> Option<jiff::civil::DateTime> {
    let starts = text.char_indices().map(|(at, _)| at);
    let mut times = starts.filter_map(|at| text.get(at..at + 19)?.parse().ok());
    times.next()
}

#[test]
fn alarms_and_their_history_use_the_zone_of_tz() {
    let world = applied();
    set(&world, "db-cpu", "ALARM", "hot");
    let run = |command: &str| world.rd("rd-logs").args(command).ok().stdout;
    for command in ["alarms --format text", "alarms history --format text"] {
        let utc = first_time(&run(&format!("{command} --tz UTC"))).unwrap();
        let kathmandu = first_time(&run(&format!("{command} --tz +05:45"))).unwrap();
        assert_eq!(utc.until(kathmandu).unwrap().get_minutes(), 45, "{command}");
    }
    // The same local time is long ago in one zone, and in the future in another one.
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let since = now.strftime("%Y-%m-%dT%H:%M:%S");
    let count = |zone: &str| {
        run(&format!("alarms history --since {since} --tz {zone}"))
            .lines()
            .count()
    };
    assert_eq!((count("+06:00"), count("-06:00")), (1, 0));
}

#[test]
fn the_url_of_the_dashboard_is_printed_and_opened() {
    let world = applied();
    let url = "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/shop-test-overview";
    let text = world.rd("rd-logs").args("dashboard --format text").ok();
    assert_eq!(text.stdout, format!("{url}\n"));
    assert_eq!(
        world.rd("rd-logs").args("dashboard --url").ok().stdout,
        format!("{url}\n")
    );
    let document = world.rd("rd-logs").args("dashboard").ok().records();
    assert_eq!(
        document,
        [json!({"dashboard": "shop-test-overview", "url": url})]
    );
    assert_eq!(
        world.rd("rd-logs").args("output dashboard_url").ok().stdout,
        format!("{url}\n")
    );

    // The program that opens it gets the URL as its only argument.
    let opener = world.path().join("opener");
    std::fs::write(
        &opener,
        "#!/bin/sh\nprintf %s \"$1\" > opened.part; mv opened.part opened\n",
    )
    .unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&opener, mode).unwrap();
    let open = world.rd("rd-logs").args("dashboard --open");
    open.env("BROWSER", opener.to_str().unwrap()).ok();
    let opened = world.path().join("opened");
    for _ in 0..200 {
        if opened.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(std::fs::read_to_string(opened).unwrap(), url);
    let none = world
        .rd("rd-logs")
        .args("dashboard --open")
        .env("PATH", "")
        .code(1);
    assert!(none.stderr.contains("BROWSER"), "{}", none.stderr);
}

#[test]
fn subscriptions_are_listed_confirmed_and_tested() {
    let world = applied();
    let to = world.address();
    let listed = || world.rd("rd-logs").args("subscriptions").ok().records();
    assert_eq!(
        listed(),
        [json!({
            "endpoint": to, "protocol": "email", "status": "pending", "arn": null,
            "topic": world.id("logs.topic.alarms"),
        })]
    );
    let early = world.rd("rd-logs").args("subscriptions test").code(1);
    assert!(
        early
            .stderr
            .contains(&format!("no test was sent: {to} has not confirmed")),
        "{}",
        early.stderr
    );
    let wrong = world
        .rd("rd-logs")
        .args("subscriptions confirm 123")
        .code(1);
    assert!(
        wrong.stderr.contains("may have expired"),
        "{}",
        wrong.stderr
    );
    let no_link = world
        .rd("rd-logs")
        .args("subscriptions confirm https://example.com/")
        .code(2);
    assert!(
        no_link.stderr.contains("does not contain a token"),
        "{}",
        no_link.stderr
    );
    let of_others = "https://x/?TopicArn=arn:aws:sns:us-east-1:1:theirs&Token=1";
    let other = world
        .rd("rd-logs")
        .args("subscriptions confirm")
        .arg(of_others)
        .code(2);
    assert!(
        other
            .stderr
            .contains("the link is for the topic arn:aws:sns:us-east-1:1:theirs"),
        "{}",
        other.stderr
    );

    let link = world.mail(&to)[0]["url"].as_str().unwrap().to_owned();
    let confirmed = world
        .rd("rd-logs")
        .args("subscriptions confirm")
        .arg(&link)
        .ok()
        .records();
    let arn = world.id("logs.subscription.email");
    assert_eq!(confirmed, [json!({"status": "confirmed", "arn": arn})]);
    assert_eq!(listed()[0]["arn"], arn);
    let text = world.rd("rd-logs").args("subscriptions --format text").ok();
    assert_eq!(text.stdout.lines().count(), 2);
    assert!(text.stdout.contains("confirmed"), "{}", text.stdout);

    // The unsubscribe link at the end of each mail does nothing without credentials.
    let attributes = [("SubscriptionArn", arn.as_str())];
    let attributes = world.query(rd_testkit::SNS, "GetSubscriptionAttributes", &attributes);
    let confirmation = attributes.body.split("ConfirmationWasAuthenticated").nth(1);
    assert!(
        confirmation.unwrap().contains("<value>true</value>"),
        "{}",
        attributes.body
    );

    world.rd("rd-logs").args("subscriptions test").ok();
    let mails = world.mail(&to);
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[1]["subject"], "Test of the alarms of shop-test");
    // People read text; AWS Chatbot, which is subscribed by https, shows only messages in its own form.
    let text = mails[1]["message"].as_str().unwrap();
    assert!(text.starts_with("This is a test message"), "{text}");

    // Subscriptions that rd-logs did not create are listed, too.
    let topic = world.id("logs.topic.alarms");
    let more = [
        ("TopicArn", topic.as_str()),
        ("Protocol", "sms"),
        ("Endpoint", "+15551234567"),
    ];
    world.query(rd_testkit::SNS, "Subscribe", &more);
    assert_eq!(listed().len(), 2);
    assert_eq!(world.rd("rd-logs").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn metrics_are_plotted_with_their_values() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.watched();
    world.rd("rd-logs").args("apply -y").ok();
    let database = [("DBInstanceIdentifier", "shop-test-postgres")];
    for (minutes, cpu) in [(170, 10.0), (120, 20.0), (60, 95.0), (5, 50.0)] {
        world.metric("AWS/RDS", "CPUUtilization", &database, minutes, cpu);
    }
    world.metric(
        "AWS/RDS",
        "FreeStorageSpace",
        &database,
        30,
        1_073_741_824.0,
    );
    let node = [
        ("CacheClusterId", "shop-test-redis-002"),
        ("CacheNodeId", "0001"),
    ];
    world.metric(
        "AWS/ElastiCache",
        "DatabaseMemoryUsagePercentage",
        &node,
        10,
        42.5,
    );
    // A value of another database, and one before the range: neither is shown.
    world.metric(
        "AWS/RDS",
        "CPUUtilization",
        &[("DBInstanceIdentifier", "other")],
        10,
        99.0,
    );
    world.metric("AWS/RDS", "CPUUtilization", &database, 60 * 5, 99.0);

    proxy.rules(Vec::new(), None);
    let lines = world.rd("rd-logs").args("metrics").ok().records();
    let reads = proxy
        .calls()
        .iter()
        .filter(|call| call.operation == "GetMetricData")
        .count();
    assert_eq!(reads, 1);
    let of = |title: &str, label: &str| -> Value {
        let found = lines
            .iter()
            .find(|one| one["title"] == title && one["label"] == label);
        found.unwrap().clone()
    };
    let cpu = of("Database CPU", "CPU");
    assert_eq!(
        ["min", "avg", "max", "last"].map(|name| cpu[name].as_f64().unwrap()),
        [10.0, 43.75, 95.0, 50.0]
    );
    assert_eq!(cpu["points"].as_array().unwrap().len(), 4);
    assert_eq!(
        cpu["dimensions"],
        json!({"DBInstanceIdentifier": "shop-test-postgres"})
    );
    assert_eq!(cpu["alarm"], json!({"value": 90.0, "below": false}));
    assert_eq!(
        (cpu["unit"].as_str(), cpu["period_seconds"].as_i64()),
        (Some("percent"), Some(60))
    );
    assert_eq!(of("Cache memory", "node 2")["last"], 42.5);
    assert_eq!(of("Cache memory", "node 1")["last"], Value::Null);

    let text = world
        .rd("rd-logs")
        .args("metrics --format text")
        .arg("database cpu")
        .ok()
        .stdout;
    for expected in [
        "Database CPU  alarm above 90 %",
        "min 10 %",
        "max 95 %",
        "last 50 %",
        "█",
    ] {
        assert!(text.contains(expected), "no {expected} in {text}");
    }
    assert!(!text.contains("Cache"), "{text}");
    // A longer range includes the old value, and has longer periods.
    let day = world
        .rd("rd-logs")
        .args("metrics cpu --since 1d")
        .ok()
        .records();
    let cpu = day
        .iter()
        .find(|one| one["title"] == "Database CPU")
        .unwrap();
    assert_eq!(
        (cpu["max"].as_f64(), cpu["period_seconds"].as_i64()),
        (Some(99.0), Some(480))
    );
    let none = world.rd("rd-logs").args("metrics nothing").code(2);
    assert!(none.stderr.contains("Database CPU"), "{}", none.stderr);
    let backwards = world
        .rd("rd-logs")
        .args("metrics --since 1h --until 2h")
        .code(2);
    assert!(
        backwards.stderr.contains("before --since"),
        "{}",
        backwards.stderr
    );
}

#[test]
fn commands_explain_that_nothing_exists_yet() {
    let world = World::new(SETTINGS);
    let never = world.rd("rd-logs").args("alarms").code(1);
    assert!(
        never.stderr.contains("rd-logs was never applied"),
        "{}",
        never.stderr
    );
    world.rd("rd-logs").args("apply -y").ok();
    let none = world.rd("rd-logs").args("alarms --format text").ok();
    assert_eq!(none.stdout, "no alarms: no resource to watch exists yet\n");
    for command in ["dashboard", "metrics"] {
        let none = world.rd("rd-logs").args(command).code(1);
        assert!(
            none.stderr.contains("apply these, then run rd-logs apply"),
            "{}",
            none.stderr
        );
    }
    let nobody = world.rd("rd-logs").args("subscriptions --format text").ok();
    assert!(nobody.stdout.contains("alert_email"), "{}", nobody.stdout);
    let nobody = world.rd("rd-logs").args("subscriptions test").code(1);
    assert!(
        nobody.stderr.contains("there are no subscriptions"),
        "{}",
        nobody.stderr
    );
}

#[test]
fn views_of_plan_and_status() {
    let world = World::new(SETTINGS);
    world.watched_slice("data");
    snapshot!(
        "plan",
        world
            .rd("rd-logs")
            .args("plan --full --format text")
            .ok()
            .stdout
    );
    world.settings(&format!(
        "{SETTINGS}[logs]\nalert_email = \"ops@example.com\"\n"
    ));
    world.rd("rd-logs").args("apply -y").ok();
    set(&world, "db-cpu", "ALARM", "hot");
    snapshot!(
        "status",
        world.rd("rd-logs").args("status --format text").ok().stdout
    );
}
