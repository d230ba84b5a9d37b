//! Image tags: whether one is valid, and which tags the names in an archive have.
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests>

use crate::kinds::repository::revision_tags;
use crate::names::NO_IMAGE_TAG;
use rd_common::{Error, Result};

/// Fails if a text is not a valid tag, or is reserved by rd-ecs.
pub fn check(tag: &str) -> Result<()> {
    let first = tag.bytes().next();
    let valid_start = first.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    let plain = tag
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if !valid_start || !plain || tag.len() > 128 {
        return Err(Error::usage(format!("`{tag}` is not a valid tag"))
            .hint("use letters, digits, `_`, `.` and `-`, at most 128 characters, not beginning with `.` or `-`"));
    }
    if NO_IMAGE_TAG.strip_prefix(':') == Some(tag) {
        return Err(Error::usage(format!(
            "the tag `{tag}` is reserved: it means that there is no image yet"
        ))
        .hint("pass another tag"));
    }
    if revision_tags::revision_of(tag).is_some() {
        return Err(Error::usage(format!(
            "the tag `{tag}` is reserved: rd-ecs tags the image of each revision with its number"
        ))
        .hint("pass another tag; rd-ecs rollback --to deploys an earlier revision"));
    }
    Ok(())
}

/// The tag in a name such as `localhost:5000/app:v42`; none where it has none.
pub fn of_name(name: &str) -> Option<&str> {
    let name = name.split('@').next()?;
    let last = name.rsplit('/').next()?;
    last.split_once(':').map(|(_, tag)| tag)
}

/// The tag in the annotation of an index: a tag or, from some tools, a whole name.
/// <https://github.com/opencontainers/image-spec/blob/main/annotations.md>
pub fn of_annotation(name: &str) -> Option<&str> {
    match name.contains(['/', ':']) {
        true => of_name(name),
        false => Some(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_checked() {
        for tag in ["v42", "_a", "1.2.3-rc.1", &"a".repeat(128)] {
            assert!(check(tag).is_ok(), "{tag}");
        }
        for tag in [
            "",
            ".a",
            "-a",
            "a b",
            "a:b",
            "a/b",
            "ä",
            &"a".repeat(129),
            "rd-none",
            "rd-42",
        ] {
            assert!(check(tag).is_err(), "{tag}");
        }
    }

    #[test]
    fn tags_are_found_in_names() {
        assert_eq!(of_name("app:v42"), Some("v42"));
        assert_eq!(of_name("localhost:5000/app"), None);
        assert_eq!(of_name("localhost:5000/app:v1"), Some("v1"));
        assert_eq!(of_annotation("v42"), Some("v42"));
        assert_eq!(of_annotation("docker.io/library/app:v42"), Some("v42"));
    }
}
