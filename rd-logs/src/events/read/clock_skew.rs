//! The difference between AWS's clock and this machine's, from the `Date` header of responses. "Now" is AWS's time
//! wherever it is compared with the times of events.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Smaller differences, in milliseconds, are ignored: a response takes some time, and `Date` has whole seconds.
const TOLERANCE: i64 = 3000;

/// The difference, shared by its clones. As an interceptor of a client, it is updated by each response.
#[derive(Clone, Debug, Default)]
pub struct ClockSkew {
    /// How far AWS's clock is ahead, in milliseconds.
    ahead: Arc<AtomicI64>,
}

impl ClockSkew {
    /// The current time of AWS's clock, in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        Timestamp::now().as_millisecond() + self.ahead.load(Ordering::Relaxed)
    }

    fn update(&self, date: &str) {
        if let Ok(aws) = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date) {
            let ahead = aws.as_millisecond() - Timestamp::now().as_millisecond();
            let ahead = if ahead.abs() < TOLERANCE { 0 } else { ahead };
            self.ahead.store(ahead, Ordering::Relaxed);
        }
    }
}

#[dyn_dispatch_hint]
impl Intercept for ClockSkew {
    fn name(&self) -> &'static str {
        "ClockSkew"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _runtime: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date") {
            self.update(date);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_follows_the_date_of_responses() {
        let skew = ClockSkew::default();
        let ahead = |skew: &ClockSkew| skew.now() - Timestamp::now().as_millisecond();
        skew.update("nonsense");
        assert!(ahead(&skew).abs() < 100);
        skew.update("Mon, 01 Jan 2001 00:00:00 GMT");
        assert!(ahead(&skew) < -700_000_000_000);
    }
}
