//! Sets the tags of adopted resources: the only change of an adoption in AWS.

use crate::commands::adopt::examine::tag_text;
use crate::error::{Error, Result};
use crate::plan::refreshed::Refreshed;
use crate::resource::slice::Slice;
use crate::stack::{ADOPTED_TAG, Tags};
use crate::state::lock_guard::check_held;
use crate::state::session::Session;
use futures_util::future::join_all;

/// How many tag calls run at the same time.
const AT_ONCE: usize = 10;

/// Sets the tags that the adopted resources of the state still lack, and records each in the state.
pub(super) async fn tag_all<S: Slice>(refreshed: &Refreshed<S>, open: &Session) -> Result<()> {
    let missing: Vec<(String, String, String, Tags, Tags)> = open.read(|document| {
        let adopted = document
            .resources
            .iter()
            .filter(|(_, one)| one.adopted.is_some());
        adopted
            .filter_map(|(address, one)| {
                let all = refreshed.ctx.stack.tags_for(address);
                let missing: Tags = all
                    .iter()
                    .filter(|(key, value)| one.tags.get(*key) != Some(value))
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect();
                let id = one.id.clone().filter(|_| !missing.is_empty())?;
                Some((address.clone(), one.kind.clone(), id, missing, all))
            })
            .collect()
    });
    let tag = async |(address, kind, id, missing, all): &(String, String, String, Tags, Tags)| {
        let ctx = &refreshed.ctx;
        if ctx.cancel.is_cancelled() {
            return Err(Error::interrupted());
        }
        check_held(open.lock()).await?;
        let any = refreshed.kinds.get(kind)?;
        let mut set = missing.clone();
        open.read(|document| {
            let one = document.resources.get(address);
            let adopted = one.and_then(|one| Some((&one.spec, one.adopted.as_ref()?)));
            for (field, tag) in any.in_tags() {
                if let Some((spec, adopted)) = adopted
                    && adopted.tags_before.contains_key(*tag)
                    && let Some(text) = spec.get(*field).and_then(tag_text)
                {
                    set.insert((*tag).to_owned(), text);
                }
            }
        });
        set.insert(ADOPTED_TAG.to_owned(), "terraform".to_owned());
        let tagged = ctx.retrying(|| any.tag(ctx, id, &set, &[])).await;
        tagged.map_err(|error| error.at(address))?;
        open.change(|document| {
            if let Some(one) = document.resources.get_mut(address) {
                one.tags.clone_from(all);
            }
        });
        Ok(())
    };
    for some in missing.chunks(AT_ONCE) {
        for done in join_all(some.iter().map(tag)).await {
            done?;
        }
    }
    Ok(())
}
