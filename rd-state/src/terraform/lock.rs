//! The lock that Terraform holds on a local state while it runs.
//! <https://github.com/hashicorp/terraform/blob/main/internal/states/statemgr/filesystem.go>

use rd_common::{Error, Exit, Result};
use std::path::Path;

/// Fails where Terraform holds the lock of the state in this file.
pub fn refuse_if_locked(state: &Path) -> Result<()> {
    let Some(name) = state.file_name().and_then(|name| name.to_str()) else {
        return Ok(());
    };
    let info = state.with_file_name(format!(".{name}.lock.info"));
    if !info.exists() {
        return Ok(());
    }
    Err(Error::new(
        Exit::Locked,
        format!("Terraform holds the lock of {}", state.display()),
    )
    .hint(format!(
        "wait until it has ended; where no Terraform runs, delete {} or run terraform force-unlock",
        info.display()
    )))
}
