//! What only AWS knows about the changes of a plan, such as whether it offers an instance class in this region.

use crate::error::Result;
use crate::plan::planned::{Plan, Planned};
use crate::resource::action::Action;
use crate::resource::any_kind::Kinds;
use crate::resource::change::touches;
use crate::resource::ctx::Ctx;
use crate::resource::slice::Note;
use futures_util::future::join_all;

/// Asks AWS about what the plan creates and changes ([`crate::Kind::check_with_aws`]): refuses what it does not offer, and
/// returns what the user has to know. A plan without changes asks nothing.
pub async fn check_with_aws<C: 'static>(
    ctx: &Ctx<C>,
    kinds: &Kinds<C>,
    plan: &mut Plan,
) -> Result<Vec<Note>> {
    let asking = plan.resources.iter_mut().map(async |one| {
        if one.refused.is_some() || fields(kinds, one)?.is_empty() {
            return Ok(Vec::new());
        }
        let Some(node) = &one.node else {
            return Ok(Vec::new());
        };
        let any = kinds.get(&one.kind)?;
        let is_new = matches!(one.action, Action::Create | Action::Replace);
        let live = one.live.as_ref().filter(|_| !is_new);
        let live = live.map(|live| &live.live);
        let checked = any.check_with_aws(ctx, &node.spec, live, &one.fields);
        match checked.await {
            Ok(notes) => Ok(notes),
            Err(error) => {
                one.refused = Some(error.at(&one.address));
                Ok(Vec::new())
            }
        }
    });
    let notes: Result<Vec<Vec<Note>>> = join_all(asking).await.into_iter().collect();
    Ok(notes?.into_iter().flatten().collect())
}

/// What an offline plan did not check, for people; none where there is nothing to check.
pub fn not_checked<C: 'static>(kinds: &Kinds<C>, plan: &Plan) -> Result<Option<String>> {
    let mut all = Vec::new();
    for one in &plan.resources {
        let fields = fields(kinds, one)?;
        if !fields.is_empty() {
            all.push(format!("{} of {}", fields.join(", "), one.address));
        }
    }
    Ok((!all.is_empty()).then(|| all.join("; ")))
}

/// The fields of a resource that AWS has to be asked about: none unless the plan sets or changes one of them.
fn fields<C: 'static>(kinds: &Kinds<C>, one: &Planned) -> Result<Vec<&'static str>> {
    if matches!(one.action, Action::None | Action::Delete) {
        return Ok(Vec::new());
    }
    let checked = kinds.get(&one.kind)?.checked_with_aws().iter();
    let touched = checked.filter(|path| touches(&one.fields, path));
    Ok(touched.copied().collect())
}
