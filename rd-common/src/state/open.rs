//! Opens the state store that `rd.toml` chooses. No other place knows which stores exist.

use crate::aws::Access;
use crate::error::Result;
use crate::settings::{Backend, StateSettings};
use crate::state::local::LocalStore;
use crate::state::store::Store;
use std::path::Path;
use std::rc::Rc;

/// Opens the store that `[state]` in `rd.toml` names. `folder` is the folder of `rd.toml`; `state_dir` is
/// `--state-dir`, which only the local store has. `access` is for stores in AWS.
pub async fn open(
    settings: &StateSettings,
    folder: &Path,
    state_dir: Option<&Path>,
    access: &Access,
) -> Result<Rc<dyn Store>> {
    let _ = access;
    match settings.backend {
        Backend::Local => {
            let root = state_dir.map_or_else(|| folder.join(".rd"), Path::to_path_buf);
            Ok(Rc::new(LocalStore::new(root).keeping(settings.retention())))
        }
    }
}
