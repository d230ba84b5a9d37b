//! Resources that take minutes to be ready in AWS, and no time in the local API.

use super::call::Call;
use crate::http::Message;
use std::time::{Duration, Instant};

/// A type of resource that is ready only some time after it was created.
#[derive(Clone, Copy, Debug)]
pub struct Slow {
    /// The operation that creates one.
    pub create: &'static str,
    /// The operation that describes it.
    pub describe: &'static str,
    /// The text in the response for one that is ready.
    pub ready: &'static str,
    /// The text in the response before that.
    pub before: &'static str,
    /// The seconds that it takes in AWS, roughly.
    pub seconds: u32,
}

/// The resources of a stack that take longest, by experience with AWS.
pub const STACK: [Slow; 6] = [
    Slow {
        create: "CreateNatGateway",
        describe: "DescribeNatGateways",
        ready: "<state>available</state>",
        before: "<state>pending</state>",
        seconds: 90,
    },
    Slow {
        create: "CreateVpcEndpoint",
        describe: "DescribeVpcEndpoints",
        ready: "<state>available</state>",
        before: "<state>pending</state>",
        seconds: 60,
    },
    Slow {
        create: "CreateDBInstance",
        describe: "DescribeDBInstances",
        ready: "<DBInstanceStatus>available</DBInstanceStatus>",
        before: "<DBInstanceStatus>creating</DBInstanceStatus>",
        seconds: 300,
    },
    Slow {
        create: "CreateReplicationGroup",
        describe: "DescribeReplicationGroups",
        ready: "<Status>available</Status>",
        before: "<Status>creating</Status>",
        seconds: 240,
    },
    Slow {
        create: "CreateLoadBalancer",
        describe: "DescribeLoadBalancers",
        ready: "<Code>active</Code>",
        before: "<Code>provisioning</Code>",
        seconds: 120,
    },
    Slow {
        create: "RequestCertificate",
        describe: "DescribeCertificate",
        ready: "\"ISSUED\"",
        before: "\"PENDING_VALIDATION\"",
        seconds: 60,
    },
];

/// The slow resources of a proxy, with the time at which the last one of each was created.
#[derive(Debug, Default)]
pub(super) struct Pace {
    unit: Duration,
    all: Vec<(Slow, Option<Instant>)>,
}

impl Pace {
    /// Slow resources for which a second takes `unit`.
    pub(super) fn of(all: &[Slow], unit: Duration) -> Self {
        Self {
            unit,
            all: all.iter().map(|one| (*one, None)).collect(),
        }
    }

    /// Records creates, and replaces the text of resources that must not be ready yet.
    pub(super) fn told(&mut self, call: &Call, mut answer: Message) -> Message {
        for (slow, made) in &mut self.all {
            if call.operation == slow.create {
                *made = Some(Instant::now());
            }
            let pending = made.is_some_and(|made| made.elapsed() < self.unit * slow.seconds);
            if call.operation == slow.describe && pending {
                answer.body = answer.text().replace(slow.ready, slow.before).into_bytes();
            }
        }
        answer
    }
}
