"""The log groups of instances that export logs: RDS makes one for each log, without retention and without tags, where
there is none, and leaves it behind when the instance is deleted.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html
"""

from moto.logs.models import logs_backends

FOLDER = "/aws/rds/instance"


def write(database):
    """Makes the groups that the instance's next upload of its logs would make."""
    logs = logs_backends[database.account_id][database.region]
    for export in database.enabled_cloudwatch_logs_exports or []:
        name = f"{FOLDER}/{database.db_instance_identifier}/{export}"
        if name not in logs.groups:
            logs.create_log_group(name, {})
