//! A clock of AWS that differs from this machine's.

use super::call::{Call, Protocol};
use super::refusal::refusal;
use crate::http::Message;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::time::Duration;

/// The largest difference between the time of a signature and AWS's clock.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>
const TOLERANCE: Duration = Duration::from_secs(300);

/// The refusal of a request whose signature does not have the time of AWS's clock; none where it has.
pub(super) fn skewed(request: &Message, protocol: Protocol, ahead: i32) -> Option<Message> {
    let now = Timestamp::now() + SignedDuration::from_secs(i64::from(ahead));
    let signed = DateTime::strptime("%Y%m%dT%H%M%SZ", request.header("x-amz-date")?).unwrap();
    let signed = signed.to_zoned(TimeZone::UTC).unwrap().timestamp();
    if now.duration_since(signed).unsigned_abs() <= TOLERANCE {
        return None;
    }
    let code = match protocol {
        Protocol::Ec2 => "RequestExpired",
        Protocol::RestXml => "RequestTimeTooSkewed",
        Protocol::Query => "SignatureDoesNotMatch",
        Protocol::Json | Protocol::RestJson | Protocol::Cbor => "InvalidSignatureException",
    };
    let mut answer = refusal(protocol, 403, code);
    answer.headers.push(date(ahead));
    Some(answer)
}

/// The header with the time of AWS's clock.
fn date(ahead: i32) -> (String, String) {
    let now = Timestamp::now() + SignedDuration::from_secs(i64::from(ahead));
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    ("date".to_owned(), date)
}

/// Makes a response that of an AWS with this clock: its `Date`, and the times in what ECS returns.
pub(super) fn shift(call: &Call, answer: &mut Message, ahead: i32) {
    answer
        .headers
        .retain(|(name, _)| !name.eq_ignore_ascii_case("date"));
    answer.headers.push(date(ahead));
    if call.service == "ecs"
        && let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body)
    {
        shift_times(&mut body, ahead);
        answer.body = body.to_string().into_bytes();
    }
}

/// Adds `seconds` to each time: a number whose name ends with `At`, as in ECS.
fn shift_times(value: &mut Value, seconds: i32) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| shift_times(item, seconds)),
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_f64() {
                    Some(time) if name.ends_with("At") => {
                        *member = Value::from(time + f64::from(seconds));
                    }
                    _ => shift_times(member, seconds),
                }
            }
        }
        _ => {}
    }
}
