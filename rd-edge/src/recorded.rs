//! Clients that get one answer, in the form in which AWS sends it.

use aws_sdk_acm as acm;
use aws_sdk_elasticloadbalancingv2 as elb;
use aws_sdk_route53 as route53;
use rd_testkit::canned::{answering, sdk_config};

/// A client of ACM that gets this JSON.
pub fn acm(body: &str) -> acm::Client {
    acm::Client::new(&sdk_config(answering(body)))
}

/// A client of Elastic Load Balancing that gets this XML as the result of an operation.
pub fn elb(operation: &str, result: &str) -> elb::Client {
    let body = format!(
        "<{operation}Response xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">\
         <{operation}Result>{result}</{operation}Result>\
         <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{operation}Response>"
    );
    elb::Client::new(&sdk_config(answering(&body)))
}

/// A client of Route 53 that gets this XML.
pub fn route53(body: &str) -> route53::Client {
    route53::Client::new(&sdk_config(answering(body)))
}
