//! The statements of IAM policies as questions to the simulator.

use rd_common::{Error, Result};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What a statement of a policy allows: each of these actions on each of these resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The actions, such as `rds:CreateDBInstance`.
    pub actions: Vec<String>,
    /// The ARNs of the resources, without wildcards, or `*`.
    pub resources: Vec<String>,
    /// The condition keys of the statement, and the values that fulfil it.
    pub context: Vec<(String, Vec<String>)>,
}

/// One value or several, as IAM writes lists.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore<T> {
    One(T),
    More(Vec<T>),
}

impl<T> From<OneOrMore<T>> for Vec<T> {
    fn from(value: OneOrMore<T>) -> Self {
        match value {
            OneOrMore::One(one) => vec![one],
            OneOrMore::More(more) => more,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    statement: OneOrMore<Statement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(default, rename = "Sid")]
    _sid: Option<String>,
    effect: String,
    action: OneOrMore<String>,
    resource: OneOrMore<String>,
    #[serde(default)]
    condition: Map<String, Value>,
}

/// Reads policy documents that follow each other, as the programs print them. `origin` is where they come from.
pub fn questions(text: &str, origin: &str) -> Result<Vec<Question>> {
    let mut all = Vec::new();
    for document in serde_json::Deserializer::from_str(text).into_iter::<Policy>() {
        let policy = document.map_err(|why| {
            Error::usage(format!("{origin} is not an IAM policy: {why}")).hint(
                "pass what `rd-net policy` and the other programs print: statements with Effect, Action and Resource",
            )
        })?;
        let statements: Vec<Statement> = policy.statement.into();
        let allowing = statements.into_iter().filter(|one| one.effect == "Allow");
        all.extend(allowing.map(question));
    }
    match all.is_empty() {
        false => Ok(all),
        true => Err(Error::usage(format!("{origin} allows nothing"))
            .hint("pipe in what a program's `policy` prints: rd-net policy | rd-ecs preflight")),
    }
}

/// The same questions, those about the same resources and conditions as one: every program needs some actions on `*`.
pub fn merged(questions: Vec<Question>) -> Vec<Question> {
    let mut all: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for one in questions {
        let same = all.entry((one.resources, one.context)).or_default();
        same.extend(one.actions);
    }
    all.into_iter()
        .map(|((resources, context), actions)| Question {
            actions: actions.into_iter().collect(),
            resources,
            context,
        })
        .collect()
}

fn question(statement: Statement) -> Question {
    let resources: Vec<String> = statement.resource.into();
    let context = statement
        .condition
        .into_iter()
        .flat_map(|(_, keys)| match keys {
            Value::Object(keys) => keys.into_iter().collect::<Vec<_>>(),
            _ => Vec::new(),
        });
    Question {
        actions: statement.action.into(),
        resources: resources.iter().map(|one| without_wildcards(one)).collect(),
        context: context
            .map(|(key, values)| {
                (
                    key,
                    texts(&values)
                        .iter()
                        .map(|one| without_wildcards(one))
                        .collect(),
                )
            })
            .collect(),
    }
}

fn texts(values: &Value) -> Vec<String> {
    match values {
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

/// A name that the pattern matches: another policy may allow less than the pattern, but not less than any name.
fn without_wildcards(pattern: &str) -> String {
    match pattern {
        "*" => pattern.to_owned(),
        _ => pattern.replace(['*', '?'], "x"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_that_follow_each_other_are_all_read() {
        let text = r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": ["arn:aws:a:::x/*", "arn:aws:a:::y-??"],
             "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}},
            {"Effect": "Deny", "Action": "a:D", "Resource": "*"}]}
            {"Statement": {"Effect": "Allow", "Action": "b:E", "Resource": "*"}}"#;
        let all = questions(text, "stdin").expect("policies");
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].actions, ["a:B", "a:C"]);
        assert_eq!(all[0].resources, ["arn:aws:a:::x/x", "arn:aws:a:::y-xx"]);
        let context = (
            "iam:PassedToService".to_owned(),
            vec!["ecs-tasks.amazonaws.com".to_owned()],
        );
        assert_eq!(all[0].context, [context]);
        assert_eq!(all[1].resources, ["*"]);
    }

    #[test]
    fn what_several_programs_need_is_asked_once() {
        let text = r#"{"Statement": {"Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": "*"}}
            {"Statement": [{"Effect": "Allow", "Action": "a:B", "Resource": "*"},
                           {"Effect": "Allow", "Action": "a:B", "Resource": "arn:x"}]}"#;
        let all = merged(questions(text, "stdin").expect("policies"));
        let asked: Vec<_> = all
            .iter()
            .map(|one| (one.actions.join(" "), one.resources.join(" ")))
            .collect();
        let expected = [("a:B a:C", "*"), ("a:B", "arn:x")];
        assert_eq!(asked, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        for text in [
            "",
            "{}",
            "no JSON",
            r#"{"Statement": [{"Effect": "Allow", "NotAction": "a:B", "Resource": "*"}]}"#,
        ] {
            let error = questions(text, "stdin").expect_err(text);
            assert_eq!(error.exit, rd_common::Exit::Usage, "{text}");
        }
    }
}
