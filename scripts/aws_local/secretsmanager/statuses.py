"""Every refusal of Secrets Manager is answered with status 400, as its protocol has it and as recorded.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
"""

from moto.secretsmanager import exceptions

ERRORS = ("ResourceNotFoundException", "SecretNotFoundException", "SecretHasNoValueException", "SecretStageVersionMismatchException")


def install():
    for name in ERRORS:
        kind = getattr(exceptions, name)
        plain = kind.__init__

        def init(self, *args, _plain=plain, **kwargs):
            _plain(self, *args, **kwargs)
            self.code = 400

        kind.__init__ = init
