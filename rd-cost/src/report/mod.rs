//! What the commands print: an estimate as records, as text for people, and as Markdown; lists of findings as text.

mod changes;
mod entry;
mod markdown;
mod records;
mod rows;
mod text;

pub use entry::entry;
pub use markdown::{markdown, table as markdown_table};
pub use records::records;
pub use text::text;
