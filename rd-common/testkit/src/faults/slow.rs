//! What takes its time to be ready: minutes at AWS, and no time at all at the local API.

use super::call::Call;
use crate::http::Message;
use std::time::{Duration, Instant};

/// A kind of thing that is ready only a while after it was made.
#[derive(Clone, Copy, Debug)]
pub struct Slow {
    /// The call that makes one.
    pub create: &'static str,
    /// The call that tells of it.
    pub describe: &'static str,
    /// What is told of one that is ready.
    pub ready: &'static str,
    /// What is told before.
    pub before: &'static str,
    /// How many seconds it takes at AWS, about.
    pub seconds: u32,
}

/// What takes longest in a stack, by what people see at AWS.
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

/// The slow things of a proxy, and when the last one of each was made.
#[derive(Debug, Default)]
pub(super) struct Pace {
    unit: Duration,
    all: Vec<(Slow, Option<Instant>)>,
}

impl Pace {
    /// With a second as long as `unit`.
    pub(super) fn of(all: &[Slow], unit: Duration) -> Self {
        Self {
            unit,
            all: all.iter().map(|one| (*one, None)).collect(),
        }
    }

    /// Notes what is made, and holds back that it is ready.
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
