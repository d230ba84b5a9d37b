//! The resources of the slice: topic, subscriptions, channels of chat applications, and alarms and dashboard for the resources that other slices have.

use crate::alarm_rules;
use crate::chat;
use crate::clients::Clients;
use crate::config::Config;
use crate::dashboard::graphs;
use crate::dashboard::widget::{Content, lay_out};
use crate::discover::{Discovered, OPTIONAL_INPUTS};
use crate::kinds::alarm::Alarm;
use crate::kinds::chat_channel::{SlackChannel, TeamsChannel};
use crate::kinds::dashboard::{self, Dashboard};
use crate::kinds::event_subscription::{self, EventSubscription};
use crate::kinds::subscription::{self, Subscription};
use crate::names::dashboard_url;
use crate::permissions;
use crate::scan;
use rd_common::arn::Arn;
use rd_common::aws::Aws;
use rd_common::outputs::{SliceInputs, cache, data, logs};
use rd_common::permissions::{Call, OF_EVERY_PROGRAM, Resources};
use rd_common::settings::Settings;
use rd_common::slices::program_of;
use rd_common::{
    Ctx, Document, ExternalOutputs, Kinds, NoArgs, Note, Part, Parts, Problem, Result, ScanRequest,
    Slice, Stack, TerraformResources,
};
use rd_iam::role::Role;
use rd_iam::role_policy::RolePolicy;
use rd_topic::Topic;
use serde_json::Value;
use std::collections::BTreeMap;

/// The slice `logs`, which depends on no other slice but watches those that exist.
pub struct Logs;

impl Slice for Logs {
    const NAME: &'static str = "logs";
    type Config = Config;
    type Clients = Clients;
    type Discovered = Discovered;
    type DestroyArgs = NoArgs;

    const CALLS: &'static [&'static [Call]] = &[
        permissions::CALLS,
        rd_topic::permissions::CALLS,
        rd_iam::permissions::ROLES,
        rd_iam::permissions::SERVICE_LINKED_ROLES,
        OF_EVERY_PROGRAM,
    ];

    fn resources(stack: &Stack, config: &Config) -> Resources {
        permissions::resources(stack, config)
    }

    fn resources_by_settings(stack: &Stack, config: &Config, settings: &Settings) -> Resources {
        let groups = permissions::log_groups_named_in(settings);
        permissions::resources(stack, config).log_groups("log_group", &groups)
    }

    fn resources_by_states(resources: Resources, states: &BTreeMap<&str, Document>) -> Resources {
        resources.log_groups("log_group", &permissions::log_groups_in(states))
    }

    const OPTIONAL_INPUTS: &'static [SliceInputs] = &OPTIONAL_INPUTS;

    fn check(config: &Config, stack: &Stack) -> Vec<Problem> {
        config.problems(stack)
    }

    fn clients(aws: &Aws, _: &Stack, _: &Config) -> Clients {
        Clients::new(aws)
    }

    fn kinds() -> Kinds<Clients> {
        Kinds::new()
            .with::<Topic<Clients>>()
            .with::<Subscription>()
            .with::<EventSubscription>()
            .with::<Role<Clients>>()
            .with::<RolePolicy<Clients>>()
            .with::<SlackChannel>()
            .with::<TeamsChannel>()
            .with::<Alarm>()
            .with::<Dashboard>()
    }

    async fn discover(
        _: Option<&Clients>,
        _: &Stack,
        _: &Config,
        _: &Document,
        _: &dyn Fn(&str) -> Option<Value>,
    ) -> Result<Discovered> {
        Ok(Discovered::default())
    }

    fn use_outputs(discovered: &mut Discovered, others: &ExternalOutputs) {
        *discovered = Discovered::from_outputs(others);
    }

    async fn scan(ctx: &Ctx<Clients>, request: &ScanRequest) -> Result<TerraformResources> {
        scan::scan(ctx, request).await
    }

    fn parts(stack: &Stack, config: &Config, discovered: &Discovered) -> Parts {
        let mut parts = Parts::new(Self::NAME);
        let topic = topic(&mut parts, stack, config);
        if let Some(address) = &config.alert_email {
            parts.add::<Subscription>(
                "email",
                subscription::Spec {
                    topic_arn: topic.id(),
                    protocol: "email".to_owned(),
                    endpoint: address.clone(),
                },
            );
        }
        if config.database_events && discovered.data {
            parts.add::<EventSubscription>(
                "database",
                event_subscription::Spec {
                    name: config.events_name(stack),
                    topic_arn: topic.id(),
                    instance: data::INSTANCE_ID.input(),
                    categories: event_subscription::CATEGORIES.map(str::to_owned).to_vec(),
                },
            );
        }
        if let Some(address) = config
            .alert_email
            .as_ref()
            .filter(|_| discovered.cache_events)
        {
            // ElastiCache needs a topic without encryption, which is that of rd-cache.
            parts.add::<Subscription>(
                "cache-email",
                subscription::Spec {
                    topic_arn: cache::EVENTS_TOPIC_ARN.input(),
                    protocol: "email".to_owned(),
                    endpoint: address.clone(),
                },
            );
        }
        chat::channels(&mut parts, stack, config, discovered, &topic);
        let mut alarms = Vec::new();
        let mut names = Vec::new();
        for (name, spec) in alarm_rules::alarms(stack, config, discovered, &topic.id()) {
            names.push(spec.name.clone());
            alarms.push(parts.add::<Alarm>(&name, spec));
        }
        dashboard(&mut parts, stack, config, discovered, &alarms);
        parts.output(logs::TOPIC_ARN, topic.id());
        parts.output(logs::ALARM_NAMES, names);
        parts
    }

    fn notes(_: &Stack, config: &Config, discovered: &Discovered, _: &Document) -> Vec<Note> {
        let mut notes = Vec::new();
        if !discovered.absent.is_empty() {
            let programs: Vec<String> = discovered
                .absent
                .iter()
                .map(|slice| program_of(slice))
                .collect();
            notes.push(Note {
                summary: format!(
                    "no alarms and no graphs for slices without resources: {}",
                    programs.join(", ")
                ),
                hint: "apply these first, or in the same pipe, to have their resources watched"
                    .to_owned(),
            });
        }
        if discovered.min_tasks == Some(0.0) && config.running_tasks.is_none() {
            notes.push(Note {
                summary:
                    "no alarm for too few running tasks: the service may scale down to no tasks"
                        .to_owned(),
                hint: "set running_tasks in [logs] to a number, or to false to hide this note"
                    .to_owned(),
            });
        }
        notes
    }
}

fn topic(parts: &mut Parts, stack: &Stack, config: &Config) -> Part {
    let name = config.topic_name(stack);
    let mut may_publish = vec![rd_topic::from_service(
        stack,
        &name,
        "AlarmsOfThisAccount",
        "cloudwatch.amazonaws.com",
        &Arn::regional(stack, "cloudwatch", "alarm:*"),
    )];
    if config.database_events {
        may_publish.push(rd_topic::from_service(
            stack,
            &name,
            "EventsOfDatabases",
            "events.rds.amazonaws.com",
            &Arn::regional(stack, "rds", "db:*"),
        ));
    }
    parts.add::<Topic<Clients>>(
        "alarms",
        rd_topic::Spec {
            policy: rd_topic::policy(&may_publish),
            name,
            display_name: stack.name(),
            kms_key: config.kms_key.clone(),
        },
    )
}

/// Adds the dashboard, unless no slice has anything to show.
fn dashboard(
    parts: &mut Parts,
    stack: &Stack,
    config: &Config,
    discovered: &Discovered,
    alarms: &[Part],
) {
    let mut contents = graphs::graphs(config, discovered);
    if contents.is_empty() {
        return;
    }
    if !alarms.is_empty() {
        let arns = alarms.iter().map(|alarm| alarm.attribute(Alarm::ARN));
        let arns = arns.collect();
        contents.insert(0, ("Alarms".to_owned(), Content::Alarms { arns }));
    }
    let name = config.dashboard_name(stack);
    let part = parts.add::<Dashboard>(
        "overview",
        dashboard::Spec {
            name: name.clone(),
            region: stack.region.clone(),
            widgets: lay_out(contents),
        },
    );
    parts.output(logs::DASHBOARD_NAME, part.id());
    parts.output(logs::DASHBOARD_URL, dashboard_url(stack, &name));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_kinds_are_in_the_schema() {
        rd_testkit::kinds::assert_listed(Logs::NAME, Logs::kinds().all().map(|(name, _)| name));
    }
}
