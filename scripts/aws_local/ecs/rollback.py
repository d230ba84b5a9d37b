"""How a deployment ends: completed, failed by the circuit breaker, stopped, superseded, or rolled back to the last
completed one.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html
"""

from aws_local.ecs.deployments import Deployment

BREAKER = "ECS deployment circuit breaker"
NO_CANDIDATE = "Service deployment rollback failed because no rollback candidate was found."


def completed(service, deployment):
    """Completes the deployment: its tasks run, and no others."""
    service_deployment = deployment.service_deployment
    rolled_back = service_deployment.rollback is not None
    reason = f"{BREAKER}: rollback completed." if service_deployment.breaker == "TRIGGERED" else None
    deployment.roll("COMPLETED", reason or f"ECS deployment {deployment.id} completed.")
    service_deployment.become("ROLLBACK_SUCCESSFUL" if rolled_back else "SUCCESSFUL")
    # Older failures no longer count.
    for one in service.deployments:
        other = one.service_deployment
        if one is not deployment and other is not service_deployment and not other.is_finished:
            other.become("STOPPED")
    service.deployments = [deployment]
    service.last_completed = deployment


def watch(service, deployment):
    """The circuit breaker: stops the deployment if too many of its tasks have failed."""
    service_deployment = deployment.service_deployment
    if not deployment.is_primary or deployment.rollout_state != "IN_PROGRESS" or service_deployment.is_finished:
        return
    if service_deployment.rollback is None:
        service_deployment.failures = deployment.failures
    breaker = service_deployment.circuit_breaker
    if not breaker.get("enable") or deployment.failures < service_deployment.threshold:
        return
    service_deployment.breaker = "TRIGGERED"
    deployment.roll("FAILED", f"{BREAKER}: tasks failed to start.")
    service.add_event(f"(deployment {deployment.id}) deployment failed: tasks failed to start.")
    if service_deployment.rollback is not None:
        service_deployment.become(
            "ROLLBACK_FAILED", "Service deployment rollback failed because the circuit breaker was triggered."
        )
    elif not breaker.get("rollback"):
        service_deployment.become(
            "STOPPED", "Service deployment stopped because the circuit breaker threshold was exceeded."
        )
    else:
        roll_back(
            service,
            service_deployment,
            "Service deployment rolled back because the circuit breaker threshold was exceeded.",
        )


def roll_back(service, service_deployment, reason):
    """Rolls back to the last completed deployment."""
    last = service.last_completed
    if last is None:
        if service.primary.rollout_state != "FAILED":
            service.primary.roll("FAILED", f"ECS deployment {service.primary.id} failed.")
        service_deployment.become("ROLLBACK_FAILED", NO_CANDIDATE)
        return
    if last not in service.deployments:
        last = Deployment(service, last.revision)
    failed = service.primary
    if failed.rollout_state != "FAILED":
        failed.roll("FAILED", f"ECS deployment {failed.id} failed: {reason}")
    source = BREAKER if service_deployment.breaker == "TRIGGERED" else "ECS deployment"
    last.begin(f"{source}: rolling back to deploymentId {last.id}.")
    last.service_deployment = service_deployment
    service.add_event(f"rolling back to deployment {last.id}.")
    service_deployment.roll_back(reason, last)
    service_deployment.become("ROLLBACK_IN_PROGRESS", reason)
    service.deployments = [last, *(one for one in service.deployments if one is not last)]
    service.restore_settings(last.revision)
    service.not_before = 0
    service.wake_scheduler()


def supersede(service, service_deployment):
    """Ends the current service deployment, because another one begins."""
    if not service_deployment.is_finished:
        service_deployment.become(
            "STOPPED", "Service deployment was stopped because a new service deployment was started."
        )


def stop(service, service_deployment, kind):
    """Stops a service deployment, as requested with StopServiceDeployment."""
    reason = "Service deployment stopped by user."
    if kind == "ABORT":
        service_deployment.become("STOP_REQUESTED")
        service.clock.after(service.phase, _abort, service, service_deployment, reason)
    else:
        service_deployment.become("ROLLBACK_REQUESTED", "Service deployment rollback requested by user.")
        service.clock.after(service.phase, _begin_rollback, service, service_deployment)


def _abort(service, service_deployment, reason):
    if service_deployment.status != "STOP_REQUESTED":
        return
    deployment = service_deployment.deployment
    if deployment.rollout_state == "IN_PROGRESS":
        deployment.roll("FAILED", f"ECS deployment {deployment.id} stopped.")
    service_deployment.become("STOPPED", reason)


def _begin_rollback(service, service_deployment):
    if service_deployment.status == "ROLLBACK_REQUESTED":
        roll_back(service, service_deployment, "Service deployment rolled back by user.")
