//! `rebuild`: rebuilds the state from the resources that AWS has with this slice's tags.

use crate::commands::all_resources::{LOCK_TIMEOUT, read_all};
use crate::commands::import_resources::{import_all, import_and_save};
use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::pipe::slice_session;
use crate::records::Verb;
use crate::resource::slice::Slice;
use crate::state::document::Document;
use crate::state::session::LoadedState;

/// Imports every resource of slice `S` that AWS has and the state lacks.
pub(crate) async fn run<S: Slice>(context: &Context) -> Result<Exit> {
    slice_session::run::<S, _>(context, Verb::Rebuild, false, |session| async move {
        let rebuild = async |state: LoadedState, lock| {
            let all = read_all(&session, &state.document).await?;
            let import = |document: &mut Document| import_all(document, &all);
            import_and_save(&session, context, state, lock, Verb::Rebuild, &all, import).await
        };
        session
            .with_lock(context, Verb::Rebuild, LOCK_TIMEOUT, rebuild)
            .await
    })
    .await
}
