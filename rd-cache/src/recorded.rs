//! Clients that get one answer, in the form in which AWS sends it.

use aws_sdk_elasticache::Client;
use rd_testkit::canned::{answering, sdk_config};

/// A client of ElastiCache that gets this XML as the result of an operation.
pub fn elasticache(operation: &str, result: &str) -> Client {
    let body = format!(
        "<{operation}Response xmlns=\"http://elasticache.amazonaws.com/doc/2015-02-02/\">\
         <{operation}Result>{result}</{operation}Result>\
         <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{operation}Response>"
    );
    Client::new(&sdk_config(answering(&body)))
}
