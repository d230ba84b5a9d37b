//! The tables `[edge.rules.<name>]`: what happens to some requests before they reach the service.

use crate::redirect::Redirect;
use rd_common::Problem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A rule: requests that meet all of its conditions are answered with `status`, redirected, or forwarded to the service.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleConfig {
    /// Its place: the rule with the lowest number that matches decides.
    pub priority: i32,
    /// Names of the host, of which one must match; `*` and `?` stand for other characters.
    pub hosts: Vec<String>,
    /// Paths, of which one must match; `*` and `?` stand for other characters.
    pub paths: Vec<String>,
    /// HTTP methods, of which one must match.
    pub methods: Vec<String>,
    /// CIDR blocks, in one of which the client must be.
    pub source_ips: Vec<String>,
    /// The HTTP status of an answer that the load balancer gives by itself.
    pub status: Option<u16>,
    /// The plain text of that answer.
    pub body: String,
    /// The URL to redirect to; `#{host}`, `#{path}` and `#{query}` stand for those of the request.
    pub redirect: Option<String>,
}

/// The largest priority of a rule.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html>
const MAX_PRIORITY: i32 = 50_000;

/// How many values all conditions of a rule may have.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html>
const MAX_VALUES: usize = 5;

/// How many characters a value of a condition may have.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_PathPatternConditionConfig.html>
const MAX_VALUE_LENGTH: usize = 128;

/// How many characters the answer may have.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_FixedResponseActionConfig.html>
const MAX_BODY_LENGTH: usize = 1024;

/// The problems of the rules, one for each invalid value.
pub fn problems(rules: &BTreeMap<String, RuleConfig>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut priorities: BTreeMap<i32, &str> = BTreeMap::new();
    for (name, rule) in rules {
        let mut add = |key: &str, what: String, allowed: &str| {
            problems.push(Problem::new(&format!("rules.{name}{key}"), what, allowed));
        };
        if !name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        {
            add(
                "",
                format!("`{name}` cannot be the name of a rule"),
                "letters, digits, `-` and `_`",
            );
        }
        if !(1..=MAX_PRIORITY).contains(&rule.priority) {
            add(
                ".priority",
                format!("{} is out of range", rule.priority),
                "1 to 50000; the lowest number that matches decides",
            );
        } else if let Some(other) = priorities.insert(rule.priority, name) {
            add(
                ".priority",
                format!("{} is that of the rule `{other}`, too", rule.priority),
                "a number of its own for each rule",
            );
        }
        let lists = [
            (".hosts", &rule.hosts),
            (".paths", &rule.paths),
            (".methods", &rule.methods),
            (".source_ips", &rule.source_ips),
        ];
        let values = lists.iter().map(|(_, list)| list.len()).sum::<usize>();
        if !(1..=MAX_VALUES).contains(&values) {
            add(
                "",
                format!("the rule has {values} values in its conditions"),
                "1 to 5 in all of hosts, paths, methods and source_ips",
            );
        }
        for (key, list) in lists {
            for value in list {
                if let Some(allowed) = wrong_value(key, value) {
                    add(key, format!("`{value}` is not valid here"), allowed);
                }
            }
        }
        add_action_problems(rule, &mut add);
    }
    problems
}

/// What is allowed in the list `key`, if `value` is not.
fn wrong_value(key: &str, value: &str) -> Option<&'static str> {
    let fits = (1..=MAX_VALUE_LENGTH).contains(&value.len());
    let pattern = |extra: &[u8]| {
        let one_of = |b: u8| b.is_ascii_alphanumeric() || extra.contains(&b);
        fits && value.bytes().all(one_of)
    };
    match key {
        ".hosts" => (!pattern(b"-._*?")).then_some("a name such as api.example.com, with * and ?"),
        ".paths" => (!(value.starts_with(['/', '*']) && pattern(b"_-.$/~\"'@:+&*?")))
            .then_some("a path such as /admin/*, with * and ?"),
        ".methods" => (!(fits && value.bytes().all(|b| b.is_ascii_uppercase() || b == b'-')))
            .then_some("a method in capitals, such as POST"),
        _ => {
            let is_cidr = value.split_once('/').is_some_and(|(address, bits)| {
                let most = match address.parse::<std::net::IpAddr>() {
                    Ok(std::net::IpAddr::V4(_)) => 32,
                    Ok(std::net::IpAddr::V6(_)) => 128,
                    Err(_) => return false,
                };
                bits.parse::<u8>().is_ok_and(|bits| bits <= most)
            });
            (!is_cidr).then_some("a CIDR block such as 203.0.113.0/24 or 2001:db8::/32")
        }
    }
}

fn add_action_problems(rule: &RuleConfig, add: &mut impl FnMut(&str, String, &str)) {
    if let Some(status) = rule.status
        && !matches!(status / 100, 2 | 4 | 5)
    {
        add(
            ".status",
            format!("{status} is not a status that the load balancer answers with"),
            "200 to 299, 400 to 499, or 500 to 599",
        );
    }
    if rule.body.len() > MAX_BODY_LENGTH {
        add(
            ".body",
            format!("{} characters are too many", rule.body.len()),
            "at most 1024 characters",
        );
    }
    if rule.status.is_none() && !rule.body.is_empty() {
        add(
            ".body",
            "there is a body, but no `status`".to_owned(),
            "a `status` next to it",
        );
    }
    if let Some(redirect) = &rule.redirect {
        if rule.status.is_some() {
            add(
                ".redirect",
                "the rule has a `status` and a `redirect`".to_owned(),
                "one of them; without either, requests go to the service",
            );
        }
        if Redirect::of_url(redirect).is_none() {
            add(
                ".redirect",
                format!("`{redirect}` is not a URL to redirect to"),
                "https://HOST/PATH?QUERY, in which #{host}, #{path} and #{query} stand for those of the request",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_is_checked() {
        let valid = RuleConfig {
            priority: 10,
            paths: vec!["/metrics".into()],
            status: Some(404),
            ..RuleConfig::default()
        };
        let wrong: [(&str, RuleConfig); 8] = [
            (
                "rules.x.priority",
                RuleConfig {
                    priority: 0,
                    ..valid.clone()
                },
            ),
            (
                "rules.x",
                RuleConfig {
                    paths: Vec::new(),
                    ..valid.clone()
                },
            ),
            (
                "rules.x.paths",
                RuleConfig {
                    paths: vec!["metrics".into()],
                    ..valid.clone()
                },
            ),
            (
                "rules.x.source_ips",
                RuleConfig {
                    source_ips: vec!["10.0.0.0/33".into()],
                    ..valid.clone()
                },
            ),
            (
                "rules.x.methods",
                RuleConfig {
                    methods: vec!["get".into()],
                    ..valid.clone()
                },
            ),
            (
                "rules.x.status",
                RuleConfig {
                    status: Some(302),
                    ..valid.clone()
                },
            ),
            (
                "rules.x.body",
                RuleConfig {
                    status: None,
                    body: "no".into(),
                    ..valid.clone()
                },
            ),
            (
                "rules.x.redirect",
                RuleConfig {
                    redirect: Some("https://x".into()),
                    ..valid.clone()
                },
            ),
        ];
        assert_eq!(problems(&[("x".to_owned(), valid.clone())].into()), []);
        for (key, rule) in wrong {
            let found = problems(&[("x".to_owned(), rule)].into());
            let keys: Vec<&str> = found.iter().map(|one| one.key.as_str()).collect();
            assert_eq!(keys, [key]);
        }
        let twice = [("a".to_owned(), valid.clone()), ("b".to_owned(), valid)];
        assert_eq!(problems(&twice.into())[0].key, "rules.b.priority");
    }
}
