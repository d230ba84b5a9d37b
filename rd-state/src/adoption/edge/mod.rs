//! The parts of `edge`: the internet-facing load balancer, what it listens on and forwards to, its certificate, and the DNS
//! records that point to it.

mod names;
mod rules;
mod settings;

use crate::adoption::mapper::Mapper;
use crate::terraform::{Block, Resource};
use std::collections::BTreeSet;

const BALANCERS: [&str; 2] = ["aws_lb", "aws_alb"];
const GROUPS: [&str; 2] = ["aws_lb_target_group", "aws_alb_target_group"];
const LISTENERS: [&str; 2] = ["aws_lb_listener", "aws_alb_listener"];
const LISTENER_CERTIFICATES: [&str; 2] = [
    "aws_lb_listener_certificate",
    "aws_alb_listener_certificate",
];

/// Decides what is a part of the public entry.
pub fn map(mapper: &mut Mapper<'_>) {
    let Some(balancer) = load_balancer(mapper) else {
        return;
    };
    settings::of_load_balancer(&mut mapper.mapping, balancer);
    let listener = |port: i64, protocol: &str| {
        let mut all = mapper.of_any(&LISTENERS).into_iter();
        all.find(|one| {
            one.text("load_balancer_arn") == balancer.id()
                && one.number("port") == Some(port)
                && one.text("protocol") == protocol
        })
    };
    let (http, https) = (listener(80, "HTTP"), listener(443, "HTTPS"));
    if let Some(http) = http {
        let how = "its listener for HTTP on port 80";
        mapper.claim(http, "edge.listener.http", http.id(), how);
    }
    if let Some(https) = https {
        let how = "its listener for HTTPS on port 443";
        mapper.claim(https, "edge.listener.https", https.id(), how);
        settings::of_https(&mut mapper.mapping, https);
        names::map(mapper, balancer, https);
        more_certificates(mapper, https);
    }
    let Some(listener) = https.or(http) else {
        return;
    };
    if let Some(group) = target_group(mapper, balancer, listener) {
        settings::of_target_group(&mut mapper.mapping, group);
        rules::map(mapper, listener, group);
    }
}

/// The ARN of the group that an action forwards to; empty for another action, and for several groups.
fn forwards_to<'a>(action: &Block<'a>) -> &'a str {
    if action.text("type") != "forward" {
        return "";
    }
    let lists = action.blocks("forward").into_iter();
    let groups: Vec<&str> = lists
        .flat_map(|list| list.blocks("target_group"))
        .map(|one| one.text("arn"))
        .collect();
    match (action.text("target_group_arn"), groups.as_slice()) {
        (_, [one]) => one,
        (one, []) => one,
        _ => "",
    }
}

/// The groups of the ECS services.
fn groups_of_services<'a>(mapper: &Mapper<'a>) -> BTreeSet<&'a str> {
    let services = mapper.of("aws_ecs_service").into_iter();
    let blocks = services.flat_map(|one| one.blocks("load_balancer"));
    let arns = blocks.map(|block| block.text("target_group_arn"));
    arns.filter(|arn| !arn.is_empty()).collect()
}

/// The groups that a load balancer forwards to, by default or by a rule.
fn groups_of<'a>(mapper: &Mapper<'a>, balancer: &Resource) -> BTreeSet<&'a str> {
    let mut listeners = mapper.of_any(&LISTENERS);
    listeners.retain(|one| one.text("load_balancer_arn") == balancer.id());
    let rules = mapper.of_any(&rules::RULES).into_iter();
    let rules = rules.filter(|rule| {
        let mut of = listeners.iter();
        of.any(|one| one.id() == rule.text("listener_arn"))
    });
    let rules = rules.flat_map(|rule| rule.blocks("action"));
    let defaults = listeners
        .iter()
        .flat_map(|one| one.blocks("default_action"));
    let arns = rules.chain(defaults).map(|action| forwards_to(&action));
    arns.filter(|arn| !arn.is_empty()).collect()
}

/// The internet-facing Application Load Balancer; of several, the one with the groups of the service.
fn load_balancer<'a>(mapper: &mut Mapper<'a>) -> Option<&'a Resource> {
    let mut all = mapper.of_any(&BALANCERS);
    all.retain(|one| {
        ["", "application"].contains(&one.text("load_balancer_type"))
            && one.flag("internal") != Some(true)
            && mapper.may_be_in_vpc(Some(one))
    });
    let of_services = groups_of_services(mapper);
    let serves = |one: &&&Resource| !groups_of(mapper, one).is_disjoint(&of_services);
    let serving: Vec<&Resource> = all.iter().filter(serves).copied().collect();
    let candidates = if serving.is_empty() { all } else { serving };
    let how = "the internet-facing load balancer";
    mapper.pick("edge.load_balancer.main", &candidates, how)
}

/// The group of the service; without one in the state, that of the listener.
fn target_group<'a>(
    mapper: &mut Mapper<'a>,
    balancer: &Resource,
    listener: &Resource,
) -> Option<&'a Resource> {
    let arns = groups_of(mapper, balancer);
    let mut candidates = mapper.of_any(&GROUPS);
    candidates.retain(|one| arns.contains(one.id()) && one.text("target_type") == "ip");
    let actions = listener.blocks("default_action");
    let by_default: BTreeSet<&str> = actions.iter().map(forwards_to).collect();
    for by in [groups_of_services(mapper), by_default] {
        let some = candidates.iter().filter(|one| by.contains(one.id()));
        let some: Vec<&Resource> = some.copied().collect();
        if !some.is_empty() {
            candidates = some;
        }
    }
    let how = "the group that the load balancer forwards to";
    mapper.pick("edge.target_group.api", &candidates, how)
}

/// The certificates that the HTTPS listener serves besides its own.
fn more_certificates(mapper: &mut Mapper<'_>, https: &Resource) {
    let mut arns = Vec::new();
    for one in mapper.of_any(&LISTENER_CERTIFICATES) {
        let arn = one.text("certificate_arn");
        if one.text("listener_arn") != https.id() || arn.is_empty() {
            continue;
        }
        let name = arn.rsplit('/').next().unwrap_or(arn);
        let address = format!("edge.listener_certificate.{name}");
        let id = format!("{},{arn}", https.id());
        mapper.claim(one, &address, &id, "one more certificate of that listener");
        if !arns.contains(&arn.to_owned()) {
            arns.push(arn.to_owned());
        }
    }
    if !arns.is_empty() {
        mapper.mapping.set_list("edge", "certificates", &arns);
    }
}
