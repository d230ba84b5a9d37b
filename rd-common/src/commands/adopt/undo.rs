//! `adopt --undo`: gives adopted resources their tags back, and forgets them.

use crate::commands::adopt::finished;
use crate::error::{Error, Result};
use crate::pipe::session::Finished;
use crate::pipe::slice_session::SliceSession;
use crate::plan::read_ahead::Reading;
use crate::records::FORGOTTEN;
use crate::resource::ctx::Ctx;
use crate::resource::kind::Wanted;
use crate::resource::slice::Slice;
use crate::stack::Tags;
use crate::state::document::Resource;
use crate::state::lock_guard::check_held;
use crate::state::session::{LoadedState, Session};
use crate::state::store::Lock;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Undoes the adoption of all resources of the slice. Refuses where rd has created resources since then.
pub(super) async fn undo<S: Slice>(
    session: &SliceSession<S>,
    state: LoadedState,
    lock: Rc<dyn Lock>,
) -> Result<Finished> {
    let resources = state.document.resources.clone();
    let created: Vec<&str> = resources
        .iter()
        .filter(|(_, one)| one.adopted.is_none())
        .map(|(address, _)| address.as_str())
        .collect();
    if !created.is_empty() && created.len() < resources.len() {
        return Err(Error::refused(format!(
            "rd has created resources since the adoption: {}",
            created.join(", ")
        ))
        .hint("nothing was changed; delete them, and rd-state rm their addresses, then undo the adoption"));
    }
    let aws = session
        .aws
        .as_ref()
        .ok_or_else(|| Error::failed("an undo needs access to AWS"))?;
    let reading: Reading<S> = Reading::new(Ctx::new(
        S::clients(aws, &session.stack, &session.config),
        S::NAME,
        session.stack.clone(),
        session.cancel.clone(),
        session.progress.clone(),
    ));
    let open = Session::new(session.store.clone(), session.key(), lock, state, "adopt");
    let mut count = 0;
    let mut failed = None;
    for (address, resource) in resources.iter().filter(|(_, one)| one.adopted.is_some()) {
        let done = give_back(session, &reading, &open, address, resource).await;
        if let Err(error) = done {
            failed = Some(error.at(address));
            break;
        }
        open.change(|document| document.resources.remove(address));
        count += 1;
    }
    if count > 0 {
        open.change(|document| {
            if document.resources.is_empty() {
                document.outputs.clear();
                document.needs.clear();
                document.optional_needs.clear();
            }
        });
        open.save().await?;
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(finished(
            &open,
            BTreeMap::from([(FORGOTTEN.to_owned(), count)]),
        )),
    }
}

/// Gives one resource its tags back. What somebody has changed since the adoption stays.
async fn give_back<S: Slice>(
    session: &SliceSession<S>,
    reading: &Reading<S>,
    open: &Session,
    address: &str,
    resource: &Resource,
) -> Result<()> {
    let (Some(adopted), Some(id)) = (&resource.adopted, &resource.id) else {
        return Ok(());
    };
    if adopted.tags_before.is_empty() {
        return Ok(());
    }
    let one = Wanted {
        address: address.to_owned(),
        id: Some(id.clone()),
        spec: Some(resource.spec.clone()),
    };
    let found = reading.reader.find(&resource.kind, one).await?;
    let Some(live) = found
        .into_iter()
        .find(|one| one.id == *id)
        .and_then(|one| one.tags)
    else {
        return Ok(());
    };
    let ours = session.stack.tags_for(address);
    let (mut set, mut remove) = (Tags::new(), Vec::new());
    for (key, before) in &adopted.tags_before {
        let is_ours = ours
            .get(key)
            .is_none_or(|value| live.get(key) == Some(value));
        match before {
            _ if !is_ours || !live.contains_key(key) => {}
            Some(before) => {
                set.insert(key.clone(), before.clone());
            }
            None => remove.push(key.clone()),
        }
    }
    if set.is_empty() && remove.is_empty() {
        return Ok(());
    }
    check_held(open.lock()).await?;
    let kinds = S::kinds();
    let any = kinds.get(&resource.kind)?;
    let ctx = &reading.ctx;
    ctx.retrying(|| any.tag(ctx, id, &set, &remove)).await
}
