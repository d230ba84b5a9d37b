//! An estimate as records, as text for people, and as Markdown.

mod changes;
mod markdown;
mod records;
mod rows;
mod text;

pub use markdown::{markdown, table as markdown_table};
pub use records::records;
pub use text::text;
