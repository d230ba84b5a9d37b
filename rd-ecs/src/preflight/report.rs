//! The answers of the simulator as lines.

use crate::simulation::{Refusal, Verdict};
use rd_common::output::check_report::CheckStep;
use std::collections::{BTreeMap, BTreeSet};

/// An action that is refused.
struct Refused<'a> {
    refusal: Refusal,
    /// The resource that it is refused on; empty for any, or for several.
    resource: &'a str,
}

/// A line for each service with the number of actions that are allowed, and one for each action that is not. An action of
/// a statement may be for some of its resources only, so one that is allowed counts; a policy that denies counts always.
/// `answers` are the verdicts of each question.
pub fn steps(answers: &[Vec<Verdict>]) -> Vec<CheckStep> {
    let mut actions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut refused: BTreeMap<&str, Refused<'_>> = BTreeMap::new();
    for answer in answers {
        let mut of_action: BTreeMap<&str, Vec<&Verdict>> = BTreeMap::new();
        for one in answer {
            let own = actions.entry(service(&one.action)).or_default();
            own.insert(&one.action);
            of_action.entry(&one.action).or_default().push(one);
        }
        for (action, verdicts) in of_action {
            if let Some(one) = refused_by(&verdicts) {
                refused.entry(action).or_insert(one);
            }
        }
    }
    actions
        .iter()
        .flat_map(|(service, actions)| of_service(service, actions, &refused))
        .collect()
}

/// Why an action with these verdicts is refused; none where it is allowed.
fn refused_by<'a>(verdicts: &[&'a Verdict]) -> Option<Refused<'a>> {
    let denied = |one: &&&&Verdict| one.refusal == Some(Refusal::Denied);
    let (one, alone) = match verdicts.iter().find(|one| denied(&one)) {
        Some(denied) => (*denied, true),
        None if verdicts.iter().any(|one| one.is_allowed()) => return None,
        None => (*verdicts.first()?, verdicts.len() == 1),
    };
    Some(Refused {
        refusal: one.refusal?,
        resource: if alone && one.resource != "*" {
            &one.resource
        } else {
            ""
        },
    })
}

fn of_service(
    service: &str,
    actions: &BTreeSet<&str>,
    refused: &BTreeMap<&str, Refused<'_>>,
) -> Vec<CheckStep> {
    let own: Vec<(&str, &Refused<'_>)> = actions
        .iter()
        .filter_map(|action| Some((*action, refused.get(action)?)))
        .collect();
    let (all, not) = (actions.len(), own.len());
    let count = |count: usize| match count {
        1 => "1 action".to_owned(),
        more => format!("{more} actions"),
    };
    let mut steps = Vec::new();
    if not < all {
        steps.push(CheckStep::new(
            service,
            true,
            format!("{} allowed", count(all - not)),
        ));
    }
    let first = own.first().map(|(_, one)| one.refusal);
    if not == all && not > 1 && own.iter().all(|(_, one)| Some(one.refusal) == first) {
        let why = first.map_or_else(String::new, |refusal| refusal.of("any of them"));
        return vec![CheckStep::new(
            service,
            false,
            format!("{}: {why}", count(all)),
        )];
    }
    steps.extend(own.iter().map(|(action, one)| {
        let at = match one.resource {
            "" => String::new(),
            arn => format!(" on {arn}"),
        };
        CheckStep::new(*action, false, format!("{}{at}", one.refusal.of("it")))
    }));
    steps
}

fn service(action: &str) -> &str {
    action.split(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(action: &str, resource: &str, refusal: Option<Refusal>) -> Verdict {
        Verdict {
            action: action.into(),
            resource: resource.into(),
            refusal,
        }
    }

    #[test]
    fn an_action_is_refused_where_no_resource_has_it_or_a_policy_denies_it() {
        let no = Some(Refusal::NotAllowed);
        let answers = [
            vec![
                verdict("a:B", "r1", None),
                verdict("a:B", "r2", no),
                verdict("a:C", "r1", no),
            ],
            vec![
                verdict("a:D", "r1", None),
                verdict("a:D", "r2", Some(Refusal::Denied)),
                verdict("b:E", "*", None),
                verdict("c:F", "r1", no),
                verdict("c:G", "*", no),
            ],
            // In another statement, with other conditions.
            vec![verdict("b:E", "*", Some(Refusal::Boundary))],
        ];
        let lines: Vec<(String, bool, String)> = steps(&answers)
            .into_iter()
            .map(|one| (one.step, one.ok, one.reason))
            .collect();
        let expected = [
            ("a", true, "1 action allowed"),
            ("a:C", false, "no policy allows it on r1"),
            ("a:D", false, "a policy denies it on r2"),
            ("b:E", false, "the permissions boundary does not allow it"),
            ("c", false, "2 actions: no policy allows any of them"),
        ];
        let expected = expected.map(|(step, ok, reason)| (step.to_owned(), ok, reason.to_owned()));
        assert_eq!(lines, expected);
    }
}
