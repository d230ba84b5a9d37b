//! What is found of the service, its deployments and its events.

use super::evidence::{Event, ServiceState};
use super::finding::Finding;
use super::rules::{self, Rank, UNKNOWN_EVENT};
use crate::kinds::service::deployments::Deployment;
use crate::names::last;
use jiff::{SignedDuration, Timestamp};

/// The findings of the service itself.
pub fn of(service: &ServiceState) -> Vec<Finding> {
    let mut found = Vec::new();
    if service.status == "DRAINING" {
        found.push(
            Finding::own(
                "service-draining",
                Rank::Cause,
                "the service is being deleted and waits for its tasks; it never ends where its roles went first",
                "rd-ecs apply makes the roles again; then rd-ecs destroy ends it in the right order",
            )
            .saying("the service is DRAINING"),
        );
    }
    if service.running < service.desired {
        found.push(
            Finding::own(
                "tasks-missing",
                Rank::Consequence,
                "fewer tasks run than are wanted",
                "what keeps them from running stands above; where nothing does, they are just being started: rd-ecs wait",
            )
            .saying(format!(
                "{} of {} run, {} start",
                service.running, service.desired, service.pending
            )),
        );
    }
    if service.desired == 0 {
        found.push(Finding::own(
            "no-tasks-wanted",
            Rank::Note,
            "no tasks are wanted",
            "rd-ecs scale N starts some, and the first rd-ecs deploy does",
        ));
    }
    found
}

/// For how long a deployment that failed counts: as long as AWS knows the tasks that failed.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html>
const COUNTS_FOR: SignedDuration = SignedDuration::from_hours(1);

/// Until when all that was is over: until the end of the newest deployment, where it went well or is long ago.
pub fn over(latest: Option<&Deployment>, now: Timestamp) -> Option<Timestamp> {
    let latest = latest.filter(|latest| latest.is_over())?;
    let ended = latest.finished_at?;
    let is_long_ago = now.duration_since(ended) > COUNTS_FOR;
    (latest.succeeded() || is_long_ago).then_some(ended)
}

/// The finding of the newest deployment; what was until `over` is no trouble any more.
pub fn of_deployment(latest: &Deployment, over: Option<Timestamp>) -> Option<Finding> {
    let found = deployment(latest)?;
    Some(match over {
        Some(_) => found.past(),
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
            Finding::own(
                "deployment-failed",
                Rank::Consequence,
                format!("{name} was not deployed; what ran before runs on"),
                "mend what the findings above name, then deploy again",
            )
            .saying(latest.why()),
        );
    }
    let counts = format!(
        "{}; {} of {} run, {} start, {} failed",
        latest.why(),
        latest.running,
        latest.requested,
        latest.pending,
        latest.failed
    );
    let rank = match latest.failed {
        0 => Rank::Note,
        _ => Rank::Consequence,
    };
    Some(
        Finding::own(
            "deployment-under-way",
            rank,
            format!("{name} is being deployed"),
            "rd-ecs wait follows it, rd-ecs rollback ends it",
        )
        .saying(counts),
    )
}

/// The findings of the events since the newest deployment began. An event that is not known is told word for word.
pub fn of_events(events: &[Event], over: Option<Timestamp>) -> Vec<Finding> {
    let mut found = Vec::new();
    for event in events {
        let finding = match rules::of_text(&event.message) {
            Some(rule) => Finding::by(rule, &event.message),
            None if rules::is_usual(&event.message) => continue,
            None => Finding::by(&UNKNOWN_EVENT, &event.message),
        };
        found.push(match over.is_some_and(|over| event.at <= over) {
            true => finding.past(),
            false => finding,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::finding::{Severity, is_wrong};

    fn event(message: &str) -> Event {
        Event {
            at: Timestamp::UNIX_EPOCH,
            message: message.to_owned(),
        }
    }

    #[test]
    fn an_unknown_event_is_told_and_a_usual_one_is_not() {
        let events = [
            event("(service api) has reached a steady state."),
            event("(service api) has caught fire."),
        ];
        let found = of_events(&events, None);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].evidence, ["(service api) has caught fire."]);
        assert!(is_wrong(&found));
    }

    #[test]
    fn a_deployment_that_failed_long_ago_is_over() {
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
        assert_eq!(over(Some(&latest), soon), None);
        assert!(is_wrong(&[of_deployment(&latest, None).unwrap()]));
        assert_eq!(over(Some(&latest), later), Some(ended));
        assert!(!is_wrong(&[of_deployment(&latest, Some(ended)).unwrap()]));
        latest.status = "SUCCESSFUL".to_owned();
        assert_eq!(over(Some(&latest), soon), Some(ended));
        assert!(of_deployment(&latest, Some(ended)).is_none());
        latest.status = "IN_PROGRESS".to_owned();
        latest.finished_at = None;
        assert_eq!(over(Some(&latest), later), None);
    }

    #[test]
    fn missing_tasks_are_told() {
        let mut state = ServiceState {
            desired: 2,
            running: 2,
            ..ServiceState::default()
        };
        assert!(of(&state).is_empty());
        state.running = 1;
        assert_eq!(of(&state)[0].rule, "tasks-missing");
        state.desired = 0;
        let none = of(&state);
        assert_eq!(none[0].severity, Severity::Note);
    }
}
