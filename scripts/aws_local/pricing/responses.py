"""GetProducts: products that fit all filters, each as JSON in a string, in pages of at most 100.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_Filter.html
"""

import json
import re
import sys

import moto.backend_index
from moto.core.exceptions import JsonRESTError
from moto.core.responses import BaseResponse

from aws_local.ce.requests import page
from aws_local.pricing import models
from aws_local.pricing.models import pricing_backends

# https://docs.aws.amazon.com/general/latest/gr/billing.html
REGIONS = ("us-east-1", "eu-central-1", "ap-south-1")
A_PAGE = 100


def _invalid(message):
    return JsonRESTError("InvalidParameterException", message)


def _value(product, field):
    whole = product["product"]
    return whole.get(field) if field == "productFamily" else whole["attributes"].get(field)


class PricingResponse(BaseResponse):
    def __init__(self):
        super().__init__(service_name="pricing")

    def get_products(self):
        if self.region not in REGIONS:
            raise _invalid(f"The Price List has no endpoint in {self.region}")
        params = json.loads(self.body)
        code, filters = params.get("ServiceCode"), params.get("Filters") or []
        if not code:
            raise _invalid("ServiceCode is required")
        size = params.get("MaxResults", A_PAGE)
        if not 1 <= size <= A_PAGE:
            raise _invalid("MaxResults must be between 1 and 100")
        for one in filters:
            if one.get("Type") != "TERM_MATCH":
                raise _invalid(f"Filter type {one.get('Type')} is not supported by the local API")
            if not one.get("Field") or not one.get("Value"):
                raise _invalid("A filter needs a field and a value")
        found = [
            json.dumps(one)
            for one in pricing_backends[self.current_account]["aws"].products
            if one["serviceCode"] == code and all(_value(one, each["Field"]) == each["Value"] for each in filters)
        ]
        token = {"NextPageToken": params["NextToken"]} if params.get("NextToken") else {}
        same = {key: value for key, value in params.items() if key != "NextToken"}
        shown, following = page({**same, **token}, found, size)
        return json.dumps(
            {"FormatVersion": "aws_v1", "PriceList": shown, **({"NextToken": following} if following else {})}
        )


def install():
    """Makes moto know the service, which it lacks."""
    sys.modules["moto.pricing"] = models
    pattern = re.compile(r"https?://(api\.)?pricing\.(.+)\.amazonaws\.com")
    moto.backend_index.backend_url_patterns.append(("pricing", pattern))
