"""What a container does once it runs: as /aws-local/task says, else as its command says (ecs/container_commands.py), else as a
server does: it says that it is there, and runs until it is stopped, with exit code 143.

So does a service's container whose command is not wholly acted out, and any without a command of its own. Containers do
not wait for each other (`dependsOn`).

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
"""

from aws_local.ecs import container_commands

OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
KILLED, TERMINATED = 137, 143


def script(task, container):
    """What it prints and how it ends, and the reason for its end that the container has."""
    told = task.fails.get("out-of-memory") or task.fails.get("exit")
    if told and container.essential:
        found = container_commands.Script()
        for line in told.get("logs") or []:
            found.say(line)
        found.ends = task.phase
        if told["fails"] == "out-of-memory":
            found.code = KILLED
            return found, OUT_OF_MEMORY
        found.code = int(told.get("code", 1))
        return found, None
    command = container.command
    if command and (container_commands.is_known(command) or not task.service):
        return container_commands.run(command, container.environment, task.phase), None
    return _server(container), None


def _server(container):
    found = container_commands.Script()
    ports = [str(one["containerPort"]) for one in container.definition["portMappings"] if one.get("containerPort")]
    found.say(f"{container.name} listening on port {', '.join(ports)}" if ports else f"{container.name} started")
    return found


def farewell(container):
    """What a server prints when it is told to stop."""
    return f"{container.name} received SIGTERM, stopping"
