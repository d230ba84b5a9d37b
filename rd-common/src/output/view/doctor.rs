//! The last line of `doctor`. Its findings are warnings, which go to stderr.

use crate::output::style::{ERROR, OK, WARN, paint};
use crate::records::{End, Ended};

/// How many problems were found, and how many of them were fixed.
pub(super) fn summary(end: &End) -> String {
    let count = |name: &str| end.counts.get(name).copied().unwrap_or(0);
    match (count("findings"), count("fixed")) {
        (0, _) if end.status == Ended::Ok => paint(OK, "no problems found"),
        (0, _) => paint(ERROR, "could not be checked"),
        (1, 0) => paint(WARN, "1 problem found"),
        (found, 0) => paint(WARN, format!("{found} problems found")),
        (1, _) => paint(WARN, "1 problem found, 1 fixed"),
        (found, fixed) => paint(WARN, format!("{found} problems found, {fixed} fixed")),
    }
}
