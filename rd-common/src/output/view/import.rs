//! The last line of `import` and `rebuild`.

use crate::output::style::{OK, paint};
use crate::output::view::apply;
use crate::records::End;

/// How many resources were imported into the state.
pub(super) fn summary(end: &End) -> String {
    let counts = apply::counts(end);
    if counts.is_empty() {
        paint(OK, "the state is complete: nothing to import")
    } else {
        counts
    }
}
