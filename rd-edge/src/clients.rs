//! The AWS clients of this slice: Elastic Load Balancing, ACM, Route 53 and IAM, and the reads that kinds share.

use crate::read::Reads;
use aws_sdk_acm::Client as Acm;
use aws_sdk_elasticloadbalancingv2::Client as Elb;
use aws_sdk_route53::Client as Route53;
use rd_common::aws::Aws;
use rd_common::client;
use rd_common::resource::wait::Deadline;
use rd_iam::Client as Iam;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

/// The AWS clients of this slice.
pub struct Clients {
    /// Elastic Load Balancing, for load balancers, listeners and target groups.
    pub elb: Elb,
    /// ACM, for the certificates of listeners.
    pub acm: Acm,
    /// Route 53, for zones and DNS records.
    pub route53: Route53,
    /// IAM, for the service-linked role of Elastic Load Balancing.
    pub iam: Iam,
    /// Reads that several kinds make at the same time.
    pub reads: Reads,
    /// The ids of validation records that this run was to delete, and kept for other certificates. For the rest of the
    /// run they count as deleted.
    pub retained_records: RefCell<BTreeSet<String>>,
    /// Whether this run may delete validation records that no other certificate of this region needs.
    pub delete_validation_records: Cell<bool>,
    /// The changes of DNS records that this run has made and that Route 53 may not have copied to all of its name
    /// servers: the id of the change by the id of the record.
    pub unsynced: RefCell<BTreeMap<String, String>>,
    /// The load balancers that this run has created, with the time until which `failed` may pass.
    pub created_balancers: RefCell<BTreeMap<String, Deadline>>,
}

impl Clients {
    /// Creates the clients with the credentials and region of `aws`.
    pub fn new(aws: &Aws) -> Self {
        let elb = client!(aws_sdk_elasticloadbalancingv2, aws.config);
        let acm = client!(aws_sdk_acm, aws.config);
        Self {
            reads: Reads::new(&elb, &acm),
            elb,
            acm,
            route53: client!(aws_sdk_route53, aws.config),
            iam: rd_iam::client(aws),
            retained_records: RefCell::default(),
            delete_validation_records: Cell::default(),
            unsynced: RefCell::default(),
            created_balancers: RefCell::default(),
        }
    }
}
