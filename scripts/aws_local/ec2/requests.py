"""Parameters of many EC2 requests: DryRun and ClientToken.

DryRun checks permissions and changes nothing: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html
ClientToken makes a create idempotent: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
"""

import threading

from moto.core.responses import ActionResult
from moto.ec2.exceptions import DryRunClientError, EC2ClientError
from moto.ec2.responses import EC2Response

# The operations with a ClientToken that rd uses.
TOKENED = {
    "CreateFlowLogs",
    "CreateNatGateway",
    "CreateRouteTable",
    "CreateVpcEndpoint",
}

_answers = {}
_lock = threading.Lock()


class IdempotentParameterMismatch(EC2ClientError):
    def __init__(self, token):
        super().__init__(
            "IdempotentParameterMismatch",
            f"The client token {token} was used with other parameters.",
        )


def _dry_run(response):
    return str(response._get_param("DryRun", False)).lower() == "true"


def install():
    plain = EC2Response.call_action

    def call_action(self):
        if _dry_run(self):
            status, headers, body = self.serialized(ActionResult(DryRunClientError()))
            return 412, {**headers, "status": "412"}, body
        action, token = self._get_action(), self._get_param("ClientToken")
        if action not in TOKENED or not token:
            return plain(self)
        key = (self.current_account, self.region, action, token)
        request = {name: value for name, value in self.querystring.items() if name != "ClientToken"}
        with _lock:
            if key in _answers:
                before, answer = _answers[key]
                if before == request:
                    return answer
                status, headers, body = self.serialized(ActionResult(IdempotentParameterMismatch(token)))
                return status, {**headers, "status": str(status)}, body
            answer = plain(self)
            if int(answer[0]) < 300:
                _answers[key] = (request, answer)
            return answer

    EC2Response.call_action = call_action
