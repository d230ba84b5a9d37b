//! The last line of `import`, `rebuild` and `adopt`.

use crate::output::style::{OK, paint};
use crate::output::view::apply;
use crate::records::{End, FORGOTTEN};

/// How many resources were imported into the state.
pub(super) fn summary(end: &End) -> String {
    if let Some(forgotten) = end.counts.get(FORGOTTEN) {
        return paint(
            OK,
            format!("{forgotten} forgotten, with the tags that they had"),
        );
    }
    let counts = apply::counts(end);
    if counts.is_empty() {
        paint(OK, "the state is complete: nothing to import")
    } else {
        counts
    }
}
