//! Which image of an archive is pushed, where it has several.

use super::tags;
use rd_common::{Error, Result};

/// The fewest characters of a digest that name an image, as in Docker's short ids.
const SHORTEST: usize = 7;

/// An image of an archive, as far as a choice needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The names or tags that the archive gives it.
    pub names: Vec<String>,
    /// The digest of its manifest; of its configuration where the archive has no manifest.
    pub digest: String,
}

impl Candidate {
    fn is(&self, wanted: &str) -> bool {
        let hash = |digest: &str| digest.trim_start_matches("sha256:").to_owned();
        let prefix = hash(wanted);
        let named = |name: &String| name == wanted || tags::of_annotation(name) == Some(wanted);
        self.names.iter().any(named)
            || (prefix.len() >= SHORTEST && hash(&self.digest).starts_with(&prefix))
    }

    fn text(&self) -> String {
        match self.names.first() {
            Some(name) => format!("{name} ({})", self.digest),
            None => self.digest.clone(),
        }
    }
}

/// The position of the image to push: the only one, or the one that `select` names by its name, tag or digest.
pub fn choose(archive: &str, images: &[Candidate], select: Option<&str>) -> Result<usize> {
    let all = || {
        let all: Vec<String> = images.iter().map(Candidate::text).collect();
        all.join(", ")
    };
    let Some(wanted) = select else {
        return match images.len() {
            1 => Ok(0),
            many => Err(
                Error::usage(format!("{archive} contains {many} images: {}", all()))
                    .hint("name one of them by its name, tag or digest: --select NAME"),
            ),
        };
    };
    let mut matching = (0..images.len()).filter(|at| images[*at].is(wanted));
    match (matching.next(), matching.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(
            Error::usage(format!("{archive} contains no image `{wanted}`"))
                .hint(format!("it contains {}", all())),
        ),
        (Some(_), Some(_)) => Err(Error::usage(format!(
            "`{wanted}` names several images of {archive}"
        ))
        .hint(format!("name one by its digest: {}", all()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images() -> [Candidate; 2] {
        let image = |name: &str, digest: &str| Candidate {
            names: vec![name.to_owned()],
            digest: format!("sha256:{digest}"),
        };
        [
            image("docker.io/library/app:v1", "0123456789abcdef"),
            image("v2", "0123456fff"),
        ]
    }

    #[test]
    fn an_image_is_selected_by_name_tag_or_digest() {
        let chosen = |wanted| choose("a.tar", &images(), Some(wanted)).ok();
        assert_eq!(chosen("docker.io/library/app:v1"), Some(0));
        assert_eq!(chosen("v1"), Some(0));
        assert_eq!(chosen("v2"), Some(1));
        assert_eq!(chosen("sha256:0123456fff"), Some(1));
        assert_eq!(chosen("01234567"), Some(0));
        // Both, too short, and none.
        for unclear in ["0123456", "012345", "v3", ""] {
            assert_eq!(chosen(unclear), None, "{unclear}");
        }
    }

    #[test]
    fn without_a_selection_there_must_be_one_image() {
        assert_eq!(choose("a.tar", &images()[..1], None).ok(), Some(0));
        let several = choose("a.tar", &images(), None).unwrap_err();
        assert_eq!(
            several.summary,
            "a.tar contains 2 images: docker.io/library/app:v1 (sha256:0123456789abcdef), v2 (sha256:0123456fff)"
        );
    }
}
