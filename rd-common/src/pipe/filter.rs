//! A filter: a program in a pipe that owns no resources. It reads the records of the slices before it, passes them on,
//! and adds records of its own.

use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::pipe::intake::Intake;
use crate::pipe::session::{self, Finished, Member, PipeSession};
use crate::pipe::upstream::Upstream;
use crate::records::{Record, Verb};
use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

/// Runs a filter. `name` is the `slice` of its records, `verb` its command. `on_record` is called with each record from
/// upstream, in order. When upstream has ended, `finish` may write records, and returns how the filter ended. The
/// filter itself makes no call to AWS; `finish` may, where the user asks for it.
pub async fn run<F>(
    context: &Context,
    name: &'static str,
    verb: Verb,
    on_record: impl FnMut(&Record) + 'static,
    finish: impl FnOnce(Rc<PipeSession>) -> F,
) -> Result<Exit>
where
    F: Future<Output = Result<Finished>>,
{
    let upstream = Upstream::new(name, Intake::of_filter(&verb), context.stack.clone());
    let on_record = RefCell::new(on_record);
    upstream.on_record(Box::new(move |record| (on_record.borrow_mut())(record)));
    let member = Member {
        name,
        verb,
        offline: true,
    };
    session::run(
        context,
        member,
        upstream,
        |_| Ok(()),
        |session, ()| async move {
            session.upstream.finish().await?;
            finish(session).await
        },
    )
    .await
}
