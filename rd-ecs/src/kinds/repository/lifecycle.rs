//! The lifecycle policy of the repository.
//! <https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html>

use super::revision_tags::PREFIX;
use serde_json::{Value, json};

/// More images than revisions are ever kept: the rule with this number deletes none.
const NEVER_REACHED: i32 = 10_000;

/// A policy that deletes untagged images after some days, and all but the newest tagged images.
///
/// It never deletes the images of kept revisions: ECR counts days and images from the push, which no deployment repeats
/// (<https://github.com/aws/containers-roadmap/issues/2746>). An image that matches the tags of a rule is not deleted by a
/// rule after it, so that the first rule keeps those with a tag of a revision.
pub fn lifecycle(untagged_days: i32, keep_images: i32) -> Value {
    json!({"rules": [
        {
            "rulePriority": 1,
            "description": "images of kept revisions are never deleted",
            "selection": {
                "tagStatus": "tagged",
                "tagPatternList": [format!("{PREFIX}*")],
                "countType": "imageCountMoreThan",
                "countNumber": NEVER_REACHED,
            },
            "action": {"type": "expire"},
        },
        {
            "rulePriority": 2,
            "description": "images without a tag",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": untagged_days,
            },
            "action": {"type": "expire"},
        },
        {
            "rulePriority": 3,
            "description": "all but the newest images with a tag",
            "selection": {
                "tagStatus": "tagged",
                "tagPatternList": ["*"],
                "countType": "imageCountMoreThan",
                "countNumber": keep_images,
            },
            "action": {"type": "expire"},
        },
    ]})
}

/// A policy as ECR returns it, in the form in which it is compared: rules by their priority, lists of tags in order, and no
/// empty lists.
pub fn normalised(mut policy: Value) -> Value {
    if let Some(rules) = policy.get_mut("rules").and_then(Value::as_array_mut) {
        rules.sort_by_key(|rule| rule["rulePriority"].as_i64());
        for selection in rules
            .iter_mut()
            .filter_map(|rule| rule["selection"].as_object_mut())
        {
            selection.retain(|_, value| !value.is_null() && value != &json!([]));
            for list in selection.values_mut().filter_map(Value::as_array_mut) {
                list.sort_by_key(Value::to_string);
            }
        }
    }
    policy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_rules_and_tags_is_no_difference() {
        let ours = lifecycle(7, 20);
        assert_eq!(normalised(ours.clone()), ours);
        let mut theirs = ours.clone();
        theirs["rules"].as_array_mut().unwrap().reverse();
        theirs["rules"][0]["selection"]["tagPrefixList"] = json!([]);
        assert_eq!(normalised(theirs), ours);
        let rule = |tags: Value| json!({"rules": [{"rulePriority": 1, "selection": {"tagPatternList": tags}}]});
        assert_eq!(normalised(rule(json!(["b", "a"]))), rule(json!(["a", "b"])));
        assert_eq!(normalised(Value::Null), Value::Null);
    }
}
