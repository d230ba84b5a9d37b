"""Reads that show what was true before a change, once or twice after it.

https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel (the settings of a bucket)
"""

# Within so many seconds after a change, by service. Those that are not here show a change at once, or its states.
SECONDS = {
    "ec2": 10,
    "elasticloadbalancing": 10,
    "iam": 10,
    "s3": 10,
    "ecs": 10,
    "application-autoscaling": 10,
    "logs": 10,
    "monitoring": 10,
    "sns": 10,
    "secretsmanager": 10,
    "ecr": 10,
    "rds": 10,
    "elasticache": 10,
    "tagging": 60,
}
MOST = 2


class Stale:
    def __init__(self, day):
        self.day = day
        # By service: the number of its changes, and when the last one was. For the tagging API: those of all services.
        self.changes = {}
        # By read: its last true answer with the number of changes then, and how often it was given since a change.
        self.told = {}

    def answered(self, call, answer):
        if not call.reads:
            if answer.ok:
                for service in (call.service, "tagging"):
                    count, _ = self.changes.get(service, (0, 0))
                    self.changes[service] = count + 1, self.day.now()
            return answer
        if call.service not in SECONDS or call.operation == "GET object" or not (answer.ok or answer.status == 404):
            return answer
        count, last = self.changes.get(call.service, (0, 0))
        known = self.told.get(call.key)
        if known and known[0] < count and self.day.now() - last < SECONDS[call.service]:
            told, old, times = known
            if times < self.day.upto(MOST, "stale", call.operation, count):
                self.told[call.key] = told, old, times + 1
                return old
        self.told[call.key] = count, answer, 0
        return answer
