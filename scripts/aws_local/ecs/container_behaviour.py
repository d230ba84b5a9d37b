"""What a container does once it runs: what /aws-local/task sets; otherwise what its command says (see
container_commands.py); otherwise it behaves like a server: it prints a line and runs until it is stopped, with exit code
143.

A container without a command, and a service's container whose command cannot be simulated completely, is a server.
Containers do not wait for each other (`dependsOn`).

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
"""

from aws_local.ecs import container_commands

OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
KILLED, TERMINATED = 137, 143


def script(task, container):
    """The container's script, and the reason that ECS gives for its end."""
    failure = task.fails.get("out-of-memory") or task.fails.get("exit")
    if failure and container.essential:
        found = container_commands.Script()
        for line in failure.get("logs") or []:
            found.print(line)
        found.ends = task.phase
        if failure["fails"] == "out-of-memory":
            found.code = KILLED
            return found, OUT_OF_MEMORY
        found.code = int(failure.get("code", 1))
        return found, None
    command = container.command
    if command and (container_commands.is_known(command) or not task.service):
        return container_commands.run(command, container.environment, task.phase), None
    return _server(container), None


def _server(container):
    found = container_commands.Script()
    ports = [str(one["containerPort"]) for one in container.definition["portMappings"] if one.get("containerPort")]
    found.print(f"{container.name} listening on port {', '.join(ports)}" if ports else f"{container.name} started")
    return found


def farewell(container):
    """What a server prints when it receives SIGTERM."""
    return f"{container.name} received SIGTERM, stopping"
