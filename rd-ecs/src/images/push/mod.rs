//! From an archive to the registry: what is in it, and how it gets there. A layer is read as it is sent; none is ever
//! held in memory or written to disk, whatever its size.

mod archive;
mod compress;
mod content;
mod docker;
mod layout;
mod meter;
mod publish;
mod read;
mod send;
mod tags;
mod upload;

pub use archive::Archive;
pub use content::Content;
pub use meter::size_text;
pub use publish::{publish, standing, taken};
pub use read::read;
pub use send::{Sent, send};
pub use tags::check as check_tag;

/// How many layers are read or sent at once.
const AT_ONCE: usize = 4;
/// How much is read, compressed and sent at a time.
const PIECE: usize = 256 * 1024;
