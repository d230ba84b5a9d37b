//! A client that gets one answer, in the form in which AWS sends it.

use aws_sdk_rds::Client;
use rd_testkit::canned::{answering, sdk_config};

/// A client of RDS that gets this XML as the result of an operation.
pub fn rds(operation: &str, result: &str) -> Client {
    let body = format!(
        "<{operation}Response xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
         <{operation}Result>{result}</{operation}Result>\
         <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{operation}Response>"
    );
    Client::new(&sdk_config(answering(&body)))
}
