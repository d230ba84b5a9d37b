"""ExecuteCommand: opens a session. Nothing answers at its URL, since Session Manager is not simulated.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExecuteCommand.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
"""

from moto.moto_api._internal import mock_random

from aws_local.ecs import clusters, roles, run_task
from aws_local.ecs.requests import hexadecimal, invalid, operation, refused, token

NOT_ENABLED = (
    "The execute command failed because execute command was not enabled when the task was run or the execute command "
    "agent isn't running. Wait and try again or run a new task with execute command enabled and try again."
)
NOT_CONNECTED = "The execute command failed due to an internal error. Try again later."
NEEDED = (
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)


def _container(task, name):
    if name:
        found = next((one for one in task.containers if one.name == name), None)
        if found is None:
            raise invalid(f"The container {name} was not found in the task.")
        return found
    if len(task.containers) > 1:
        raise invalid("A container name is required for tasks with multiple containers.")
    return task.containers[0]


def _execute(backend, params):
    cluster = clusters.find(backend, params.get("cluster"))
    if not params.get("interactive"):
        raise invalid("Interactive is the only mode supported currently.")
    if not params.get("command"):
        raise invalid("Command cannot be empty.")
    task = run_task.lookup(backend, cluster, params.get("task"))
    if task is None:
        raise invalid("The referenced task was not found.")
    container = _container(task, params.get("container"))
    running = task.last_status == "RUNNING" and container.agent_status == "RUNNING"
    if not task.enable_execute_command or not running:
        raise invalid(NOT_ENABLED)
    # The agent runs, but cannot connect if the task role may not use Session Manager.
    if any(roles.denial(backend, task.task_role_arn, task.id, action, "*") for action in NEEDED):
        raise refused("TargetNotConnectedException", NOT_CONNECTED)
    session = f"ecs-execute-command-{mock_random.uuid4().hex[:17]}"
    host = f"ssmmessages.{backend.region_name}.amazonaws.com"
    return {
        "clusterArn": cluster.arn,
        "containerArn": container.arn,
        "containerName": container.name,
        "interactive": True,
        "taskArn": task.task_arn,
        "session": {
            "sessionId": session,
            "streamUrl": f"wss://{host}/v1/data-channel/{session}?role=publish_subscribe",
            "tokenValue": token(64) + hexadecimal(),
        },
    }


def install():
    operation("execute_command", _execute)
