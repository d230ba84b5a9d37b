//! Combines reads into batches: all reads that start together share one call, and those that start while a call is in
//! flight share the next one.

use crate::error::{Error, Result};
use futures_util::future::LocalBoxFuture;
use std::cell::RefCell;
use std::rc::Rc;
use tokio::sync::oneshot;

type Answerer<Q, A> = Box<dyn Fn(Vec<Q>) -> LocalBoxFuture<'static, Result<A>>>;
type Reply<A> = oneshot::Sender<Result<Rc<A>>>;

struct Queue<Q, A> {
    waiting: Vec<(Q, Reply<A>)>,
    draining: bool,
}

/// Combines queries of type `Q` into calls that return an `A`. Each query of a batch gets the whole answer and takes
/// its part of it.
pub struct Batch<Q, A> {
    queue: RefCell<Queue<Q, A>>,
    answer: Answerer<Q, A>,
}

impl<Q: 'static, A: 'static> Batch<Q, A> {
    /// A batch whose calls are made by `answer`. Must be used inside a `LocalSet`.
    pub fn new(
        answer: impl Fn(Vec<Q>) -> LocalBoxFuture<'static, Result<A>> + 'static,
    ) -> Rc<Self> {
        Rc::new(Self {
            queue: RefCell::new(Queue {
                waiting: Vec::new(),
                draining: false,
            }),
            answer: Box::new(answer),
        })
    }

    /// Adds a query to the next call and waits for its answer. Fails with the error of the call.
    pub async fn ask(self: &Rc<Self>, query: Q) -> Result<Rc<A>> {
        let (reply, answer) = oneshot::channel();
        let start = {
            let mut queue = self.queue.borrow_mut();
            queue.waiting.push((query, reply));
            !std::mem::replace(&mut queue.draining, true)
        };
        if start {
            tokio::task::spawn_local(self.clone().drain());
        }
        answer
            .await
            .map_err(|_| Error::failed("a read was cancelled"))?
    }

    async fn drain(self: Rc<Self>) {
        loop {
            let batch = {
                let mut queue = self.queue.borrow_mut();
                if queue.waiting.is_empty() {
                    queue.draining = false;
                    return;
                }
                std::mem::take(&mut queue.waiting)
            };
            let (queries, replies): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
            let answer = (self.answer)(queries).await.map(Rc::new);
            for reply in replies {
                // The receiver may be gone: a cancelled run drops its reads.
                let _ = reply.send(answer.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::cell::Cell;

    #[tokio::test]
    async fn queries_that_start_together_share_a_call() {
        let calls = Rc::new(Cell::new(0));
        let counted = calls.clone();
        let batch = Batch::new(move |queries: Vec<u32>| {
            counted.set(counted.get() + 1);
            Box::pin(async move { Ok(queries) })
        });
        let local = tokio::task::LocalSet::new();
        local
            .run_until(async {
                let answers = join_all((0..5).map(|n| batch.ask(n))).await;
                assert!(
                    answers
                        .iter()
                        .all(|answer| answer.as_ref().unwrap().len() == 5)
                );
                batch.ask(9).await.unwrap();
            })
            .await;
        assert_eq!(calls.get(), 2);
    }
}
