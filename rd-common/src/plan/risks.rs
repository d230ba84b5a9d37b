//! What is dangerous about each change of a plan, as its kind says.

use crate::error::Result;
use crate::plan::planned::Planned;
use crate::records::{Danger, Risk};
use crate::resource::action::Action;
use crate::resource::any_kind::Kinds;

/// The dangers of what a plan does with a resource. `destroys` says that the plan deletes all that there is: then nobody needs
/// to be told that nothing works any more.
pub(super) fn risks<C: 'static>(
    kinds: &Kinds<C>,
    planned: &Planned,
    destroys: bool,
) -> Result<Vec<Risk>> {
    let any = kinds.get(&planned.kind)?;
    let mut risks = Vec::new();
    let mut add = |danger, reason: String| risks.push(Risk { danger, reason });
    let Some(live) = &planned.live else {
        return Ok(risks);
    };
    let removed = matches!(planned.action, Action::Delete | Action::Replace);
    if let Some(data) = any.data().filter(|_| removed) {
        add(Danger::Data, data.to_owned());
    }
    let downtime = match planned.action {
        Action::Delete if !destroys => any.while_gone().map(str::to_owned),
        Action::Replace => any.replacement_downtime(&planned.fields),
        Action::Update => any.downtime(&live.live, &planned.fields)?,
        _ => None,
    };
    if let Some(reason) = downtime {
        add(Danger::Downtime, reason);
    }
    Ok(risks)
}
