//! `rebuild`: a state made anew from what AWS has.

use crate::cli::Program;
use crate::error::Result;
use crate::exit::Exit;
use crate::model::slice::Slice;
use crate::verbs::apply::locked;
use crate::verbs::pipe::piped;
use crate::verbs::take::{LIMITS, look, save, take_all};

/// Runs `rebuild`: takes in everything that AWS has of this slice.
pub(crate) async fn run<S: Slice>(program: &Program) -> Result<Exit> {
    piped::<S, _>(program, "rebuild", false, |pipe| async move {
        locked(&pipe, program, "rebuild", &LIMITS, |state| {
            let pipe = pipe.clone();
            async move {
                let looked = look(&pipe, program, &state).await?;
                save(
                    &pipe,
                    program,
                    state,
                    "rebuild",
                    &looked,
                    |document, taken| {
                        take_all(document, &looked, taken);
                    },
                )
                .await
            }
        })
        .await
    })
    .await
}
