//! What `rebuild`, `import` and `doctor` begin with: everything that AWS has of the slice, and what a plan would do.

use crate::error::Result;
use crate::pipe::output_resolver::OutputResolver;
use crate::pipe::slice_session::SliceSession;
use crate::plan::planner::Plan;
use crate::plan::refreshed::Refreshed;
use crate::plan::untracked::find_untracked;
use crate::resource::kind::Found;
use crate::resource::slice::Slice;
use crate::state::document::Document;
use serde_json::Value;
use std::rc::Rc;
use std::time::Duration;

/// How long these commands wait for another run's lock.
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// The slice's resources in AWS, compared with the settings and the state.
pub(super) struct Scan<S: Slice> {
    /// The wanted resources with what AWS has for each.
    pub(super) refreshed: Refreshed<S>,
    /// Outputs of other slices.
    pub(super) outputs: Rc<OutputResolver>,
    /// What an apply would do.
    pub(super) plan: Plan,
    /// Resources, by kind, that are tagged for this slice and in no state.
    pub(super) untracked: Vec<(&'static str, Found<Value>)>,
}

/// Reads everything. Changes nothing.
pub(super) async fn scan<S: Slice>(session: &SliceSession<S>, state: &Document) -> Result<Scan<S>> {
    let outputs = OutputResolver::new(session);
    let refreshed = Refreshed::read(session, state, &outputs).await?;
    outputs.resolve(refreshed.parts.nodes.iter()).await?;
    let plan = refreshed.plan(state, &outputs)?;
    let untracked = find_untracked(&refreshed.ctx, &refreshed.kinds, state, &plan).await?;
    Ok(Scan {
        refreshed,
        outputs,
        plan,
        untracked,
    })
}
