"""The log streams of tasks, `<prefix>/<container>/<task id>`, created when the container starts.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
"""

from moto.logs.models import logs_backends

from aws_local.ecs import roles

FAILED = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to "
    "create Cloudwatch log stream: {} : exit status 1"
)


def _options(container):
    log = container.definition.get("logConfiguration") or {}
    return log.get("options") or {} if log.get("logDriver") == "awslogs" else None


def _backend(task, options):
    return logs_backends[task.backend.account_id][options.get("awslogs-region") or task.backend.region_name]


def _stream(task, container, options):
    prefix = options.get("awslogs-stream-prefix")
    return f"{prefix}/{container.name}/{task.id}" if prefix else container.runtime_id


def open_stream(task, container):
    """Creates the container's stream. Returns why it failed, or None."""
    options = _options(container)
    if options is None:
        return None
    logs, group, stream = _backend(task, options), options["awslogs-group"], _stream(task, container, options)
    arn = f"arn:{task.backend.partition}:logs:{logs.region_name}:{logs.account_id}:log-group:{group}"

    def denied(action, resource):
        return roles.denial(task.backend, task.execution_role_arn, task.id, action, resource)

    if group not in logs.groups:
        if options.get("awslogs-create-group") != "true":
            return FAILED.format("ResourceNotFoundException: The specified log group does not exist.")
        why = denied("logs:CreateLogGroup", arn)
        if why:
            return FAILED.format(why)
        logs.create_log_group(group, {})
    why = denied("logs:CreateLogStream", f"{arn}:log-stream:{stream}")
    if why:
        return FAILED.format(why)
    if stream not in logs.groups[group].streams:
        logs.create_log_stream(group, stream)
    return None


def write(task, container, moment, line):
    """Writes a line to the stream, with this time (seconds since 1970)."""
    options = _options(container)
    if options is None:
        return
    logs, group, stream = _backend(task, options), options["awslogs-group"], _stream(task, container, options)
    # If either was deleted, the line is lost.
    if group in logs.groups and stream in logs.groups[group].streams:
        logs.put_log_events(group, stream, [{"timestamp": int(moment * 1000), "message": line}])
