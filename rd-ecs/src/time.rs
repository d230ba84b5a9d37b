//! Times as the SDK returns them, converted to `jiff`'s.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// Converts a time of the SDK; the epoch where AWS sent one that cannot be represented.
pub fn timestamp(at: Option<&DateTime>) -> Option<Timestamp> {
    at.map(|at| {
        let millis = at.to_millis().unwrap_or_default();
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
    })
}
