//! Answers that only AWS gives: refused and expired credentials, a clock that is off, throttling in each protocol's own
//! shape. Served by a mock on loopback.

use rd_testkit::{Done, World};
use wiremock::matchers::{body_string_contains, header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

fn sts_error(status: u16, code: &str, message: &str) -> ResponseTemplate {
    let body = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
    );
    ResponseTemplate::new(status).set_body_raw(body, "text/xml")
}

fn ec2_error(status: u16, code: &str, message: &str) -> ResponseTemplate {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Errors><Error><Code>{code}</Code><Message>{message}</Message>\
         </Error></Errors><RequestID>r-2</RequestID></Response>"
    );
    ResponseTemplate::new(status)
        .insert_header("x-amzn-requestid", "r-2")
        .set_body_raw(body, "text/xml")
}

fn identity() -> Mock {
    let body = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
        <Arn>arn:aws:iam::111122223333:user/a</Arn><UserId>A</UserId><Account>111122223333</Account>\
        </GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>";
    Mock::given(method("POST"))
        .and(body_string_contains("GetCallerIdentity"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(body, "text/xml"))
}

/// A plan of the network where STS answers like this.
async fn with_identity(answer: ResponseTemplate) -> Done {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(answer)
        .mount(&server)
        .await;
    World::at(SETTINGS, &server.uri())
        .rd("rd-net")
        .args("plan")
        .run()
}

fn says(done: &Done, wanted: &[&str]) {
    assert_eq!(done.code, 1, "{}", done.stderr);
    for text in wanted {
        assert!(
            done.stderr.contains(text),
            "`{text}` is not in:\n{}",
            done.stderr
        );
    }
    assert_eq!(done.stderr.matches("error:").count(), 1, "{}", done.stderr);
}

#[tokio::test]
async fn expired_credentials() {
    let message = "The security token included in the request is expired";
    let done = with_identity(sts_error(403, "ExpiredToken", message)).await;
    says(&done, &[message, "aws sso login", "ExpiredToken"]);
}

#[tokio::test]
async fn credentials_that_aws_does_not_know() {
    let message = "The security token included in the request is invalid.";
    let done = with_identity(sts_error(403, "InvalidClientTokenId", message)).await;
    says(&done, &[message, "--profile"]);
}

#[tokio::test]
async fn a_clock_that_is_off() {
    let message = "Signature expired: 20260101T000000Z is now earlier than 20260101T010000Z";
    let done = with_identity(sts_error(403, "SignatureDoesNotMatch", message)).await;
    says(&done, &[message, "clock", "date -u"]);
}

#[tokio::test]
async fn a_region_that_is_not_enabled() {
    let server = MockServer::start().await;
    identity().with_priority(1).mount(&server).await;
    let message = "AWS was not able to validate the provided access credentials";
    Mock::given(method("POST"))
        .respond_with(ec2_error(401, "AuthFailure", message))
        .mount(&server)
        .await;
    let done = World::at(SETTINGS, &server.uri())
        .rd("rd-net")
        .args("plan --region ap-east-1")
        .run();
    says(
        &done,
        &[message, "the region is not enabled", "request id r-2"],
    );
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let server = MockServer::start().await;
    identity().with_priority(1).mount(&server).await;
    let message = "You are not authorized to perform this operation. User: arn:aws:iam::111122223333:user/a is not \
                   authorized to perform: ec2:DescribeVpcs";
    Mock::given(method("POST"))
        .respond_with(ec2_error(403, "UnauthorizedOperation", message))
        .mount(&server)
        .await;
    let done = World::at(SETTINGS, &server.uri())
        .rd("rd-net")
        .args("plan")
        .run();
    assert_eq!(done.code, 1);
    assert!(
        done.stderr.contains("ec2:DescribeVpcs")
            && done.stderr.contains("rd-net policy --for plan"),
        "{}",
        done.stderr
    );
}

#[tokio::test]
async fn throttling_is_waited_out() {
    let server = MockServer::start().await;
    identity().with_priority(1).mount(&server).await;
    Mock::given(method("POST"))
        .respond_with(ec2_error(
            503,
            "RequestLimitExceeded",
            "Request limit exceeded.",
        ))
        .up_to_n_times(3)
        .with_priority(2)
        .mount(&server)
        .await;
    let denied = ec2_error(403, "UnauthorizedOperation", "reached");
    Mock::given(method("POST"))
        .respond_with(denied)
        .with_priority(3)
        .mount(&server)
        .await;
    let done = World::at(SETTINGS, &server.uri())
        .rd("rd-net")
        .args("plan -v")
        .run();
    assert!(done.stderr.contains("reached"), "{}", done.stderr);
    assert!(
        !done
            .stderr
            .contains("error: cannot find out: RequestLimitExceeded"),
        "{}",
        done.stderr
    );
}

#[tokio::test]
async fn something_that_is_not_aws() {
    let page = ResponseTemplate::new(200).set_body_raw("<html>Please log in</html>", "text/html");
    let done = with_identity(page).await;
    assert_eq!(done.code, 1);
    assert!(
        done.stderr.contains("cannot be read") && done.stderr.contains("a login page"),
        "{}",
        done.stderr
    );
}

#[tokio::test]
async fn calls_to_a_bucket_name_its_owner() {
    let server = MockServer::start().await;
    identity().with_priority(1).mount(&server).await;
    let refused = |code: &str| {
        let body = format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>");
        ResponseTemplate::new(403).set_body_raw(body, "application/xml")
    };
    Mock::given(header("x-amz-expected-bucket-owner", "111122223333"))
        .respond_with(refused("AccessDenied"))
        .with_priority(2)
        .mount(&server)
        .await;
    Mock::given(wiremock::matchers::any())
        .respond_with(refused("NoOwnerNamed"))
        .with_priority(3)
        .mount(&server)
        .await;
    let done = World::at(SETTINGS, &server.uri())
        .rd("rd-store")
        .args("plan")
        .run();
    assert_eq!(done.code, 1);
    assert!(
        done.stderr
            .contains("bucket names are unique across all AWS accounts"),
        "{}",
        done.stderr
    );
    assert!(!done.stderr.contains("NoOwnerNamed"), "{}", done.stderr);
}

#[tokio::test]
async fn the_user_agent_names_the_program() {
    let server = MockServer::start().await;
    let error = sts_error(403, "InvalidClientTokenId", "no");
    Mock::given(method("POST"))
        .respond_with(error)
        .mount(&server)
        .await;
    World::at(SETTINGS, &server.uri())
        .rd("rd-net")
        .args("plan")
        .run();
    let requests = server.received_requests().await.unwrap_or_default();
    let agent = requests[0]
        .headers
        .get("user-agent")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    assert!(agent.contains("app/rd-"), "{agent}");
}
