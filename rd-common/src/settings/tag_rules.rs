//! What AWS allows as a tag: one table by service, checked before any call for all services that get the user's tags.

use crate::settings::problem::Problem;
use crate::stack::{Tags, is_own_tag};
use std::collections::BTreeMap;

/// The rules of one service.
struct Rules {
    /// The service, as AWS names it.
    service: &'static str,
    /// Whether only letters, digits, spaces and [`PUNCTUATION`] are allowed, in keys and values.
    restricted: bool,
    /// Whether `Owner` and `owner` are the same key.
    ignores_case: bool,
    /// Whether a value may be empty.
    empty_values: bool,
}

const fn rules(service: &'static str) -> Rules {
    Rules {
        service,
        restricted: true,
        ignores_case: false,
        empty_values: true,
    }
}

/// The punctuation that every service allows.
/// <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html#id_tags_naming_best_practices>
const PUNCTUATION: &str = "_.:/=+-@";

/// The services that get the user's tags.
const SERVICES: [Rules; 14] = [
    // <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions>
    Rules {
        restricted: false,
        ..rules("EC2")
    },
    // <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules>
    Rules {
        ignores_case: true,
        ..rules("IAM")
    },
    // <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html>
    rules("CloudWatch Logs"),
    // <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.html>
    rules("RDS"),
    // <https://docs.aws.amazon.com/secretsmanager/latest/userguide/managing-secrets_tagging.html>
    rules("Secrets Manager"),
    // <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Tagging-Resources.html>
    rules("ElastiCache"),
    // <https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging.html>
    rules("S3"),
    // <https://docs.aws.amazon.com/acm/latest/APIReference/API_Tag.html>
    rules("ACM"),
    // <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddTags.html>
    rules("Elastic Load Balancing"),
    // <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html#tag-restrictions>
    rules("ECS"),
    // <https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-using-tags.html#tag-restrictions>
    rules("ECR"),
    // <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Tag.html>
    Rules {
        empty_values: false,
        ..rules("Systems Manager")
    },
    // <https://docs.aws.amazon.com/sns/latest/dg/sns-tags.html>
    rules("SNS"),
    // <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Tag.html>
    rules("CloudWatch"),
];

/// The most characters of a key and of a value, in every service.
const LONGEST: (usize, usize) = (128, 256);

/// The most tags of the user: AWS allows 50, and rd sets ten at most.
const MOST: usize = 40;

/// Whether every service allows the character in keys and values.
fn is_plain(character: char) -> bool {
    character.is_alphanumeric() || character == ' ' || PUNCTUATION.contains(character)
}

/// The names of the services with this rule.
fn services(has: impl Fn(&Rules) -> bool) -> String {
    let names: Vec<&str> = SERVICES
        .iter()
        .filter(|rules| has(rules))
        .map(|rules| rules.service)
        .collect();
    match names.as_slice() {
        [one] => (*one).to_owned(),
        [first, second, _, ..] => format!("{first}, {second} and others"),
        _ => names.join(" and "),
    }
}

/// What is wrong with the user's tags.
pub(super) fn problems(tags: &Tags) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (key, value) in tags {
        let mut add = |what: String, allowed: &str| {
            problems.push(Problem::new(
                &format!("tags.{key}"),
                what,
                allowed.to_owned(),
            ));
        };
        let lower = key.to_lowercase();
        let (key_length, value_length) = (key.chars().count(), value.chars().count());
        if key.is_empty()
            || key_length > LONGEST.0
            || value_length > LONGEST.1
            || lower.starts_with("aws:")
            || key.starts_with("rd:")
        {
            add(
                "cannot be a tag".to_owned(),
                "keys of 1 to 128 characters that do not begin with `aws:` or `rd:`, values of at most 256",
            );
        } else if let Some(wrong) = key.chars().chain(value.chars()).find(|c| !is_plain(*c)) {
            let refusing = services(|rules| rules.restricted);
            add(
                format!("`{wrong}` cannot be in a tag: {refusing} refuse it"),
                "letters, digits, spaces and _ . : / = + - @",
            );
        } else if value.is_empty() {
            let refusing = services(|rules| !rules.empty_values);
            add(
                format!("the value is empty: {refusing} refuses it"),
                "a value of 1 to 256 characters",
            );
        }
        let own = ["Name", "Project", "Environment", "ManagedBy"];
        let own = own.into_iter().find(|own| own.to_lowercase() == lower);
        let other = seen.insert(lower, key).or(own.filter(|own| own != key));
        if let Some(other) = other {
            let same = services(|rules| rules.ignores_case);
            let whose = if is_own_tag(other) {
                "rd's own tag"
            } else {
                "the tag"
            };
            add(
                format!("for {same}, this is the same key as {whose} `{other}`"),
                "keys that differ in more than upper and lower case",
            );
        }
    }
    if tags.len() > MOST {
        problems.push(Problem::new(
            "tags",
            "too many tags",
            format!("at most {MOST}; AWS allows 50, and rd sets up to 10 of them"),
        ));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(pairs: &[(&str, &str)]) -> Vec<String> {
        let tags = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let found = problems(&tags.collect());
        found.into_iter().map(|one| format!("{one:?}")).collect()
    }

    #[test]
    fn what_all_services_accept_is_accepted() {
        for pair in [
            ("Owner", "platform team"),
            ("cost-center", "a@b.example/1:2=3+4"),
            ("Größe", "groß"),
            ("Name", "shop"),
        ] {
            assert!(wrong(&[pair]).is_empty(), "{pair:?}");
        }
    }

    #[test]
    fn what_one_service_refuses_is_refused_with_its_name() {
        for (pair, part) in [
            (("Team", "R&D #1"), "`&` cannot be in a tag"),
            (("R&D", "x"), "`&` cannot be in a tag"),
            (
                ("project", "x"),
                "IAM, this is the same key as rd's own tag `Project`",
            ),
            (("name", "x"), "same key as rd's own tag `Name`"),
            (("Team", ""), "Systems Manager refuses it"),
            (("aws:team", "x"), "cannot be a tag"),
            (("rd:slice", "x"), "cannot be a tag"),
            (("", "x"), "cannot be a tag"),
        ] {
            let found = wrong(&[pair]);
            assert_eq!(found.len(), 1, "{pair:?}: {found:?}");
            assert!(found[0].contains(part), "{pair:?}: {found:?}");
        }
        let same = wrong(&[("Owner", "a"), ("owner", "b")]);
        assert!(same[0].contains("the tag `Owner`"), "{same:?}");
        let long = "ä".repeat(257);
        assert_eq!(wrong(&[("Team", &long)]).len(), 1);
        assert!(
            wrong(&[("Team", &long[..512])]).is_empty(),
            "256 characters"
        );
    }

    #[test]
    fn every_kind_of_tag_leaves_room_for_those_of_rd() {
        let tags: Tags = (0..=MOST)
            .map(|n| (format!("t{n}"), "x".to_owned()))
            .collect();
        assert_eq!(problems(&tags).len(), 1);
    }
}
