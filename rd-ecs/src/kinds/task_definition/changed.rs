//! A revision with some fields changed. Everything else stays, also what rd has no word for.

use super::model::{Live, Spec};
use super::register::{container, platform, role};
use aws_sdk_ecs::types::{
    ContainerDefinition, KeyValuePair, LinuxParameters, LogConfiguration, Secret, TaskDefinition,
};
use rd_common::{Change, Result, touches};
use std::collections::{BTreeMap, HashMap};

/// `base` with the fields of `changes` from the settings. `seen` is the base as rd sees it: a variable that it does not have
/// is not rd's, and stays.
pub fn changed(
    base: &TaskDefinition,
    seen: &Live,
    spec: &Spec,
    changes: &[Change],
) -> Result<TaskDefinition> {
    let is = |path: &str| touches(changes, path);
    let mut next = base.clone();
    if is("cpu") {
        next.cpu = Some(spec.cpu.clone());
    }
    if is("memory") {
        next.memory = Some(spec.memory.clone());
    }
    if is("architecture") {
        next.runtime_platform = Some(platform(spec));
    }
    if is("execution_role_arn") {
        next.execution_role_arn = role(&spec.execution_role_arn);
    }
    if is("task_role_arn") {
        next.task_role_arn = role(&spec.task_role_arn);
    }
    let ours = container(spec)?;
    let mut containers = next.container_definitions.unwrap_or_default();
    if is("others") {
        containers.retain(|one| !one.name().is_some_and(|name| is_other(seen, name)));
    }
    match containers.iter_mut().find(|one| one.name() == ours.name()) {
        None => containers.insert(0, ours),
        Some(application) => change(application, ours, seen, spec, &is),
    }
    next.container_definitions = Some(containers);
    Ok(next)
}

fn is_other(seen: &Live, name: &str) -> bool {
    seen.others.iter().any(|other| other == name)
}

fn change(
    application: &mut ContainerDefinition,
    ours: ContainerDefinition,
    seen: &Live,
    spec: &Spec,
    is: &dyn Fn(&str) -> bool,
) {
    if is("image") {
        application.image = ours.image;
    }
    if is("command") {
        application.command = ours.command;
    }
    if is("entry_point") {
        application.entry_point = ours.entry_point;
    }
    if is("port") {
        // Further ports are not rd's. The port of the host is the same in Fargate.
        let ports = application.port_mappings.get_or_insert_default();
        match (ports.first_mut(), ours.port_mappings) {
            (Some(first), Some(own)) => {
                first.container_port = own.first().and_then(|own| own.container_port);
                first.host_port = None;
            }
            (None, Some(own)) => ports.extend(own),
            (_, None) => {}
        }
    }
    if is("environment") {
        application.environment = Some(environment(application, seen, spec));
    }
    if is("secrets") {
        let own = ours.secrets.unwrap_or_default();
        let rest = application.secrets.take().unwrap_or_default();
        let is_seen = |one: &Secret| seen.secrets.contains_key(one.name());
        let is_ours = |one: &Secret| own.iter().any(|new| new.name() == one.name());
        let rest: Vec<Secret> = rest
            .into_iter()
            .filter(|one| !is_seen(one) && !is_ours(one))
            .collect();
        application.secrets = Some(own.into_iter().chain(rest).collect());
    }
    if is("log") {
        application.log_configuration =
            log(application.log_configuration.take(), ours.log_configuration);
    }
    if is("health_check") {
        application.health_check = ours.health_check;
    }
    if is("stop_timeout") {
        application.stop_timeout = ours.stop_timeout;
    }
    if is("read_only") {
        application.readonly_root_filesystem = ours.readonly_root_filesystem;
    }
    if is("init") {
        let linux = application.linux_parameters.take();
        let mut linux = linux.unwrap_or_else(|| LinuxParameters::builder().build());
        linux.init_process_enabled = Some(true);
        application.linux_parameters = Some(linux);
    }
}

/// The variables of the settings, and those that rd does not see.
fn environment(application: &ContainerDefinition, seen: &Live, spec: &Spec) -> Vec<KeyValuePair> {
    let unseen = application.environment().iter().filter_map(|pair| {
        let name = pair.name()?;
        let is_ours = seen.environment.contains_key(name);
        (!is_ours).then(|| (name, pair.value().unwrap_or_default()))
    });
    let mut all: BTreeMap<&str, &str> = unseen.collect();
    let own = spec.environment.iter();
    all.extend(own.map(|(name, value)| (name.as_str(), value.text())));
    let pairs = all.into_iter();
    pairs
        .map(|(name, value)| KeyValuePair::builder().name(name).value(value).build())
        .collect()
}

/// The new destination of the output, with the options of the old one about which it says nothing.
fn log(old: Option<LogConfiguration>, new: Option<LogConfiguration>) -> Option<LogConfiguration> {
    let mut new = new?;
    let old = old.filter(|old| old.log_driver == new.log_driver);
    let mut options: HashMap<String, String> = old.and_then(|old| old.options).unwrap_or_default();
    options.extend(new.options.take().unwrap_or_default());
    new.options = Some(options);
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::task_definition::model::{Log, live};
    use crate::names::Names;
    use aws_sdk_ecs::types::{LogDriver, PortMapping};
    use rd_common::Diff;

    fn base() -> TaskDefinition {
        let pair =
            |name: &str, value: &str| KeyValuePair::builder().name(name).value(value).build();
        let log = LogConfiguration::builder()
            .log_driver(LogDriver::Awslogs)
            .options("awslogs-group", "/old")
            .options("awslogs-datetime-format", "%Y");
        let application = ContainerDefinition::builder()
            .name("api")
            .image("i")
            .user("1000")
            .environment(pair("KEPT", "1"))
            .environment(pair("GONE", "2"))
            .port_mappings(PortMapping::builder().container_port(80).build())
            .log_configuration(log.build().unwrap());
        TaskDefinition::builder()
            .family("f")
            .cpu("256")
            .memory("512")
            .container_definitions(application.build())
            .container_definitions(ContainerDefinition::builder().name("envoy").build())
            .build()
    }

    fn spec() -> Spec {
        Spec {
            family: "f".to_owned(),
            cluster: "c".to_owned(),
            container: "api".to_owned(),
            cpu: "512".to_owned(),
            memory: "1024".to_owned(),
            architecture: "ARM64".to_owned(),
            execution_role_arn: "arn:e".into(),
            task_role_arn: "".into(),
            image: "new".to_owned(),
            command: Vec::new(),
            entry_point: Vec::new(),
            port: rd_common::Input::Known(80),
            environment: [("PORT".to_owned(), "80".into())].into(),
            secrets: BTreeMap::new(),
            log: Log {
                group: "/new".to_owned(),
                ..Log::default()
            },
            health_check: None,
            stop_timeout: 30,
            read_only: false,
            keep_revisions: 3,
        }
    }

    #[test]
    fn only_what_changes_is_other_than_in_the_base() {
        let names = Names::test();
        let mut seen = live(&base(), &names);
        seen.environment.remove("KEPT");
        seen.others.clear();
        let changes = |paths: &[&str]| {
            let mut diff = Diff::new();
            for path in paths {
                diff.field(path, 1, 2);
            }
            diff.finish()
        };
        let next = changed(
            &base(),
            &seen,
            &spec(),
            &changes(&["cpu", "environment", "log"]),
        )
        .unwrap();
        assert_eq!((next.cpu(), next.memory()), (Some("512"), Some("512")));
        let [application, sidecar] = next.container_definitions() else {
            panic!("two containers");
        };
        assert_eq!(
            (application.image(), application.user()),
            (Some("i"), Some("1000"))
        );
        let environment = application.environment().iter();
        let environment: Vec<_> = environment.map(|pair| pair.name().unwrap()).collect();
        assert_eq!(environment, ["KEPT", "PORT"]);
        let options = application.log_configuration().unwrap().options().unwrap();
        assert_eq!(options["awslogs-group"], "/new");
        assert_eq!(options["awslogs-datetime-format"], "%Y");
        assert_eq!(sidecar.name(), Some("envoy"));

        // A container that came later is drift.
        let seen = live(&base(), &names);
        let next = changed(&base(), &seen, &spec(), &changes(&["others"])).unwrap();
        assert_eq!(next.container_definitions().len(), 1);
    }
}
