"""Throttling, now and then, in the words of each service.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/throttling.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from aws_local.bad_day.call import EC2, JSON, QUERY, ROUTE53, S3, refusal

# One call of so many.
EVERY = 40
CODES = {
    EC2: (503, "RequestLimitExceeded", "Request limit exceeded."),
    S3: (503, "SlowDown", "Please reduce your request rate."),
    QUERY: (400, "Throttling", "Rate exceeded"),
    ROUTE53: (400, "Throttling", "Rate exceeded"),
    JSON: (400, "ThrottlingException", "Rate exceeded"),
}


class Throttling:
    def __init__(self, day):
        self.day, self.calls = day, 0

    def refuse(self, call):
        self.calls += 1
        if self.day.upto(EVERY - 1, "throttle", self.calls):
            return None
        return refusal(call, *CODES[call.protocol])
