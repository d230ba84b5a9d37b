//! `listener_rule`: what happens to some requests before the default action of the listener.
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html>

use crate::aws_errors::{deleted, incomplete_answer, is_not_found, retry_if_temporary};
use crate::clients::Clients;
use crate::elb;
use crate::redirect::Redirect;
use aws_sdk_elasticloadbalancingv2::types::builders::RuleConditionBuilder;
use aws_sdk_elasticloadbalancingv2::types::{
    Action as RuleAction, ActionTypeEnum, FixedResponseActionConfig, HostHeaderConditionConfig,
    HttpRequestMethodConditionConfig, PathPatternConditionConfig, Rule, RuleCondition,
    RulePriorityPair, SourceIpConditionConfig, Tag, TransformTypeEnum,
};
use rd_common::arn::Arn;
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Error, Found, Input, Kind, Result, Tags, Wanted,
    sdk_tags, touches,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The kind `listener_rule`: some requests of a listener, and what happens to them.
pub struct ListenerRule;

/// The conditions of a rule, all of which a request must meet: each is a list of which one value must match. No list means
/// no condition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// Names of the host, with `*` and `?`.
    pub hosts: Vec<String>,
    /// Paths of the URL, with `*` and `?`.
    pub paths: Vec<String>,
    /// HTTP methods in capitals, such as `POST`.
    pub methods: Vec<String>,
    /// CIDR blocks of clients.
    pub source_ips: Vec<String>,
}

impl Conditions {
    fn sorted(mut self) -> Self {
        for values in [
            &mut self.hosts,
            &mut self.paths,
            &mut self.methods,
            &mut self.source_ips,
        ] {
            values.sort();
        }
        self
    }
}

/// The desired rule: it forwards to a target group, answers by itself, or redirects.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The ARN of the listener.
    pub listener_arn: Input,
    /// Its place among the rules of the listener: the first that matches decides.
    pub priority: i32,
    /// The requests that it is about.
    pub conditions: Conditions,
    /// The ARN of the target group that requests are forwarded to; none for another action.
    pub target_group_arn: Option<Input>,
    /// The answer in the form `404 text/plain body`; none for another action.
    pub response: Option<String>,
    /// The redirect in the form `301 HTTPS:443 host/path?query`; none for another action.
    pub redirect: Option<String>,
}

/// The rule that AWS has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The rule's ARN, which is its id.
    pub arn: String,
    /// The ARN of the listener.
    pub listener_arn: String,
    /// Its place among the rules of the listener.
    pub priority: i32,
    /// The requests that it is about, each list in order.
    pub conditions: Conditions,
    /// The ARN of the target group that requests are forwarded to.
    pub target_group_arn: Option<String>,
    /// The answer, in the form of [`Spec::response`].
    pub response: Option<String>,
    /// The redirect, in the form of [`Spec::redirect`].
    pub redirect: Option<String>,
    /// What rd never sets: the fields of other conditions, and the types of other actions and of transforms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other: Vec<String>,
}

/// The ARN of a rule's listener, from the rule's ARN.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html>
fn listener_arn(rule: &str) -> Option<String> {
    let mut arn = Arn::parse(rule)?;
    let (listener, _) = arn
        .resource
        .strip_prefix("listener-rule/")?
        .rsplit_once('/')?;
    arn.resource = format!("listener/{listener}");
    Some(arn.to_string())
}

/// Whether a condition has regular expressions, which rd never sets.
fn has_expressions(condition: &RuleCondition) -> bool {
    let host = condition.host_header_config();
    let path = condition.path_pattern_config();
    !condition.regex_values().is_empty()
        || host.is_some_and(|config| !config.regex_values().is_empty())
        || path.is_some_and(|config| !config.regex_values().is_empty())
}

/// Reads the conditions; the fields of those that rd never sets are added to `other`.
fn read_conditions(rule: &Rule, other: &mut Vec<String>) -> Conditions {
    let mut all = Conditions::default();
    for condition in rule.conditions() {
        // The values stand in the condition itself, in its configuration, or in both.
        let plain = condition.values().to_vec();
        if has_expressions(condition) {
            other.push(format!(
                "{} with regular expressions",
                condition.field().unwrap_or_default()
            ));
        }
        let or_plain = |values: &[String]| {
            if values.is_empty() {
                plain.clone()
            } else {
                values.to_vec()
            }
        };
        match condition.field().unwrap_or_default() {
            "host-header" => {
                let config = condition.host_header_config();
                all.hosts.extend(or_plain(
                    config.map_or(&[], HostHeaderConditionConfig::values),
                ));
            }
            "path-pattern" => {
                let config = condition.path_pattern_config();
                all.paths.extend(or_plain(
                    config.map_or(&[], PathPatternConditionConfig::values),
                ));
            }
            "http-request-method" => {
                let config = condition.http_request_method_config();
                let values = config.map_or(&[][..], HttpRequestMethodConditionConfig::values);
                all.methods.extend(values.iter().cloned());
            }
            "source-ip" => {
                let config = condition.source_ip_config();
                let values = config.map_or(&[][..], SourceIpConditionConfig::values);
                all.source_ips.extend(values.iter().cloned());
            }
            field => other.push(field.to_owned()),
        }
    }
    all.sorted()
}

fn live(rule: &Rule, priority: i32) -> Live {
    let mut other = Vec::new();
    let conditions = read_conditions(rule, &mut other);
    let actions = rule.actions();
    let action = actions.iter().min_by_key(|one| one.order().unwrap_or(0));
    let kind = action.and_then(|action| action.r#type());
    let groups = action
        .and_then(|action| action.forward_config())
        .map_or(&[][..], |to| to.target_groups());
    let known = match kind {
        Some(ActionTypeEnum::Forward) => groups.len() <= 1,
        Some(ActionTypeEnum::FixedResponse | ActionTypeEnum::Redirect) => true,
        _ => false,
    };
    if let Some(kind) = kind
        && (!known || actions.len() > 1)
    {
        other.push(kind.as_str().to_owned());
    }
    let target = action.and_then(|action| {
        let of_list = || groups.first()?.target_group_arn();
        action.target_group_arn().or_else(of_list)
    });
    let transforms = rule.transforms().iter().filter_map(|one| one.r#type());
    other.extend(transforms.map(|kind| kind.as_str().to_owned()));
    let arn = rule.rule_arn().unwrap_or_default();
    Live {
        arn: arn.to_owned(),
        listener_arn: listener_arn(arn).unwrap_or_default(),
        priority,
        conditions,
        target_group_arn: target.map(str::to_owned),
        response: action
            .and_then(|action| action.fixed_response_config())
            .map(|answer| {
                response(
                    answer.status_code().unwrap_or_default(),
                    answer.content_type().unwrap_or("text/plain"),
                    answer.message_body().unwrap_or_default(),
                )
            }),
        redirect: action
            .and_then(|action| action.redirect_config())
            .map(|to| Redirect::of_aws(to).to_string()),
        other,
    }
}

/// An answer in the form of [`Spec::response`].
pub fn response(status: &str, content_type: &str, body: &str) -> String {
    format!("{status} {content_type} {body}")
}

fn action(spec: &Spec) -> RuleAction {
    let builder = RuleAction::builder();
    if let Some(response) = &spec.response {
        let mut words = response.splitn(3, ' ');
        let answer = FixedResponseActionConfig::builder()
            .set_status_code(words.next().map(str::to_owned))
            .set_content_type(words.next().map(str::to_owned))
            .set_message_body(
                words
                    .next()
                    .filter(|body| !body.is_empty())
                    .map(str::to_owned),
            );
        return builder
            .r#type(ActionTypeEnum::FixedResponse)
            .fixed_response_config(answer.build())
            .build();
    }
    if let Some(redirect) = spec.redirect.as_deref().and_then(Redirect::parse) {
        return builder
            .r#type(ActionTypeEnum::Redirect)
            .redirect_config(redirect.to_aws())
            .build();
    }
    let group = spec.target_group_arn.as_ref();
    builder
        .r#type(ActionTypeEnum::Forward)
        .set_target_group_arn(group.map(|arn| arn.text().to_owned()))
        .build()
}

fn conditions(spec: &Spec) -> Vec<RuleCondition> {
    let all = &spec.conditions;
    let some = |values: &Vec<String>| (!values.is_empty()).then(|| values.clone());
    let field = |name: &str| RuleCondition::builder().field(name);
    let hosts = some(&all.hosts).map(|values| {
        let config = HostHeaderConditionConfig::builder().set_values(Some(values));
        field("host-header").host_header_config(config.build())
    });
    let paths = some(&all.paths).map(|values| {
        let config = PathPatternConditionConfig::builder().set_values(Some(values));
        field("path-pattern").path_pattern_config(config.build())
    });
    let methods = some(&all.methods).map(|values| {
        let config = HttpRequestMethodConditionConfig::builder().set_values(Some(values));
        field("http-request-method").http_request_method_config(config.build())
    });
    let source_ips = some(&all.source_ips).map(|values| {
        let config = SourceIpConditionConfig::builder().set_values(Some(values));
        field("source-ip").source_ip_config(config.build())
    });
    let all = [hosts, paths, methods, source_ips].into_iter().flatten();
    all.map(RuleConditionBuilder::build).collect()
}

/// Reads the rules of a listener without its default action; empty if it does not exist.
async fn read_rules(ctx: &Ctx<Clients>, listener: &str) -> Result<Vec<Live>> {
    let call = ctx.clients.elb.describe_rules().listener_arn(listener);
    let pages = call.into_paginator().items().send();
    let rules = match pages.try_collect().await.doing("read the listener's rules") {
        Err(error) if is_not_found(&error) => return Ok(Vec::new()),
        other => other?,
    };
    let numbered = rules.iter().filter_map(|rule| {
        // The default action has no number.
        let priority = rule.priority()?.parse().ok()?;
        Some(live(rule, priority))
    });
    Ok(numbered.collect())
}

impl Kind for ListenerRule {
    const NAME: &'static str = "listener_rule";
    const WHILE_GONE: Option<&'static str> = Some("its requests go where the next rule sends them");
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let listener = |one: &Wanted<Spec>| {
            let of_spec = || one.spec.as_ref()?.listener_arn.known().cloned();
            one.id.as_deref().and_then(listener_arn).or_else(of_spec)
        };
        let mut listeners: Vec<String> = wanted.iter().filter_map(listener).collect();
        listeners.sort();
        listeners.dedup();
        let ids: Vec<&String> = wanted.iter().filter_map(|one| one.id.as_ref()).collect();
        let tags = ids.iter().map(|arn| ctx.clients.reads.tags(arn));
        let (rules, tags) = tokio::try_join!(
            futures_util::future::try_join_all(listeners.iter().map(|arn| read_rules(ctx, arn))),
            // The tags of rules in the state are read in the same call as those of other kinds.
            futures_util::future::try_join_all(tags),
        )?;
        let mut tags: BTreeMap<&String, Option<Tags>> = ids.into_iter().zip(tags).collect();
        let rules: Vec<Live> = rules.into_iter().flatten().collect();
        let mut found = Vec::new();
        for one in wanted {
            let matches = |rule: &&Live| match (&one.id, &one.spec) {
                (Some(id), _) => rule.arn == *id,
                (None, Some(spec)) => {
                    rule.priority == spec.priority
                        && Some(&rule.listener_arn) == spec.listener_arn.known()
                }
                (None, None) => false,
            };
            let Some(rule) = rules.iter().find(matches) else {
                continue;
            };
            let tags = match tags.remove(&rule.arn) {
                Some(tags) => tags,
                None => ctx.clients.reads.tags(&rule.arn).await?,
            };
            found.push(Found {
                address: one.address.clone(),
                id: rule.arn.clone(),
                live: rule.clone(),
                tags,
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        let call = ctx.clients.elb.create_rule();
        let answer = call
            .listener_arn(spec.listener_arn.text())
            .priority(spec.priority)
            .set_conditions(Some(conditions(spec)))
            .actions(action(spec))
            .set_tags(Some(sdk_tags!(Tag, request.tags)))
            .send()
            .await;
        let answer = answer
            .doing("create the listener rule")
            .map_err(|error| priority_taken(error, spec.priority))
            .map_err(retry_if_temporary)?;
        let rule = answer.rules().first();
        rule.and_then(|rule| rule.rule_arn().map(str::to_owned))
            .ok_or_else(|| incomplete_answer("rule's ARN"))
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        let elb = &ctx.clients.elb;
        // A change without transforms keeps those of the rule.
        let is_transform = |kind: &String| TransformTypeEnum::try_parse(kind).is_ok();
        let has_transforms = live.other.iter().any(is_transform);
        if changes.iter().any(|change| change.path != "priority") {
            let call = elb.modify_rule().rule_arn(id);
            call.set_conditions(Some(conditions(spec)))
                .actions(action(spec))
                .set_reset_transforms(has_transforms.then_some(true))
                .send()
                .await
                .doing("change the listener rule")
                .map_err(retry_if_temporary)?;
        }
        if touches(changes, "priority") {
            let pair = RulePriorityPair::builder()
                .rule_arn(id)
                .priority(spec.priority);
            let call = elb.set_rule_priorities().rule_priorities(pair.build());
            call.send()
                .await
                .doing("change the listener rule's priority")
                .map_err(|error| priority_taken(error, spec.priority))
                .map_err(retry_if_temporary)?;
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let answer = ctx.clients.elb.delete_rule().rule_arn(id).send().await;
        let codes = ["RuleNotFound", "ListenerNotFound", "LoadBalancerNotFound"];
        deleted(answer.doing("delete the listener rule"), &codes)
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        elb::change_tags(ctx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("listener_arn", &live.listener_arn, &spec.listener_arn)
            .field("priority", live.priority, spec.priority);
        if live.conditions != spec.conditions.clone().sorted() {
            diff.field("conditions", &live.conditions, &spec.conditions);
        }
        diff.field(
            "target_group_arn",
            &live.target_group_arn,
            &spec.target_group_arn,
        )
        .field("response", &live.response, &spec.response)
        .field("redirect", &live.redirect, &spec.redirect)
        .field("other", &live.other, Vec::<String>::new());
        diff.finish()
    }
}

/// Adds what to do where another rule has the priority. Two rules that exchange theirs pass through this, too.
fn priority_taken(error: Error, priority: i32) -> Error {
    if error.is(&["PriorityInUse"]) {
        return error.hint(format!(
            "another rule of the listener has priority {priority}: choose another one in [edge.rules], or delete that rule; \
             to exchange two priorities, move one to a free number first"
        ));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded;

    const RULE: &str =
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/shop/aab6/461e/9f2b";
    const GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop/2c1d";

    async fn described(members: &str) -> Live {
        let elb = recorded::elb(
            "DescribeRules",
            &format!("<Rules><member><RuleArn>{RULE}</RuleArn>{members}</member></Rules>"),
        );
        let answer = elb.describe_rules().rule_arns(RULE).send().await.unwrap();
        live(&answer.rules()[0], 10)
    }

    #[test]
    fn the_listener_of_a_rule_is_in_its_arn() {
        let listener =
            "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/aab6/461e";
        assert_eq!(listener_arn(RULE).as_deref(), Some(listener));
        assert_eq!(listener_arn(listener), None);
    }

    #[tokio::test]
    async fn values_stand_in_the_condition_or_in_its_configuration() {
        let live = described(&format!(
            "<Priority>10</Priority><Conditions><member><Field>path-pattern</Field>\
             <Values><member>/b</member><member>/a/*</member></Values></member>\
             <member><Field>host-header</Field><Values><member>x.example.com</member></Values>\
             <HostHeaderConfig><Values><member>x.example.com</member></Values></HostHeaderConfig></member>\
             <member><Field>source-ip</Field><SourceIpConfig><Values><member>10.0.0.0/8</member></Values>\
             </SourceIpConfig></member></Conditions>\
             <Actions><member><Type>forward</Type><TargetGroupArn>{GROUP}</TargetGroupArn><Order>1</Order>\
             <ForwardConfig><TargetGroups><member><TargetGroupArn>{GROUP}</TargetGroupArn><Weight>1</Weight></member>\
             </TargetGroups><TargetGroupStickinessConfig><Enabled>false</Enabled></TargetGroupStickinessConfig>\
             </ForwardConfig></member></Actions><IsDefault>false</IsDefault>"
        ))
        .await;
        assert_eq!(live.conditions.paths, ["/a/*", "/b"]);
        assert_eq!(live.conditions.hosts, ["x.example.com"]);
        assert_eq!(live.conditions.source_ips, ["10.0.0.0/8"]);
        assert_eq!(live.target_group_arn.as_deref(), Some(GROUP));
        assert_eq!(live.other, [""; 0]);
    }

    #[tokio::test]
    async fn other_conditions_and_actions_are_differences() {
        let live = described(
            "<Conditions><member><Field>query-string</Field><QueryStringConfig><Values><member><Value>x</Value></member>\
             </Values></QueryStringConfig></member></Conditions><Actions><member><Type>fixed-response</Type><Order>1</Order>\
             <FixedResponseConfig><StatusCode>404</StatusCode><ContentType>text/plain</ContentType></FixedResponseConfig>\
             </member></Actions>",
        )
        .await;
        assert_eq!(live.other, ["query-string"]);
        assert_eq!(live.response.as_deref(), Some("404 text/plain "));
    }

    #[tokio::test]
    async fn transforms_and_regular_expressions_are_differences() {
        let rewrite =
            "<Rewrites><member><Regex>^/v1/(.*)</Regex><Replace>/$1</Replace></member></Rewrites>";
        let live = described(&format!(
            "<Conditions><member><Field>path-pattern</Field><PathPatternConfig><RegexValues><member>^/v1/.*</member>\
             </RegexValues></PathPatternConfig></member></Conditions><Actions><member><Type>fixed-response</Type>\
             <FixedResponseConfig><StatusCode>404</StatusCode><ContentType>text/plain</ContentType></FixedResponseConfig>\
             </member></Actions><Transforms><member><Type>url-rewrite</Type><UrlRewriteConfig>{rewrite}\
             </UrlRewriteConfig></member></Transforms>"
        ))
        .await;
        assert_eq!(
            live.other,
            ["path-pattern with regular expressions", "url-rewrite"]
        );
        assert_eq!(live.response.as_deref(), Some("404 text/plain "));
    }
}
