//! Image archives in the formats of `docker save` and buildx, written without either of them.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// A file of an archive: its name and its contents. Tests change them before the archive is written.
pub type Entry = (String, Vec<u8>);

/// The digest of some bytes, such as `sha256:0123…`.
pub fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// The path of the blob with this digest in an OCI layout.
pub fn blob_path(digest: &str) -> String {
    format!("blobs/{}", digest.replace(':', "/"))
}

/// Random bytes, which cannot be compressed. The same seed gives the same bytes.
pub fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// An uncompressed layer: a tar archive with one file of `size` random bytes.
pub fn layer(seed: u64, size: usize) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    append(&mut tar, &format!("data-{seed}"), &noise(seed, size));
    tar.into_inner().unwrap()
}

fn append<W: Write>(tar: &mut tar::Builder<W>, name: &str, bytes: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    tar.append_data(&mut header, name, bytes).unwrap();
}

/// Writes an archive with these files to `path`.
pub fn write(path: &Path, entries: &[Entry]) {
    let mut tar = tar::Builder::new(BufWriter::new(File::create(path).unwrap()));
    for (name, bytes) in entries {
        append(&mut tar, name, bytes);
    }
    tar.into_inner().unwrap().flush().unwrap();
}

/// The configuration of an image with these layers, as JSON.
pub fn config(architecture: &str, layers: &[Vec<u8>]) -> Vec<u8> {
    let diff_ids: Vec<String> = layers.iter().map(|layer| digest(layer)).collect();
    json!({
        "architecture": architecture,
        "os": "linux",
        "config": {"Cmd": ["/app"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    })
    .to_string()
    .into_bytes()
}

/// The files that `docker save NAME` wrote until Docker 24: uncompressed layers, each in a folder of its own.
pub fn docker_saved(names: &[&str], architecture: &str, layers: &[Vec<u8>]) -> Vec<Entry> {
    let config = config(architecture, layers);
    let hash = |bytes: &[u8]| digest(bytes).replace("sha256:", "");
    let config_name = format!("{}.json", hash(&config));
    let mut entries: Vec<Entry> = vec![(config_name.clone(), config)];
    let mut paths = Vec::new();
    for layer in layers {
        let path = format!("{}/layer.tar", hash(layer));
        entries.push((path.clone(), layer.clone()));
        paths.push(path);
    }
    let manifest = json!([{"Config": config_name, "RepoTags": names, "Layers": paths}]);
    entries.push((
        "manifest.json".to_owned(),
        manifest.to_string().into_bytes(),
    ));
    entries
}

/// The files of an OCI layout that is being built.
#[derive(Default)]
pub struct Layout {
    /// The files added so far.
    pub entries: Vec<Entry>,
}

impl Layout {
    /// Adds a blob. Returns its descriptor, for a manifest.
    pub fn add(&mut self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = digest(bytes);
        let path = blob_path(&digest);
        if !self.entries.iter().any(|(name, _)| *name == path) {
            self.entries.push((path, bytes.to_vec()));
        }
        json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
    }

    /// Adds an image with these layers, each with its media type. Returns its descriptor, for an index.
    pub fn image(&mut self, config: &[u8], layers: &[(&str, Vec<u8>)]) -> Value {
        let config = self.add("application/vnd.oci.image.config.v1+json", config);
        let layers: Vec<Value> = layers
            .iter()
            .map(|(kind, bytes)| self.add(kind, bytes))
            .collect();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config,
            "layers": layers,
        });
        self.add(
            "application/vnd.oci.image.manifest.v1+json",
            manifest.to_string().as_bytes(),
        )
    }

    /// Adds an index of images. Returns its descriptor, for another index.
    pub fn index(&mut self, images: &[Value]) -> Value {
        let index = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": images,
        });
        self.add(
            "application/vnd.oci.image.index.v1+json",
            index.to_string().as_bytes(),
        )
    }

    /// All files of the layout. Its `index.json` has these descriptors.
    pub fn finish(mut self, roots: &[Value]) -> Vec<Entry> {
        let version = json!({"imageLayoutVersion": "1.0.0"}).to_string();
        let index = json!({"schemaVersion": 2, "manifests": roots}).to_string();
        self.entries
            .push(("oci-layout".to_owned(), version.into_bytes()));
        self.entries
            .push(("index.json".to_owned(), index.into_bytes()));
        self.entries
    }
}
