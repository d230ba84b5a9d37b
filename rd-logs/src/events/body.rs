//! The text of an answer of FilterLogEvents, and where in it the events are.
//!
//! The SDK makes three strings of each event, which takes most of the time of printing it; and what is printed as JSON is
//! what AWS sent as JSON. So an answer is kept as it came, and an event is a place in it.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

/// The size of an answer's buffer, in bytes: a page has at most 1 MB of events.
const PAGE: usize = 1_400_000;
/// How many buffers are kept for the next answers.
const SPARE: usize = 4;

thread_local! {
    static BUFFERS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// A buffer for an answer: one that was used before, if there is one, so that its memory is there.
pub fn buffer() -> Vec<u8> {
    let spare = BUFFERS.with(|spare| spare.borrow_mut().pop());
    spare.unwrap_or_else(|| Vec::with_capacity(PAGE))
}

/// The text of an answer.
#[derive(Debug)]
pub struct Body {
    text: String,
}

impl Body {
    /// From a text.
    pub fn new(text: String) -> Rc<Self> {
        Rc::new(Self { text })
    }

    /// The whole text, as bytes.
    pub fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// A part of it.
    pub fn part(&self, place: &Range<u32>) -> &str {
        let place = place.start as usize..place.end as usize;
        self.text.get(place).unwrap_or_default()
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.text.len()
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.text).into_bytes();
        bytes.clear();
        BUFFERS.with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < SPARE {
                spare.push(bytes);
            }
        });
    }
}
