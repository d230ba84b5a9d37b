//! Reads of many resources at once become one call a kind: whoever asks while a read is on its way joins the next one.

use crate::engine::cx::Cx;
use crate::error::{Error, Result};
use crate::model::erased::Kinds;
use crate::model::kind::{Found, Wanted};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use tokio::sync::oneshot;

type Answer = Result<Rc<Vec<Found<Value>>>>;

#[derive(Default)]
struct Queue {
    waiting: Vec<(Wanted<Value>, oneshot::Sender<Answer>)>,
    draining: bool,
}

/// Reads resources, batched by kind.
pub struct Reader<C> {
    cx: Rc<Cx<C>>,
    kinds: Rc<Kinds<C>>,
    queues: RefCell<HashMap<String, Queue>>,
}

impl<C: 'static> Reader<C> {
    /// A reader for these kinds.
    pub fn new(cx: Rc<Cx<C>>, kinds: Rc<Kinds<C>>) -> Rc<Self> {
        Rc::new(Self {
            cx,
            kinds,
            queues: RefCell::default(),
        })
    }

    /// Everything that AWS has for `wanted`.
    pub async fn find(self: &Rc<Self>, kind: &str, wanted: Wanted<Value>) -> Result<Vec<Found<Value>>> {
        let (sender, receiver) = oneshot::channel();
        let address = wanted.address.clone();
        let start = {
            let mut queues = self.queues.borrow_mut();
            let queue = queues.entry(kind.to_owned()).or_default();
            queue.waiting.push((wanted, sender));
            !std::mem::replace(&mut queue.draining, true)
        };
        if start {
            tokio::task::spawn_local(self.clone().drain(kind.to_owned()));
        }
        let all = receiver
            .await
            .map_err(|_| Error::failed("a read was given up"))??;
        Ok(all
            .iter()
            .filter(|found| found.address == address)
            .cloned()
            .collect())
    }

    async fn drain(self: Rc<Self>, kind: String) {
        loop {
            let batch = {
                let mut queues = self.queues.borrow_mut();
                let queue = queues.entry(kind.clone()).or_default();
                if queue.waiting.is_empty() {
                    queue.draining = false;
                    return;
                }
                std::mem::take(&mut queue.waiting)
            };
            let (wanted, senders): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
            let answer = match self.kinds.get(&kind) {
                Ok(any) => any.find(&self.cx, wanted).await.map(Rc::new),
                Err(error) => Err(error),
            };
            for sender in senders {
                // Whoever asked may be gone: a cancelled run drops its waits.
                let _ = sender.send(answer.clone());
            }
        }
    }
}
