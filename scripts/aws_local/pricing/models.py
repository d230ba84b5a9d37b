"""The products that a test has set for an account with `POST /aws-local/prices` and {"account", "products"}."""

from moto.core.base_backend import BackendDict, BaseBackend

from aws_local import controls


class PricingBackend(BaseBackend):
    def __init__(self, region_name, account_id):
        super().__init__(region_name, account_id)
        self.products = []


def _control(method, body):
    backend = pricing_backends[body["account"]]["aws"]
    backend.products = [] if method == "DELETE" else body["products"]


pricing_backends = BackendDict(PricingBackend, "pricing", use_boto3_regions=False, additional_regions=["aws"])
controls.PATHS["/aws-local/prices"] = _control
