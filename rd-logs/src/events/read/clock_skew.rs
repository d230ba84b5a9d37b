//! How far AWS's clock is from this machine's, as its answers say: what is "now" for events is what AWS has.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A difference below this is the time that an answer takes, and the Date header's whole seconds.
const UNSURE: i64 = 3000;

/// The difference, in milliseconds. Cheap to clone; an interceptor of the client keeps it right.
#[derive(Clone, Debug, Default)]
pub struct Skew {
    ahead: Arc<AtomicI64>,
}

impl Skew {
    /// Now, by AWS's clock, in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        Timestamp::now().as_millisecond() + self.ahead.load(Ordering::Relaxed)
    }

    fn note(&self, date: &str) {
        if let Ok(theirs) = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date) {
            let ahead = theirs.as_millisecond() - Timestamp::now().as_millisecond();
            let ahead = if ahead.abs() < UNSURE { 0 } else { ahead };
            self.ahead.store(ahead, Ordering::Relaxed);
        }
    }
}

#[dyn_dispatch_hint]
impl Intercept for Skew {
    fn name(&self) -> &'static str {
        "Skew"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _runtime: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date") {
            self.note(date);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_is_what_the_answers_say() {
        let skew = Skew::default();
        let ahead = |skew: &Skew| skew.now() - Timestamp::now().as_millisecond();
        skew.note("nonsense");
        assert!(ahead(&skew).abs() < 100);
        skew.note("Mon, 01 Jan 2001 00:00:00 GMT");
        assert!(ahead(&skew) < -700_000_000_000);
    }
}
