//! The rules of the listener. Those that a table `edge.rules` can say are rd's; the others stay in Terraform.

use super::forwards_to;
use crate::adoption::mapper::Mapper;
use crate::terraform::{Block, Resource};
use serde_json::{Value, json};

/// The types of rules in Terraform.
pub const RULES: [&str; 2] = ["aws_lb_listener_rule", "aws_alb_listener_rule"];

/// How many values all conditions of a rule have at most, and how many characters each.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html>
const MAX_VALUES: usize = 5;
const MAX_VALUE_LENGTH: usize = 128;

/// How many characters an answer has at most.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_FixedResponseActionConfig.html>
const MAX_BODY_LENGTH: usize = 1024;

/// Decides which rules of the listener are rd's. `group` is the one of the service.
pub fn map<'a>(mapper: &mut Mapper<'a>, listener: &Resource, group: &Resource) {
    let mut tables = Vec::new();
    let mut rules = mapper.of_any(&RULES);
    rules.retain(|rule| rule.text("listener_arn") == listener.id());
    rules.sort_by_key(|rule| rule.number("priority"));
    for rule in rules {
        let name = format!("rule-{}", rule.number("priority").unwrap_or_default());
        match table(rule, group).filter(|_| !mapper.keeps(&rule.address)) {
            Some(table) => {
                let address = format!("edge.listener_rule.{name}");
                mapper.claim(rule, &address, rule.id(), "a rule of that listener");
                tables.push(format!("{name} = {table}"));
            }
            None => mapper.leave(
                rule,
                "edge.rules has no word for its conditions or its action; the listener keeps it",
            ),
        }
    }
    if !tables.is_empty() {
        let all = format!("{{ {} }}", tables.join(", "));
        mapper.mapping.set("edge", "rules", all);
    }
}

/// The rule as a table of TOML in one line; none where the settings have no word for it.
fn table(rule: &Resource, group: &Resource) -> Option<String> {
    let priority = rule.number("priority").filter(|one| *one > 0)?;
    let mut pairs = vec![("priority", json!(priority))];
    let mut count = 0;
    for condition in rule.blocks("condition") {
        let (key, values) = condition_of(&condition)?;
        if pairs.iter().any(|(other, _)| *other == key) {
            return None;
        }
        count += values.len();
        pairs.push((key, json!(values)));
    }
    if !(1..=MAX_VALUES).contains(&count) {
        return None;
    }
    let actions = rule.blocks("action");
    let [action] = actions.as_slice() else {
        return None;
    };
    pairs.extend(action_of(action, group)?);
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    Some(format!("{{ {} }}", pairs.join(", ")))
}

/// The key of a condition and its values; none for another condition, and for values that `edge.rules` refuses.
fn condition_of<'a>(condition: &Block<'a>) -> Option<(&'static str, Vec<&'a str>)> {
    const KINDS: [(&str, &str); 4] = [
        ("host_header", "hosts"),
        ("path_pattern", "paths"),
        ("http_request_method", "methods"),
        ("source_ip", "source_ips"),
    ];
    let (kind, key) = KINDS
        .into_iter()
        .find(|(kind, _)| !condition.blocks(kind).is_empty())?;
    let blocks = condition.blocks(kind).into_iter();
    let values: Vec<&str> = blocks.flat_map(|block| block.texts("values")).collect();
    let one_of = |value: &str, extra: &[u8]| {
        let mut bytes = value.bytes();
        bytes.all(|b| b.is_ascii_alphanumeric() || extra.contains(&b))
    };
    let fits = |value: &&str| {
        (1..=MAX_VALUE_LENGTH).contains(&value.len())
            && match kind {
                "host_header" => one_of(value, b"-._*?"),
                "path_pattern" => {
                    value.starts_with(['/', '*']) && one_of(value, b"_-.$/~\"'@:+&*?")
                }
                "http_request_method" => value.bytes().all(|b| b.is_ascii_uppercase() || b == b'-'),
                _ => value.contains('/'),
            }
    };
    (!values.is_empty() && values.iter().all(fits)).then_some((key, values))
}

/// The keys of an action; none for another one, such as forwarding to another group.
fn action_of(action: &Block<'_>, group: &Resource) -> Option<Vec<(&'static str, Value)>> {
    match action.text("type") {
        "forward" => {
            let lists = action.blocks("forward").into_iter();
            let mut sticky = lists.flat_map(|list| list.blocks("stickiness"));
            let is_sticky = sticky.any(|one| one.flag("enabled") == Some(true));
            (!is_sticky && forwards_to(action) == group.id()).then(Vec::new)
        }
        "fixed-response" => {
            let answers = action.blocks("fixed_response");
            let answer = answers.first()?;
            let status = answer.number("status_code")?;
            let body = answer.text("message_body");
            let fits = matches!(status / 100, 2 | 4 | 5) && body.len() <= MAX_BODY_LENGTH;
            let mut pairs = vec![("status", json!(status))];
            if !body.is_empty() {
                pairs.push(("body", json!(body)));
            }
            fits.then_some(pairs)
        }
        "redirect" => {
            let redirects = action.blocks("redirect");
            let url = url_of(redirects.first()?)?;
            Some(vec![("redirect", json!(url))])
        }
        _ => None,
    }
}

/// The URL that a redirect leads to; none where the protocol or the port is that of the request.
fn url_of(to: &Block<'_>) -> Option<String> {
    let text = |name: &str, default: &'static str| match to.text(name) {
        "" => default.to_owned(),
        value => value.to_owned(),
    };
    let (scheme, default) = match to.text("protocol") {
        "HTTPS" => ("https", "443"),
        "HTTP" => ("http", "80"),
        _ => return None,
    };
    let port = text("port", "#{port}");
    port.parse::<u16>().ok().filter(|port| *port > 0)?;
    let port = if port == default {
        String::new()
    } else {
        format!(":{port}")
    };
    let path = text("path", "/#{path}");
    let query = match to.text("query") {
        "#{query}" => String::new(),
        query => format!("?{query}"),
    };
    let is_url = path.starts_with('/') && !path.contains('?');
    is_url.then(|| format!("{scheme}://{}{port}{path}{query}", text("host", "#{host}")))
}
