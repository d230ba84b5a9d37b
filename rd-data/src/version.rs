//! Versions of PostgreSQL: `17`, or `17.4`. Of a major version alone, AWS chooses and raises the minor one.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-versions.html>

/// A version as far as it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The major version: its parameters belong to a family of their own.
    pub major: u32,
    /// The minor version, where it is named.
    pub minor: Option<u32>,
}

impl Version {
    /// Reads `17`, `17.4` or what AWS adds to it (`17.4-R1`).
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

    /// Whether a live version serves where this one is wanted: the same major version, and no lower minor version. A
    /// higher one is AWS's own minor upgrade, and no version is ever lowered.
    pub fn is_served_by(self, live: Self) -> bool {
        self.major == live.major && self.minor.is_none_or(|minor| live.minor >= Some(minor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_minor_version_serves_and_an_older_one_does_not() {
        let cases = [
            ("17", "17.6", true),
            ("17.4", "17.6", true),
            ("17.6", "17.4", false),
            ("17", "16.9", false),
            ("16", "17.2", false),
            ("17.4", "17.4-R2", true),
        ];
        for (wanted, live, serves) in cases {
            let (wanted, live) = (
                Version::parse(wanted).unwrap(),
                Version::parse(live).unwrap(),
            );
            assert_eq!(wanted.is_served_by(live), serves, "{wanted:?} {live:?}");
        }
        for wrong in ["", "x", "17.", "17.4.1", "17.x"] {
            assert_eq!(Version::parse(wrong), None, "{wrong}");
        }
    }
}
