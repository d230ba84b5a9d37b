//! What is dangerous about each change of a plan, as its kind says.

use crate::error::Result;
use crate::plan::planned::Planned;
use crate::records::{Danger, Risk};
use crate::resource::action::Action;
use crate::resource::any_kind::Kinds;
use crate::resource::kind::ReplaceOrder;

/// The dangers of what a plan does with a resource.
pub(super) fn risks<C: 'static>(kinds: &Kinds<C>, planned: &Planned) -> Result<Vec<Risk>> {
    let any = kinds.get(&planned.kind)?;
    let mut risks = Vec::new();
    let mut add = |danger, reason: String| risks.push(Risk { danger, reason });
    if matches!(planned.action, Action::Delete | Action::Replace)
        && planned.live.is_some()
        && let Some(data) = any.data()
    {
        add(Danger::Data, data.to_owned());
    }
    match planned.action {
        Action::Replace if planned.replace_order == ReplaceOrder::DeleteFirst => {
            let reason = "it is deleted before its successor exists";
            add(Danger::Downtime, reason.to_owned());
        }
        Action::Update => {
            if let Some(live) = &planned.live
                && let Some(reason) = any.downtime(&live.live, &planned.fields)?
            {
                add(Danger::Downtime, reason);
            }
        }
        _ => {}
    }
    Ok(risks)
}
