//! The instance classes that RDS offers for PostgreSQL. Not every region has all of them; then AWS refuses the class.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.html>

/// Instance families with the sizes that each has.
const FAMILIES: [(&[&str], &[&str]); 5] = [
    (
        &["t3", "t4g"],
        &["micro", "small", "medium", "large", "xlarge", "2xlarge"],
    ),
    (
        &["m5", "m5d", "r5", "r5d"],
        &[
            "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge",
        ],
    ),
    (
        &[
            "m6g", "m6gd", "r6g", "r6gd", "m7g", "r7g", "x2g", "m8g", "r8g",
        ],
        &[
            "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge",
            "48xlarge",
        ],
    ),
    (
        &["m6i", "m6id", "r6i", "r6id", "m7i", "r7i"],
        &[
            "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge",
            "32xlarge", "48xlarge",
        ],
    ),
    (
        &["x2idn", "x2iedn"],
        &[
            "xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge", "24xlarge", "32xlarge",
        ],
    ),
];

/// Whether RDS offers the class, such as `db.t4g.medium`, for PostgreSQL.
pub fn is_known(class: &str) -> bool {
    let mut words = class.split('.');
    let (Some("db"), Some(family), Some(size), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return false;
    };
    FAMILIES
        .iter()
        .any(|(families, sizes)| families.contains(&family) && sizes.contains(&size))
}

/// The allowed classes in one line, for error messages.
pub const ALLOWED: &str = "db.<family>.<size>: t4g or t3 (micro to 2xlarge), m5 to m8g, r5 to r8g, x2g, x2idn, x2iedn (large and up); such \
     as db.t4g.medium or db.m7g.large";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_classes_are_accepted_and_others_are_not() {
        for class in ["db.t4g.medium", "db.m7g.large", "db.r6i.32xlarge"] {
            assert!(is_known(class), "{class}");
        }
        for class in [
            "t4g.medium",
            "db.t4g.24xlarge",
            "db.t4g",
            "db.z9.large",
            "db.m7g.large.x",
        ] {
            assert!(!is_known(class), "{class}");
        }
    }
}
