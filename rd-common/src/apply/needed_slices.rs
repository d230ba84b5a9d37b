//! An apply and the destroy of a slice that it needs cannot cross: the destroy writes `destroying` before it reads who
//! uses the slice, and the apply writes what it needs before it reads `destroying`. So one of them sees the other.

use crate::error::{Error, Result};
use crate::pipe::session::PipeSession;
use crate::slices::program_of;
use crate::state::store::Key;
use std::collections::BTreeSet;

/// Refuses where one of the slices in `needs` is being destroyed. `needs` must be in the stored state by now. A slice in
/// the pipe is being applied, whatever its state says.
pub(super) async fn refuse_destroying(pipe: &PipeSession, needs: &BTreeSet<String>) -> Result<()> {
    for slice in needs.iter().filter(|slice| !pipe.upstream.has(slice)) {
        let key = Key {
            stack: pipe.stack.id(),
            slice: slice.clone(),
        };
        let stored = pipe.store.load(&key).await?;
        if stored.is_some_and(|stored| stored.document.destroying) {
            let program = program_of(slice);
            return Err(Error::refused(format!(
                "{program} is being destroyed, or its destroy was interrupted, and this slice needs it"
            ))
            .hint(format!("nothing was changed; run {program} apply first")));
        }
    }
    Ok(())
}
