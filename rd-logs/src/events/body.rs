//! The body of a FilterLogEvents response, kept as the JSON text that AWS sent.
//!
//! The SDK would allocate three strings for each event, which takes most of the time of printing it. And what is
//! printed as JSON has arrived as JSON. So the body is kept as it is, and an event is a set of ranges in it.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

/// The size of a full page, in bytes: it has at most 1 MB of events, plus their JSON.
pub const PAGE_BYTES: usize = 1_400_000;
/// How many free buffers are kept for the next responses.
const FREE_BUFFERS: usize = 4;

thread_local! {
    static BUFFERS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// An empty buffer for a body: one that was used before, if there is one, because its memory is already mapped.
pub fn buffer() -> Vec<u8> {
    let free = BUFFERS.with(|buffers| buffers.borrow_mut().pop());
    free.unwrap_or_else(|| Vec::with_capacity(PAGE_BYTES))
}

/// The JSON text of a response. Its buffer is used again once no event refers to it.
#[derive(Debug)]
pub struct Body {
    text: String,
}

impl Body {
    /// A body to be shared by its events.
    pub fn new(text: String) -> Rc<Self> {
        Rc::new(Self { text })
    }

    /// The whole text, as bytes.
    pub fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The text in a range of bytes; empty if there is no such range.
    pub fn part(&self, range: &Range<u32>) -> &str {
        let range = range.start as usize..range.end as usize;
        self.text.get(range).unwrap_or_default()
    }

    /// The length of the text in bytes.
    pub fn len(&self) -> usize {
        self.text.len()
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.text).into_bytes();
        bytes.clear();
        BUFFERS.with(|buffers| {
            let mut buffers = buffers.borrow_mut();
            if buffers.len() < FREE_BUFFERS {
                buffers.push(bytes);
            }
        });
    }
}
