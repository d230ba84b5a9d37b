"""StartSession for a port that is forwarded through a container to another host. Nothing answers at its URL, since Session
Manager is not simulated.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartSession.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html
"""

import re

from moto.core.responses import ActionResult
from moto.ecs.models import ecs_backends
from moto.moto_api._internal import mock_random
from moto.ssm.exceptions import SSMException, ValidationException
from moto.ssm.responses import SimpleSystemManagerResponse

from aws_local.ecs import roles
from aws_local.ecs.execute_command import NEEDED
from aws_local.ecs.requests import hexadecimal, token

FORWARDING = "AWS-StartPortForwardingSessionToRemoteHost"
TARGET = re.compile(r"ecs:(?P<cluster>[\w-]+)_(?P<task>\w+)_(?P<runtime>[\w-]+)")
# The allowed patterns of the document's parameters.
PARAMETERS = {
    "host": re.compile(r"[^,$^&()!;'\"<>`{}\[\]|#=]{3,}"),
    "portNumber": re.compile(r"[0-9]{1,5}"),
    "localPortNumber": re.compile(r"[0-9]{1,5}"),
}


def _connected(backend, target):
    """Whether the agent of the container that the target names is connected: it runs, and the task role lets it."""
    named = TARGET.fullmatch(target)
    tasks = backend.tasks.get(named["cluster"], {}).values() if named else []
    for task in (task for task in tasks if task.id == named["task"]):
        for container in task.containers:
            runs = task.last_status == "RUNNING" and container.agent_status == "RUNNING"
            if runs and container.runtime_id == named["runtime"] and task.enable_execute_command:
                denied = (roles.denial(backend, task.task_role_arn, task.id, action, "*") for action in NEEDED)
                return not any(denied)
    return False


def _check(document, parameters):
    if document != FORWARDING:
        raise SSMException("InvalidDocument", f"Document with name {document} does not exist.")
    for name, pattern in PARAMETERS.items():
        values = parameters.pop(name, None if name == "host" else ["0"])
        if not values or len(values) != 1 or not pattern.fullmatch(values[0]):
            raise ValidationException(f"Parameter {name} has a value that its document does not allow.")
    if parameters:
        raise ValidationException(f"The document has no parameter {', '.join(parameters)}.")


def start_session(self):
    target = self._get_param("Target")
    _check(self._get_param("DocumentName"), dict(self._get_param("Parameters") or {}))
    if not _connected(ecs_backends[self.current_account][self.region], target):
        raise SSMException("TargetNotConnected", f"{target} is not connected.")
    session = f"rd-{mock_random.uuid4().hex[:17]}"
    host = f"ssmmessages.{self.region}.amazonaws.com"
    return ActionResult(
        {
            "SessionId": session,
            "TokenValue": token(64) + hexadecimal(),
            "StreamUrl": f"wss://{host}/v1/data-channel/{session}?role=publish_subscribe",
        }
    )


def install():
    SimpleSystemManagerResponse.start_session = start_session
