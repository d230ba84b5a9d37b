"""The log groups of instances that export logs. RDS creates a missing group for each log, without retention and tags, and
does not delete it with the instance.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html
"""

from moto.logs.models import logs_backends

FOLDER = "/aws/rds/instance"


def write(database):
    """Creates the missing log groups, as the next upload of logs would."""
    logs = logs_backends[database.account_id][database.region]
    for export in database.enabled_cloudwatch_logs_exports or []:
        name = f"{FOLDER}/{database.db_instance_identifier}/{export}"
        if name not in logs.groups:
            logs.create_log_group(name, {})
