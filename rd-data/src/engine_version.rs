//! Versions of PostgreSQL: `17` or `17.4`. If only the major version is set, AWS chooses and raises the minor one.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-versions.html>

/// A version with or without its minor part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The major version; each has its own parameter family.
    pub major: u32,
    /// The minor version, if it is set.
    pub minor: Option<u32>,
}

impl Version {
    /// Parses `17`, `17.4`, or AWS's form with a suffix (`17.4-R1`).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.split('-').next()?;
        let mut parts = text.split('.');
        let major = parts.next()?.parse().ok()?;
        let minor = match parts.next() {
            Some(minor) => Some(minor.parse().ok()?),
            None => None,
        };
        parts.next().is_none().then_some(Self { major, minor })
    }

    /// Whether the running version `live` satisfies this desired one: the same major version, and no lower minor
    /// version. A higher one is a minor upgrade by AWS, and versions are never lowered.
    pub fn is_satisfied_by(self, live: Self) -> bool {
        self.major == live.major && self.minor.is_none_or(|minor| live.minor >= Some(minor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_minor_version_satisfies_and_an_older_one_does_not() {
        let cases = [
            ("17", "17.6", true),
            ("17.4", "17.6", true),
            ("17.6", "17.4", false),
            ("17", "16.9", false),
            ("16", "17.2", false),
            ("17.4", "17.4-R2", true),
        ];
        for (desired, live, expected) in cases {
            let (desired, live) = (
                Version::parse(desired).unwrap(),
                Version::parse(live).unwrap(),
            );
            assert_eq!(
                desired.is_satisfied_by(live),
                expected,
                "{desired:?} {live:?}"
            );
        }
        for wrong in ["", "x", "17.", "17.4.1", "17.x"] {
            assert_eq!(Version::parse(wrong), None, "{wrong}");
        }
    }
}
