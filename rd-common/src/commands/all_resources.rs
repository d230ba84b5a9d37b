//! The first step of `rebuild`, `import` and `doctor`: reads all resources of the slice from AWS, untracked ones
//! included.

use crate::error::Result;
use crate::pipe::output_resolver::OutputResolver;
use crate::pipe::slice_session::SliceSession;
use crate::plan::find_by_tags::find_untracked;
use crate::plan::planned::Plan;
use crate::plan::refreshed::Refreshed;
use crate::resource::kind::Found;
use crate::resource::slice::Slice;
use crate::state::document::Document;
use serde_json::Value;
use std::rc::Rc;
use std::time::Duration;

/// How long these commands wait for another run's lock.
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// All resources of a slice in AWS, compared with the settings and the state.
pub(super) struct AllResources<S: Slice> {
    /// The resources in the settings with the live resource for each.
    pub(super) refreshed: Refreshed<S>,
    /// The outputs of other slices, resolved.
    pub(super) outputs: Rc<OutputResolver>,
    /// The plan of an apply.
    pub(super) plan: Plan,
    /// The untracked resources with their kinds.
    pub(super) untracked: Vec<(&'static str, Found<Value>)>,
}

/// Reads all resources of the slice from AWS, and changes nothing.
pub(super) async fn read_all<S: Slice>(
    session: &SliceSession<S>,
    state: &Document,
) -> Result<AllResources<S>> {
    let outputs = OutputResolver::new(session);
    let refreshed = Refreshed::read(session, state, &outputs).await?;
    outputs.resolve(refreshed.parts.nodes.iter()).await?;
    let plan = refreshed.plan(state, &outputs)?;
    let untracked = find_untracked(&refreshed.ctx, &refreshed.kinds, state, &plan).await?;
    Ok(AllResources {
        refreshed,
        outputs,
        plan,
        untracked,
    })
}
