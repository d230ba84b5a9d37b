//! The clients of Elastic Load Balancing, ACM, Route 53 and IAM.

use crate::read::Reads;
use aws_sdk_acm::Client as Acm;
use aws_sdk_elasticloadbalancingv2::Client as Elb;
use aws_sdk_route53::Client as Route53;
use rd_common::aws::Aws;
use rd_common::client;
use rd_iam::Client as Iam;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Each client; `_once` for creates, which the engine repeats only after a look.
pub struct Clients {
    /// Elastic Load Balancing.
    pub elb: Elb,
    /// Elastic Load Balancing, one attempt.
    pub elb_once: Elb,
    /// ACM.
    pub acm: Acm,
    /// ACM, one attempt.
    pub acm_once: Acm,
    /// Route 53.
    pub route53: Route53,
    /// Route 53, one attempt.
    pub route53_once: Route53,
    /// IAM.
    pub iam: Iam,
    /// Reads that several kinds share.
    pub reads: Reads,
    /// The ids of DNS records that were to be deleted and are left to others: as good as gone.
    pub left: RefCell<BTreeSet<String>>,
}

impl Clients {
    /// The clients for these credentials.
    pub fn new(aws: &Aws) -> Self {
        let elb = client!(aws_sdk_elasticloadbalancingv2, aws.config);
        let acm = client!(aws_sdk_acm, aws.config);
        Self {
            reads: Reads::new(&elb, &acm),
            elb,
            elb_once: client!(aws_sdk_elasticloadbalancingv2, aws.once),
            acm,
            acm_once: client!(aws_sdk_acm, aws.once),
            route53: client!(aws_sdk_route53, aws.config),
            route53_once: client!(aws_sdk_route53, aws.once),
            iam: rd_iam::client(aws),
            left: RefCell::default(),
        }
    }
}
