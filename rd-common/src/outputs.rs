//! The outputs of the slices: their names in records and states, and the types of their values, each in one place.
//!
//! A slice sets them with [`crate::Parts::output`]; other slices refer to them with [`Output::input`], and read what a
//! state or the pipe has of them with [`crate::Document::output`] and [`crate::ExternalOutputs::value`].

use std::marker::PhantomData;

/// An output of a slice, with a value of type `T`. `N` is a `String` for a member of an [`OutputFamily`].
#[derive(Debug)]
pub struct Output<T, N = &'static str> {
    slice: &'static str,
    name: N,
    value: PhantomData<fn() -> T>,
}

impl<T> Clone for Output<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Output<T> {}

impl<T> Output<T> {
    const fn new(slice: &'static str, name: &'static str) -> Self {
        Self {
            slice,
            name,
            value: PhantomData,
        }
    }

    /// The same output without the type of its value, for lists of outputs.
    pub const fn untyped(self) -> Output<()> {
        Output::new(self.slice, self.name)
    }
}

impl<T, N: Into<String>> Output<T, N> {
    /// The slice that sets it, and its name.
    pub fn into_parts(self) -> (&'static str, String) {
        (self.slice, self.name.into())
    }
}

impl<T, N: AsRef<str>> Output<T, N> {
    /// The slice that sets it.
    pub fn slice(&self) -> &'static str {
        self.slice
    }

    /// Its name in records and states.
    pub fn name(&self) -> &str {
        self.name.as_ref()
    }
}

/// Outputs of one slice that have the same meaning, one for each of several resources. A new resource adds an output
/// and leaves the values of the others known.
#[derive(Debug)]
pub struct OutputFamily<T> {
    slice: &'static str,
    /// The name, with `{}` where the members differ.
    pattern: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> OutputFamily<T> {
    const fn new(slice: &'static str, pattern: &'static str) -> Self {
        Self {
            slice,
            pattern,
            value: PhantomData,
        }
    }

    /// The output of one member.
    pub fn of(&self, member: impl std::fmt::Display) -> Output<T, String> {
        Output {
            slice: self.slice,
            name: self.pattern.replace("{}", &member.to_string()),
            value: PhantomData,
        }
    }
}

/// The outputs of one slice that another slice reads before it makes its list of resources.
#[derive(Clone, Copy, Debug)]
pub struct SliceInputs {
    /// The slice that sets them.
    pub slice: &'static str,
    /// The outputs; empty where only the presence of the slice counts.
    pub outputs: &'static [Output<()>],
}

/// Every output of one slice.
#[derive(Clone, Copy, Debug)]
pub struct SliceOutputs {
    /// The slice that sets them.
    pub slice: &'static str,
    /// The names of the single outputs.
    pub names: &'static [&'static str],
    /// The names of the families, with `{}` where their members differ.
    pub patterns: &'static [&'static str],
}

impl SliceOutputs {
    /// Whether the slice has an output of this name.
    pub fn contains(&self, name: &str) -> bool {
        let fits = |pattern: &&str| {
            let (before, after) = pattern.split_once("{}").unwrap_or((pattern, ""));
            let member = name.strip_prefix(before);
            let member = member.and_then(|rest| rest.strip_suffix(after));
            member.is_some_and(|member| !member.is_empty())
        };
        self.names.contains(&name) || self.patterns.iter().any(fits)
    }
}

/// The outputs of every slice, in pipe order.
pub const ALL: [SliceOutputs; 7] = [
    net::ALL,
    data::ALL,
    cache::ALL,
    store::ALL,
    edge::ALL,
    ecs::ALL,
    logs::ALL,
];

/// Defines the module of a slice: a constant for each output, and the list of their names.
macro_rules! slice_outputs {
    (
        $(#[$slice_doc:meta])* $slice:ident {
            $($(#[$doc:meta])* $output:ident: $type:ty = $name:literal;)*
        }
        $(families {
            $($(#[$family_doc:meta])* $family:ident: $family_type:ty = $pattern:literal;)*
        })?
    ) => {
        $(#[$slice_doc])*
        pub mod $slice {
            use super::{Output, SliceInputs, SliceOutputs};

            /// The name of this slice.
            pub const SLICE: &str = stringify!($slice);

            $($(#[$doc])* pub const $output: Output<$type> = Output::new(SLICE, $name);)*
            $($($(#[$family_doc])* pub const $family: super::OutputFamily<$family_type> =
                super::OutputFamily::new(SLICE, $pattern);)*)?

            /// The names of all of them.
            pub const ALL: SliceOutputs = SliceOutputs {
                slice: SLICE,
                names: &[$($name),*],
                patterns: &[$($($pattern),*)?],
            };

            /// The outputs of this slice that another slice reads before it makes its list of resources.
            pub const fn inputs(outputs: &'static [Output<()>]) -> SliceInputs {
                SliceInputs { slice: SLICE, outputs }
            }
        }
    };
}

slice_outputs! {
    /// The network: VPC, subnets, gateways and security groups.
    net {
        /// The id of the VPC.
        VPC_ID: String = "vpc_id";
        /// The address range of the VPC, in CIDR notation.
        VPC_CIDR: String = "vpc_cidr";
        /// The names of the availability zones, in the order of the subnets.
        AVAILABILITY_ZONES: Vec<String> = "availability_zones";
        /// The id of the internet gateway. Known once it is attached, so that what faces the internet can be created.
        INTERNET_GATEWAY_ID: String = "internet_gateway_id";
        /// The ids of the public subnets, one for each zone.
        PUBLIC_SUBNET_IDS: Vec<String> = "public_subnet_ids";
        /// The ids of the private subnets, one for each zone.
        PRIVATE_SUBNET_IDS: Vec<String> = "private_subnet_ids";
        /// The id of the security group of the load balancer.
        ALB_SECURITY_GROUP_ID: String = "alb_security_group_id";
        /// The id of the security group of the service's tasks.
        API_SECURITY_GROUP_ID: String = "api_security_group_id";
        /// The id of the security group of the database.
        DB_SECURITY_GROUP_ID: String = "db_security_group_id";
        /// The id of the security group of the cache.
        REDIS_SECURITY_GROUP_ID: String = "redis_security_group_id";
        /// The id of the security group of the interface VPC endpoints.
        ENDPOINTS_SECURITY_GROUP_ID: String = "endpoints_security_group_id";
        /// The TCP port on which the application listens.
        APP_PORT: i32 = "app_port";
        /// The letters of the zones that have a NAT gateway, such as `a`. Known before the gateways exist.
        NAT_GATEWAY_ZONES: Vec<String> = "nat_gateway_zones";
    }
    families {
        /// The id of the NAT gateway of a zone, by the zone's letter.
        NAT_GATEWAY_ID: String = "nat_gateway_{}_id";
    }
}

slice_outputs! {
    /// The database: a PostgreSQL instance and its secret.
    data {
        /// The identifier of the instance: a restored one has another.
        INSTANCE_ID: String = "instance_id";
        /// The DNS name of the instance.
        HOST: String = "host";
        /// The TCP port of the instance.
        PORT: i32 = "port";
        /// The name of the database inside the instance.
        DATABASE_NAME: String = "database_name";
        /// The ARN of the secret with the URL. Known once the value is complete, so that a task that starts can
        /// connect.
        SECRET_ARN: String = "secret_arn";
    }
}

slice_outputs! {
    /// The cache: a replication group of Redis or Valkey and its secret.
    cache {
        /// The id of the replication group.
        REPLICATION_GROUP_ID: String = "replication_group_id";
        /// How many nodes the group has. Known before the nodes exist.
        NODES: i32 = "nodes";
        /// The DNS name of the primary node.
        HOST: String = "host";
        /// The TCP port of the nodes.
        PORT: i32 = "port";
        /// The ARN of the secret with the URL. Known once the value is complete, so that a task that starts can
        /// connect.
        SECRET_ARN: String = "secret_arn";
        /// Whether there is a topic to which ElastiCache publishes its events. Known before the topic exists.
        EVENTS: bool = "events";
        /// The ARN of that topic; empty where there is none.
        EVENTS_TOPIC_ARN: String = "events_topic_arn";
    }
    families {
        /// The id of a node, which CloudWatch uses as `CacheClusterId`, by the node's number from 1 on.
        NODE_ID: String = "node_{}_id";
    }
}

slice_outputs! {
    /// The object store: the S3 bucket for sessions.
    store {
        /// The name of the bucket.
        BUCKET_NAME: String = "bucket_name";
        /// The ARN of the bucket.
        BUCKET_ARN: String = "bucket_arn";
        /// The KMS key of the bucket as the settings name it: an id, an alias or an ARN. Empty for S3's own keys.
        KMS_KEY: String = "kms_key";
        /// The bucket's host name in its region.
        BUCKET_DOMAIN_NAME: String = "bucket_domain_name";
    }
}

slice_outputs! {
    /// The public entrance: load balancer, certificate and DNS records.
    edge {
        /// The ARN of the load balancer.
        ALB_ARN: String = "alb_arn";
        /// The end of that ARN, as in CloudWatch's dimension `LoadBalancer`.
        ALB_ARN_SUFFIX: String = "alb_arn_suffix";
        /// The DNS name of the load balancer.
        ALB_DNS_NAME: String = "alb_dns_name";
        /// The id of the Route 53 zone of that DNS name, for alias records.
        ALB_ZONE_ID: String = "alb_zone_id";
        /// The ARN of the target group. Known once a listener forwards to it: ECS refuses a service in a target group
        /// that no load balancer uses.
        TARGET_GROUP_ARN: String = "target_group_arn";
        /// The end of that ARN, as in CloudWatch's dimension `TargetGroup`.
        TARGET_GROUP_ARN_SUFFIX: String = "target_group_arn_suffix";
        /// Whether there is an HTTPS listener.
        HTTPS: bool = "https";
        /// The URL at which clients reach the service; null where it has no name in DNS.
        URL: Option<String> = "url";
        /// The DNS records that prove the certificate's domains: a list of objects with `domains`, `name`, `type` and
        /// `value`. Absent without a certificate of rd's own.
        CERTIFICATE_RECORDS: serde_json::Value = "certificate_records";
    }
}

slice_outputs! {
    /// The service: image repository, cluster, task definition and service.
    ecs {
        /// The name of the image repository.
        REPOSITORY_NAME: String = "repository_name";
        /// The URL of the image repository, without a tag.
        REPOSITORY_URL: String = "repository_url";
        /// The name of the log group of the tasks.
        LOG_GROUP_NAME: String = "log_group_name";
        /// The name of the cluster.
        CLUSTER_NAME: String = "cluster_name";
        /// The ARN of the cluster.
        CLUSTER_ARN: String = "cluster_arn";
        /// The name of the service.
        SERVICE_NAME: String = "service_name";
        /// The ARN of the service.
        SERVICE_ARN: String = "service_arn";
        /// The ARN of the role with which ECS starts the tasks.
        EXECUTION_ROLE_ARN: String = "execution_role_arn";
        /// The ARN of the role that the application in the tasks has.
        TASK_ROLE_ARN: String = "task_role_arn";
        /// Whether the cluster has Container Insights.
        CONTAINER_INSIGHTS: bool = "container_insights";
        /// The lowest number of tasks that autoscaling and schedules allow at any time.
        MIN_TASKS: i32 = "min_tasks";
    }
}

slice_outputs! {
    /// The monitoring: alarms, their topic and the dashboard.
    logs {
        /// The ARN of the topic that the alarms notify.
        TOPIC_ARN: String = "topic_arn";
        /// The names of the alarms.
        ALARM_NAMES: Vec<String> = "alarm_names";
        /// The name of the dashboard. Absent where there is nothing to show.
        DASHBOARD_NAME: String = "dashboard_name";
        /// The address of the dashboard in the AWS console. Absent where there is nothing to show.
        DASHBOARD_URL: String = "dashboard_url";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slices::SLICES;

    #[test]
    fn every_slice_has_its_outputs_in_pipe_order() {
        assert_eq!(ALL.map(|outputs| outputs.slice), SLICES);
        for outputs in ALL {
            let names = outputs.names.iter().chain(outputs.patterns);
            let mut names: Vec<_> = names.collect();
            let count = names.len();
            names.sort();
            names.dedup();
            assert!(names.len() == count && count > 0, "{}", outputs.slice);
        }
    }

    #[test]
    fn a_family_names_each_member() {
        let second = cache::NODE_ID.of(2);
        assert_eq!((second.slice(), second.name()), ("cache", "node_2_id"));
        assert_eq!(net::NAT_GATEWAY_ID.of("b").name(), "nat_gateway_b_id");
        assert!(cache::ALL.contains("node_12_id") && cache::ALL.contains("host"));
        for other in ["node__id", "node_id", "hosts", "nat_gateway_a_id"] {
            assert!(!cache::ALL.contains(other), "{other}");
        }
    }

    #[test]
    fn inputs_name_their_slice() {
        const INPUTS: SliceInputs = net::inputs(&[net::NAT_GATEWAY_ZONES.untyped()]);
        assert_eq!(INPUTS.slice, "net");
        assert_eq!(INPUTS.outputs[0].name(), "nat_gateway_zones");
    }
}
