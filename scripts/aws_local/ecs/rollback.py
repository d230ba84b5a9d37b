"""How a deployment ends: completed, failed by the circuit breaker, stopped, or rolled back to the last one that was
completed.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html
"""

from aws_local.ecs.deployments import Deployment

BREAKER = "ECS deployment circuit breaker"
NO_CANDIDATE = "Service deployment rollback failed because no rollback candidate was found."


def completed(service, deployment):
    """All of its tasks run, and none of others."""
    way = deployment.service_deployment
    rolled_back = way.rollback is not None
    reason = f"{BREAKER}: rollback completed." if way.breaker == "TRIGGERED" else None
    deployment.roll("COMPLETED", reason or f"ECS deployment {deployment.id} completed.")
    way.become("ROLLBACK_SUCCESSFUL" if rolled_back else "SUCCESSFUL")
    # What failed with it is over too.
    for one in service.deployments:
        other = one.service_deployment
        if one is not deployment and other is not way and not other.is_finished:
            other.become("STOPPED")
    service.deployments = [deployment]
    service.last_completed = deployment


def watch(service, deployment):
    """Stops the deployment when too many of its tasks have failed."""
    way = deployment.service_deployment
    if not deployment.is_primary or deployment.rollout_state != "IN_PROGRESS" or way.is_finished:
        return
    if way.rollback is None:
        way.failures = deployment.failures
    breaker = way.circuit_breaker
    if not breaker.get("enable") or deployment.failures < way.threshold:
        return
    way.breaker = "TRIGGERED"
    deployment.roll("FAILED", f"{BREAKER}: tasks failed to start.")
    service.say(f"(deployment {deployment.id}) deployment failed: tasks failed to start.")
    if way.rollback is not None:
        way.become("ROLLBACK_FAILED", "Service deployment rollback failed because the circuit breaker was triggered.")
    elif not breaker.get("rollback"):
        way.become("STOPPED", "Service deployment stopped because the circuit breaker threshold was exceeded.")
    else:
        roll_back(service, way, "Service deployment rolled back because the circuit breaker threshold was exceeded.")


def roll_back(service, way, reason):
    """Goes back to the last deployment that was completed."""
    last = service.last_completed
    if last is None:
        if service.primary.rollout_state != "FAILED":
            service.primary.roll("FAILED", f"ECS deployment {service.primary.id} failed.")
        way.become("ROLLBACK_FAILED", NO_CANDIDATE)
        return
    if last not in service.deployments:
        last = Deployment(service, last.revision)
    failed = service.primary
    if failed.rollout_state != "FAILED":
        failed.roll("FAILED", f"ECS deployment {failed.id} failed: {reason}")
    source = BREAKER if way.breaker == "TRIGGERED" else "ECS deployment"
    last.begin(f"{source}: rolling back to deploymentId {last.id}.")
    last.service_deployment = way
    service.say(f"rolling back to deployment {last.id}.")
    way.roll_back(reason, last)
    way.become("ROLLBACK_IN_PROGRESS", reason)
    service.deployments = [last, *(one for one in service.deployments if one is not last)]
    service.take(last.revision)
    service.not_before = 0
    service.poke()


def supersede(service, way):
    """Another service deployment begins."""
    if not way.is_finished:
        way.become("STOPPED", "Service deployment was stopped because a new service deployment was started.")


def stop(service, way, kind):
    """As StopServiceDeployment asks for."""
    reason = "Service deployment stopped by user."
    if kind == "ABORT":
        way.become("STOP_REQUESTED")
        service.clock.after(service.phase, _abort, service, way, reason)
    else:
        way.become("ROLLBACK_REQUESTED", "Service deployment rollback requested by user.")
        service.clock.after(service.phase, _begin_rollback, service, way)


def _abort(service, way, reason):
    if way.status != "STOP_REQUESTED":
        return
    deployment = way.deployment
    if deployment.rollout_state == "IN_PROGRESS":
        deployment.roll("FAILED", f"ECS deployment {deployment.id} stopped.")
    way.become("STOPPED", reason)


def _begin_rollback(service, way):
    if way.status == "ROLLBACK_REQUESTED":
        roll_back(service, way, "Service deployment rolled back by user.")
