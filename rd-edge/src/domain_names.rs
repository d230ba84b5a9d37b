//! Domain names: their rules, how DNS compares them, and how they are written in addresses.

/// A name as DNS compares it: in lower case, without the dot at the end, and with `*` for Route 53's `\052`.
pub fn normal(name: &str) -> String {
    name.trim_end_matches('.')
        .replace("\\052", "*")
        .to_lowercase()
}

/// A name without dots, such as `star-api-example-com` for `*.api.example.com`. Several names have the same one: see
/// [`crate::addresses`].
pub fn slug(name: &str) -> String {
    normal(name).replace('*', "star").replace('.', "-")
}

/// The name that ACM validates: `example.com` for `example.com` and for `*.example.com`.
pub fn base(name: &str) -> &str {
    name.strip_prefix("*.").unwrap_or(name)
}

/// Whether the name can be on a certificate. A `*` can only be the whole first label.
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>
pub fn is_name(name: &str) -> bool {
    let labels: Vec<&str> = base(name).split('.').collect();
    let is_label = |label: &&str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    name.len() <= 253 && labels.len() >= 2 && labels.iter().all(is_label)
}

/// The labels of a name from the last to the first, which is the order in which Route 53 lists names.
pub fn reversed_labels(name: &str) -> Vec<String> {
    normal(name).rsplit('.').map(str::to_owned).collect()
}

/// Whether a name is the zone's own or below it.
pub fn is_in(name: &str, zone: &str) -> bool {
    let (name, zone) = (normal(name), normal(zone));
    name == zone || name.ends_with(&format!(".{zone}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_names_are_accepted_and_others_are_not() {
        for name in ["api.example.com", "*.example.com", "a-b.c1.io"] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            "localhost",
            "API.example.com",
            "-a.example.com",
            "a.*.com",
            "a..b",
            "x_y.com",
        ] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn names_are_compared_as_in_dns() {
        assert_eq!(normal("\\052.Example.com."), "*.example.com");
        assert_eq!(slug("*.api.example.com"), "star-api-example-com");
        assert_eq!(base("*.example.com"), base("example.com"));
        assert!(
            is_in("api.example.com", "example.com.") && !is_in("api.badexample.com", "example.com")
        );
        assert!(reversed_labels("_x.api.example.com") > reversed_labels("api.example.com"));
    }
}
