//! The AWS clients of this slice: Elastic Load Balancing, ACM, Route 53 and IAM, and the reads that kinds share.

use crate::read::Reads;
use aws_sdk_acm::Client as Acm;
use aws_sdk_elasticloadbalancingv2::Client as Elb;
use aws_sdk_route53::Client as Route53;
use rd_common::aws::Aws;
use rd_common::client;
use rd_iam::Client as Iam;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// The clients. Those that end in `_once` make one attempt, for creates: the engine checks what an attempt has created
/// before it retries.
pub struct Clients {
    /// Elastic Load Balancing, for reads, updates and deletes.
    pub elb: Elb,
    /// Elastic Load Balancing with one attempt, for creates.
    pub elb_once: Elb,
    /// ACM, for reads, updates and deletes.
    pub acm: Acm,
    /// ACM with one attempt, for creates.
    pub acm_once: Acm,
    /// Route 53, for reads, updates and deletes.
    pub route53: Route53,
    /// Route 53 with one attempt, for creates.
    pub route53_once: Route53,
    /// IAM, for the service-linked role of Elastic Load Balancing.
    pub iam: Iam,
    /// Reads that several kinds make at the same time.
    pub reads: Reads,
    /// The ids of DNS records that this run was to delete, and kept because other certificates need them. For the rest
    /// of the run they count as deleted.
    pub retained_records: RefCell<BTreeSet<String>>,
}

impl Clients {
    /// Creates the clients with the credentials and region of `aws`.
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
            retained_records: RefCell::default(),
        }
    }
}
