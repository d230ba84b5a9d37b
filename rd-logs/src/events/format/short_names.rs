//! Short names of log groups and streams, for the columns of the text format.

/// A short, unique name for each group: the last part of its path, with as many parts before it as are needed.
pub fn labels(groups: &[String]) -> Vec<String> {
    let parts = |name: &str, count: usize| {
        let all: Vec<&str> = name.split('/').filter(|part| !part.is_empty()).collect();
        all[all.len().saturating_sub(count)..].join("/")
    };
    groups
        .iter()
        .map(|group| {
            (1..8)
                .map(|count| parts(group, count))
                .find(|label| {
                    let count = label.split('/').count();
                    let same = groups.iter().filter(|other| parts(other, count) == *label);
                    same.count() == 1
                })
                .unwrap_or_else(|| group.clone())
        })
        .collect()
}

/// A short name for a stream. Long ids are cut to eight characters, and `api/api/3f2a91bc0d…` of an ECS task becomes
/// `api/3f2a91bc`.
pub fn stream(name: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in name.split('/') {
        let is_id = part.len() >= 24 && part.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
        let part = if is_id { &part[..8] } else { part };
        if parts.last() != Some(&part) {
            parts.push(part);
        }
    }
    // An ECS stream is named prefix/container/task: the prefix is left out.
    let ecs = name.split('/').count() == 3 && parts.len() == 3 && parts[2].len() == 8;
    if ecs {
        parts[1..].join("/")
    } else {
        parts.join("/")
    }
}

/// A text shortened to a width in characters by an ellipsis in its middle, because both ends of a name are useful.
pub fn fit(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width || width < 3 {
        return text.to_owned();
    }
    let tail = (width - 1) / 2;
    let head = width - 1 - tail;
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{start}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_of_groups_are_unique() {
        let groups = [
            "/ecs/shop-production-api",
            "/aws/rds/instance/a/postgresql",
            "/aws/rds/instance/b/postgresql",
        ]
        .map(str::to_owned);
        assert_eq!(
            labels(&groups),
            ["shop-production-api", "a/postgresql", "b/postgresql"]
        );
    }

    #[test]
    fn ids_in_streams_are_cut() {
        assert_eq!(
            stream("api/api/3f2a91bc0d7e4a55b1c2d3e4f5a6b7c8"),
            "api/3f2a91bc"
        );
        assert_eq!(
            stream("ecs/web/3f2a91bc0d7e4a55b1c2d3e4f5a6b7c8"),
            "web/3f2a91bc"
        );
        assert_eq!(stream("shop-postgres.0"), "shop-postgres.0");
        assert_eq!(
            stream("eni-0123456789abcdef0-all"),
            "eni-0123456789abcdef0-all"
        );
        assert_eq!(fit("eni-0123456789abcdef0-all", 12), "eni-01…0-all");
        assert_eq!(fit("short", 12), "short");
    }
}
