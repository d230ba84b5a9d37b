//! The resources of Terraform that stand for each kind, one file for each slice. The forms of import ids are those of the
//! provider's documentation: <https://registry.terraform.io/providers/hashicorp/aws/latest/docs>.

mod cache;
mod data;
mod ecs;
mod edge;
mod logs;
mod net;
mod shared;
mod store;

use super::resource::Resource;
use super::stack::Source;

/// What stands in Terraform for a resource.
pub enum Part {
    /// These resources of Terraform.
    Resources(Vec<Resource>),
    /// It is an argument of another one.
    InAnother,
    /// Nothing, for this reason.
    Left(&'static str),
}

impl From<Resource> for Part {
    fn from(resource: Resource) -> Self {
        Self::Resources(vec![resource])
    }
}

/// What stands in Terraform for this resource.
pub fn export(source: &Source<'_>) -> Part {
    match source.stored.kind.as_str() {
        "log_group" => shared::log_group(source).into(),
        "role" => shared::role(source),
        "role_policy" => shared::role_policy(source).into(),
        "secret" => shared::secret(source).into(),
        "secret_version" => shared::secret_version(),
        "topic" => shared::topic(source).into(),

        "vpc" => net::vpc(source).into(),
        "subnet" => net::subnet(source).into(),
        "internet_gateway" => net::internet_gateway(source).into(),
        "internet_gateway_attachment" => Part::InAnother,
        "elastic_ip" => net::elastic_ip(source).into(),
        "nat_gateway" => net::nat_gateway(source).into(),
        "route_table" => net::route_table(source).into(),
        "route" => net::route(source).into(),
        "route_table_association" => net::route_table_association(source).into(),
        "security_group" => net::security_group(source).into(),
        "default_security_group" => net::default_security_group(source).into(),
        "security_group_rule" => net::security_group_rule(source).into(),
        "vpc_endpoint" => net::vpc_endpoint(source).into(),
        "flow_log" => net::flow_log(source).into(),

        "db_instance" => data::db_instance(source).into(),
        "db_parameter_group" => data::db_parameter_group(source).into(),
        "db_subnet_group" => data::db_subnet_group(source).into(),

        "replication_group" => cache::replication_group(source).into(),
        "cache_parameter_group" => cache::cache_parameter_group(source).into(),
        "cache_subnet_group" => cache::cache_subnet_group(source).into(),

        "bucket" => store::bucket(source),

        "certificate" => edge::certificate(source).into(),
        "certificate_validation" => edge::certificate_validation(),
        "dns_record" => edge::dns_record(source).into(),
        "load_balancer" => edge::load_balancer(source).into(),
        "target_group" => edge::target_group(source).into(),
        "listener" => edge::listener(source).into(),
        "listener_certificate" => edge::listener_certificate(source).into(),
        "listener_rule" => edge::listener_rule(source).into(),

        "cluster" => ecs::cluster(source),
        "repository" => ecs::repository(source),
        "parameter" => ecs::parameter(source).into(),
        "task_definition" => ecs::task_definition(source).into(),
        "service" => ecs::service(source).into(),
        "scalable_target" => ecs::scalable_target(source).into(),
        "scaling_policy" => ecs::scaling_policy(source).into(),
        "scheduled_action" => ecs::scheduled_action(),

        "alarm" => logs::alarm(source).into(),
        "dashboard" => logs::dashboard(source).into(),
        "event_subscription" => logs::event_subscription(source).into(),
        "subscription" => logs::subscription(source),
        "slack_channel" => logs::slack_channel(source).into(),
        "teams_channel" => logs::teams_channel(source).into(),

        _ => Part::Left("there is no export of this kind"),
    }
}

/// By what other resources refer to one of this kind: the type in Terraform, its attribute, and where the state has the
/// value, `id` or a member of the attributes.
pub fn referred(kind: &str) -> &'static [(&'static str, &'static str, &'static str)] {
    match kind {
        "vpc" => &[("aws_vpc", "id", "id")],
        "subnet" => &[("aws_subnet", "id", "id")],
        "internet_gateway" => &[("aws_internet_gateway", "id", "id")],
        "elastic_ip" => &[("aws_eip", "id", "id")],
        "nat_gateway" => &[("aws_nat_gateway", "id", "id")],
        "route_table" => &[("aws_route_table", "id", "id")],
        "security_group" => &[("aws_security_group", "id", "id")],
        "log_group" => &[
            ("aws_cloudwatch_log_group", "name", "id"),
            ("aws_cloudwatch_log_group", "arn", "arn"),
        ],
        "role" => &[
            ("aws_iam_role", "name", "name"),
            ("aws_iam_role", "arn", "arn"),
        ],
        "topic" => &[("aws_sns_topic", "arn", "arn")],
        "db_instance" => &[("aws_db_instance", "identifier", "id")],
        "db_parameter_group" => &[("aws_db_parameter_group", "name", "id")],
        "db_subnet_group" => &[("aws_db_subnet_group", "name", "id")],
        "cache_parameter_group" => &[("aws_elasticache_parameter_group", "name", "id")],
        "cache_subnet_group" => &[("aws_elasticache_subnet_group", "name", "id")],
        "certificate" => &[("aws_acm_certificate", "arn", "arn")],
        "load_balancer" => &[
            ("aws_lb", "arn", "arn"),
            ("aws_lb", "dns_name", "dns_name"),
            ("aws_lb", "zone_id", "zone_id"),
        ],
        "target_group" => &[("aws_lb_target_group", "arn", "arn")],
        "listener" => &[("aws_lb_listener", "arn", "arn")],
        "cluster" => &[
            ("aws_ecs_cluster", "arn", "arn"),
            ("aws_ecs_cluster", "name", "name"),
        ],
        "task_definition" => &[("aws_ecs_task_definition", "arn", "arn")],
        "scalable_target" => &[("aws_appautoscaling_target", "resource_id", "id")],
        _ => &[],
    }
}
