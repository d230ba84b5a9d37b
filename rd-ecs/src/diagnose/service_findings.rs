//! The findings about the service, its newest deployment and its events.

use super::evidence::{Event, ServiceState};
use super::finding::Finding;
use super::rules::{self, Rank, UNKNOWN_EVENT};
use crate::kinds::service::deployments::Deployment;
use crate::names::last;
use jiff::{SignedDuration, Timestamp};

/// The findings in the state of the service.
pub fn of_service(service: &ServiceState) -> Vec<Finding> {
    let mut found = Vec::new();
    if service.status == "DRAINING" {
        found.push(
            Finding::new(
                "service-draining",
                Rank::Cause,
                "the service is being deleted and waits for its tasks to stop; it waits forever if its roles were deleted first",
                "run rd-ecs apply, which creates the roles again, then rd-ecs destroy, which deletes in the right order",
            )
            .with_evidence("the service is DRAINING"),
        );
    }
    if service.running < service.desired {
        found.push(
            Finding::new(
                "tasks-missing",
                Rank::Consequence,
                "fewer tasks are running than desired",
                "fix the findings above; if there are none, the tasks are starting: rd-ecs wait",
            )
            .with_evidence(format!(
                "desired {}, running {}, pending {}",
                service.desired, service.running, service.pending
            )),
        );
    }
    if service.desired == 0 {
        found.push(Finding::new(
            "no-tasks-wanted",
            Rank::Note,
            "the desired number of tasks is 0",
            "rd-ecs scale N starts some, and so does the first rd-ecs deploy",
        ));
    }
    found
}

/// How long a failed deployment counts as a problem: as long as AWS keeps its stopped tasks.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html>
const COUNTS_FOR: SignedDuration = SignedDuration::from_hours(1);

/// The time before which problems are settled: the end of the newest deployment, if it succeeded or ended long ago.
pub fn settled_at(latest: Option<&Deployment>, now: Timestamp) -> Option<Timestamp> {
    let latest = latest.filter(|latest| latest.is_over())?;
    let ended = latest.finished_at?;
    let is_long_ago = now.duration_since(ended) > COUNTS_FOR;
    (latest.succeeded() || is_long_ago).then_some(ended)
}

/// The finding about the newest deployment; a note if the deployment is settled.
pub fn of_deployment(latest: &Deployment, settled: Option<Timestamp>) -> Option<Finding> {
    let found = deployment(latest)?;
    Some(match settled {
        Some(_) => found.settled(),
        None => found,
    })
}

fn deployment(latest: &Deployment) -> Option<Finding> {
    let name = last(&latest.task_definition);
    if latest.succeeded() {
        return None;
    }
    if latest.is_over() || latest.is_rolled_back() {
        return Some(
            Finding::new(
                "deployment-failed",
                Rank::Consequence,
                format!("deployment of {name} failed; the previous revision is still serving"),
                "fix the findings above, then deploy again",
            )
            .with_evidence(latest.why()),
        );
    }
    let counts = format!(
        "{}; desired {}, running {}, pending {}, failed {}",
        latest.why(),
        latest.requested,
        latest.running,
        latest.pending,
        latest.failed
    );
    let rank = match latest.failed {
        0 => Rank::Note,
        _ => Rank::Consequence,
    };
    Some(
        Finding::new(
            "deployment-under-way",
            rank,
            format!("{name} is being deployed"),
            "rd-ecs wait follows it, rd-ecs rollback stops it",
        )
        .with_evidence(counts),
    )
}

/// The findings in the service's events. An event that no rule covers becomes a finding with AWS's words.
pub fn of_events(events: &[Event], settled: Option<Timestamp>) -> Vec<Finding> {
    let mut found = Vec::new();
    for event in events {
        let finding = match rules::of_text(&event.message) {
            Some(rule) => Finding::by(rule, &event.message),
            None if rules::is_routine(&event.message) => continue,
            None => Finding::by(&UNKNOWN_EVENT, &event.message),
        };
        found.push(match settled.is_some_and(|settled| event.at <= settled) {
            true => finding.settled(),
            false => finding,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::finding::{Severity, has_errors};

    fn event(message: &str) -> Event {
        Event {
            at: Timestamp::UNIX_EPOCH,
            message: message.to_owned(),
        }
    }

    #[test]
    fn unknown_events_are_findings_and_routine_ones_are_not() {
        let events = [
            event("(service api) has reached a steady state."),
            event("(service api) has caught fire."),
        ];
        let found = of_events(&events, None);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].evidence, ["(service api) has caught fire."]);
        assert!(has_errors(&found));
    }

    #[test]
    fn a_deployment_that_failed_long_ago_is_settled() {
        let ended = Timestamp::UNIX_EPOCH;
        let mut latest = Deployment {
            arn: String::new(),
            status: "ROLLBACK_SUCCESSFUL".to_owned(),
            reason: None,
            task_definition: "x/api:2".to_owned(),
            created_at: ended,
            finished_at: Some(ended),
            rollback_reason: None,
            requested: 1,
            running: 0,
            pending: 0,
            failed: 3,
            threshold: 3,
        };
        let soon = ended + SignedDuration::from_mins(5);
        let later = ended + SignedDuration::from_hours(2);
        assert_eq!(settled_at(Some(&latest), soon), None);
        assert!(has_errors(&[of_deployment(&latest, None).unwrap()]));
        assert_eq!(settled_at(Some(&latest), later), Some(ended));
        assert!(!has_errors(&[of_deployment(&latest, Some(ended)).unwrap()]));
        latest.status = "SUCCESSFUL".to_owned();
        assert_eq!(settled_at(Some(&latest), soon), Some(ended));
        assert!(of_deployment(&latest, Some(ended)).is_none());
        latest.status = "IN_PROGRESS".to_owned();
        latest.finished_at = None;
        assert_eq!(settled_at(Some(&latest), later), None);
    }

    #[test]
    fn missing_tasks_are_found() {
        let mut state = ServiceState {
            desired: 2,
            running: 2,
            ..ServiceState::default()
        };
        assert!(of_service(&state).is_empty());
        state.running = 1;
        assert_eq!(of_service(&state)[0].rule, "tasks-missing");
        state.desired = 0;
        let none = of_service(&state);
        assert_eq!(none[0].severity, Severity::Note);
    }
}
