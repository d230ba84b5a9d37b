//! The parts of `ecs`: all follow from the service. It names its cluster and its task definition, that one its roles, its image,
//! and with the image the repository.

use crate::adoption::autoscaling;
use crate::adoption::mapper::Mapper;
use crate::adoption::roles::{self, Place};
use crate::terraform::{Block, Resource};

const TABLE: &str = "ecs";

/// The roles: the name of the part, the attribute of the task definition, the key, and rd's own inline policy.
const ROLES: [(&str, &str, &str, &str); 2] = [
    (
        "execution",
        "execution_role_arn",
        "execution_role_name",
        "read-secrets",
    ),
    ("task", "task_role_arn", "task_role_name", "work"),
];

/// The variables that rd sets, with the keys that name them, and whether the value is a secret.
const VARIABLES: [(&str, &str, bool); 4] = [
    ("port_variable", "PORT", false),
    ("bucket_variable", "S3_BUCKET", false),
    ("database_variable", "DATABASE_URL", true),
    ("cache_variable", "REDIS_URL", true),
];

/// Decides which service it is, and what belongs to it.
pub fn map(mapper: &mut Mapper<'_>) {
    let services = mapper.of("aws_ecs_service");
    let balanced = services.iter().copied();
    let balanced: Vec<_> = balanced
        .filter(|one| !one.blocks("load_balancer").is_empty())
        .collect();
    let address = "ecs.service.api";
    let service = match balanced.is_empty() {
        false => mapper.pick(address, &balanced, "the service behind the load balancer"),
        true => mapper.pick(address, &services, "the service of the stack"),
    };
    let Some(service) = service else {
        return;
    };
    if !fits(mapper, service) {
        return;
    }
    mapper
        .mapping
        .set_text(TABLE, "service_name", service.text("name"));
    let Some(cluster) = cluster(mapper, service) else {
        return;
    };
    let container = definition(mapper, service);
    of_service(mapper, service);
    if let Some((definition, container)) = container {
        mapper
            .mapping
            .set_text(TABLE, "container_name", container.text("name"));
        size(mapper, definition);
        variables(mapper, container);
        repository(mapper, container);
        log_group(mapper, container);
        for one in ROLES {
            role(mapper, definition, one);
        }
    }
    autoscaling::map(
        mapper,
        &format!("service/{cluster}/{}", service.text("name")),
        service.number("desired_count"),
    );
}

/// Whether rd can have the service; otherwise a misfit says why not.
fn fits(mapper: &mut Mapper<'_>, service: &Resource) -> bool {
    let controllers = service.blocks("deployment_controller");
    let controller = controllers.iter().map(|one| one.text("type"));
    let mut controller = controller.filter(|kind| !["", "ECS"].contains(kind));
    let why = if let Some(kind) = controller.next() {
        format!(
            "has the deployment controller {kind}, and rd deploys with that of ECS: AWS cannot change it, so let Terraform \
             create a second service with the controller ECS, or answer \"terraform\" for it in --map"
        )
    } else if ["EC2", "EXTERNAL"].contains(&service.text("launch_type")) {
        format!(
            "has the launch type {}, and rd has Fargate alone",
            service.text("launch_type")
        )
    } else if service.text("scheduling_strategy") == "DAEMON" {
        "runs a task on each instance (DAEMON), and rd has Fargate alone".to_owned()
    } else if !service
        .id()
        .rsplit(":service/")
        .next()
        .is_some_and(|name| name.contains('/'))
    {
        "has an ARN without the name of its cluster: turn on the long form of ARNs in the account's settings of ECS, and \
         let Terraform create the service again"
            .to_owned()
    } else {
        return true;
    };
    mapper
        .mapping
        .misfits
        .push(format!("{} {why}", service.address));
    false
}

/// The cluster of the service, by its name.
fn cluster<'a>(mapper: &mut Mapper<'a>, service: &'a Resource) -> Option<&'a str> {
    let name = last(service.text("cluster"));
    let mut clusters = mapper.of("aws_ecs_cluster");
    clusters.retain(|one| one.text("name") == name);
    let Some(cluster) = clusters.first() else {
        mapper.mapping.misfits.push(format!(
            "{} is in the cluster {name}, which this state does not have: move the cluster here with terraform state mv, or \
             answer \"terraform\" for the service in --map",
            service.address
        ));
        return None;
    };
    let how = "the cluster of the service";
    mapper.claim(cluster, "ecs.cluster.main", name, how);
    mapper.mapping.set_text(TABLE, "cluster_name", name);
    for part in mapper.of("aws_ecs_cluster_capacity_providers") {
        if part.text("cluster_name") == name {
            mapper.claim(part, "ecs.cluster.main", "", "a part of that cluster");
        }
    }
    let settings = cluster.blocks("setting");
    let mut insights = settings
        .iter()
        .filter(|one| one.text("name") == "containerInsights");
    let insights = insights
        .next()
        .is_some_and(|one| one.text("value") != "disabled");
    mapper
        .mapping
        .set(TABLE, "container_insights", insights.to_string());
    Some(name)
}

/// The task definition of the service, and its container behind the load balancer. Terraform may have an older revision than
/// the service: rd asks AWS which one runs.
fn definition<'a>(
    mapper: &mut Mapper<'a>,
    service: &Resource,
) -> Option<(&'a Resource, Block<'a>)> {
    let family = last(service.text("task_definition"));
    let family = family.split(':').next().unwrap_or_default();
    let mut all = mapper.of("aws_ecs_task_definition");
    all.retain(|one| one.text("family") == family);
    let Some(definition) = all.first().copied() else {
        mapper.mapping.misfits.push(format!(
            "{} runs the task definition {family}, which this state does not have: import one of its revisions with terraform \
             import, or answer \"terraform\" for the service in --map",
            service.address
        ));
        return None;
    };
    for one in all {
        let how = "the task definition of the service";
        mapper.claim(one, "ecs.task_definition.api", family, how);
    }
    mapper.mapping.set_text(TABLE, "task_family", family);
    let mode = definition.text("network_mode");
    if mode != "awsvpc" {
        mapper.mapping.misfits.push(format!(
            "{} has the network mode {mode}, and rd has Fargate alone, whose mode is awsvpc",
            definition.address
        ));
    }
    let balancers = service.blocks("load_balancer");
    let named = balancers
        .iter()
        .map(|one| one.text("container_name"))
        .next();
    let containers = definition.blocks("containers");
    let found = match named {
        Some(name) => containers.iter().find(|one| one.text("name") == name),
        None => containers.first(),
    };
    found.map(|found| (definition, *found))
}

/// What the settings say about the service.
fn of_service(mapper: &mut Mapper<'_>, service: &Resource) {
    let mapping = &mut mapper.mapping;
    let mut number =
        |key, attribute: &str, default: i64, allowed: std::ops::RangeInclusive<i64>| {
            let value = service.number(attribute).unwrap_or(default);
            if value != default && allowed.contains(&value) {
                mapping.set(TABLE, key, value.to_string());
            }
        };
    number(
        "minimum_healthy_percent",
        "deployment_minimum_healthy_percent",
        100,
        0..=100,
    );
    number(
        "maximum_percent",
        "deployment_maximum_percent",
        200,
        100..=200,
    );
    let grace = service
        .number("health_check_grace_period_seconds")
        .unwrap_or(0);
    if grace != 60 {
        mapping.set(TABLE, "grace_seconds", grace.to_string());
    }
    let breakers = service.blocks("deployment_circuit_breaker");
    if !breakers.iter().any(|one| one.flag("enable") == Some(true)) {
        mapping.set(TABLE, "circuit_breaker", "false".to_owned());
    }
    if service.flag("enable_execute_command") != Some(true) {
        mapping.set(TABLE, "exec", "false".to_owned());
    }
}

/// CPU, memory and architecture.
fn size(mapper: &mut Mapper<'_>, definition: &Resource) {
    for (key, default) in [("cpu", "256"), ("memory", "512")] {
        let value = definition.text(key);
        if value != default && value.parse::<u32>().is_ok() {
            mapper.mapping.set(TABLE, key, value.to_owned());
        }
    }
    let platforms = definition.blocks("runtime_platform");
    let mut architectures = platforms.iter().map(|one| one.text("cpu_architecture"));
    let architecture = architectures.find(|one| !one.is_empty());
    let architecture = architecture.unwrap_or("X86_64");
    if architecture != "ARM64" {
        mapper.mapping.set_text(TABLE, "architecture", architecture);
    }
}

/// A variable that the container does not have gets no value from rd.
fn variables(mapper: &mut Mapper<'_>, container: Block<'_>) {
    for (key, name, is_secret) in VARIABLES {
        let all = match is_secret {
            true => container.texts("secrets"),
            false => container.texts("environment"),
        };
        if !all.contains(&name) {
            mapper.mapping.set_text(TABLE, key, "");
        }
    }
}

/// The repository of the image. One that several environments share is in the state of one of them, and becomes a part of that
/// stack.
fn repository(mapper: &mut Mapper<'_>, container: Block<'_>) {
    let image = container.text("image");
    let image = image.split('@').next().unwrap_or_default();
    let of_image = |one: &&Resource| {
        let rest = image.strip_prefix(one.text("repository_url"));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    };
    let all = mapper.of("aws_ecr_repository");
    let named: Vec<_> = all.iter().copied().filter(of_image).collect();
    let address = "ecs.repository.api";
    let found = match named.is_empty() {
        false => mapper.pick(address, &named, "the repository of the image"),
        true => mapper.pick(address, &all, "the repository of the stack"),
    };
    let Some(found) = found else {
        return;
    };
    let name = found.text("name");
    let mapping = &mut mapper.mapping;
    mapping.set_text(TABLE, "repository_name", name);
    if found.text("image_tag_mutability").starts_with("IMMUTABLE") {
        mapping.set(TABLE, "immutable_tags", "true".to_owned());
    }
    let scanning = found.blocks("image_scanning_configuration");
    if !scanning
        .iter()
        .any(|one| one.flag("scan_on_push") == Some(true))
    {
        mapping.set(TABLE, "scan_on_push", "false".to_owned());
    }
    let encryption = found.blocks("encryption_configuration");
    let mut keys = encryption.iter().map(|one| one.text("kms_key"));
    if let Some(key) = keys.find(|key| !key.is_empty()) {
        mapping.set_text(TABLE, "kms_key", key);
    }
    for part in mapper.of("aws_ecr_lifecycle_policy") {
        if part.text("repository") == name {
            mapper.claim(part, address, "", "a part of that repository");
        }
    }
}

fn log_group(mapper: &mut Mapper<'_>, container: Block<'_>) {
    let name = container.text("log_group");
    let mut groups = mapper.of("aws_cloudwatch_log_group");
    groups.retain(|one| !name.is_empty() && one.text("name") == name);
    let how = "the log group of the container";
    let address = "ecs.log_group.api";
    let Some(group) = groups.first() else {
        return;
    };
    mapper.claim(group, address, name, how);
    let mapping = &mut mapper.mapping;
    mapping.set_text(TABLE, "log_group_name", name);
    let days = group.number("retention_in_days").unwrap_or(0);
    if days != 0 && days != 30 {
        mapping.set(TABLE, "retention_days", days.to_string());
    }
    if !group.text("kms_key_id").is_empty() {
        mapping.set_text(TABLE, "log_kms_key", group.text("kms_key_id"));
    }
}

/// A role of the task definition, with its policies. One that is not in this state is not the stack's: the revision keeps it.
fn role(
    mapper: &mut Mapper<'_>,
    definition: &Resource,
    (part, attribute, key, own): (&str, &str, &'static str, &str),
) {
    let place = Place {
        role: &format!("ecs.role.{part}"),
        policy: &format!("ecs.role_policy.{part}"),
        own,
    };
    let how = format!("the {part} role of the task definition");
    if let Some(name) = roles::claim(mapper, definition.text(attribute), &place, &how) {
        mapper.mapping.set_text(TABLE, key, name);
    }
}

/// The last part of an ARN, or the text itself.
fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
