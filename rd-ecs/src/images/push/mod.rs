//! Pushes an image from an archive file to the stack's repository. Layers are read while they are sent: whatever its size,
//! no layer is held in memory or written to disk.

mod content;
mod docker_archive;
mod oci_layout;
mod progress_meter;
mod put_manifests;
mod read_blob;
mod read_image;
mod resumable_upload;
mod selection;
mod send_layers;
mod tags;
mod tar_archive;

pub use content::{Blob, ImageContent, ManifestDocument, Source};
pub use progress_meter::size_text;
pub use put_manifests::{Existing, existing, put_manifests, tag_taken};
pub use read_image::read_image;
pub use send_layers::{Sent, send_layers};
pub use tags::check as check_tag;
pub use tar_archive::{Section, TarArchive};

/// The most layers that are read or sent at the same time.
const MAX_PARALLEL_LAYERS: usize = 4;
/// How many bytes are read, compressed and sent at a time.
const CHUNK_SIZE: usize = 256 * 1024;
