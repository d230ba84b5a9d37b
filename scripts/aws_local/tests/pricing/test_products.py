"""Products of the Price List."""

import json

from aws_local.pricing.models import _control
from aws_local.tests.case import Case, client


def product(usage_type, region="eu-central-1"):
    attributes = {"usagetype": usage_type, "regionCode": region}
    return {"serviceCode": "AmazonECS", "product": {"productFamily": "Compute", "attributes": attributes}}


class Products(Case):
    def setUp(self):
        super().setUp()
        self.pricing = client("pricing", "eu-central-1")
        self.account = client("sts").get_caller_identity()["Account"]

    def given(self, products):
        _control("POST", {"account": self.account, "products": products})

    def test_filters_must_all_fit_and_answers_are_json_in_strings(self):
        self.given([product("EUC1-a"), product("a", "us-east-1")])

        def found(**fields):
            filters = [{"Type": "TERM_MATCH", "Field": key, "Value": value} for key, value in fields.items()]
            return self.pricing.get_products(ServiceCode="AmazonECS", Filters=filters)["PriceList"]

        told = found(regionCode="eu-central-1", productFamily="Compute")
        self.assertEqual([json.loads(one)["product"]["attributes"]["usagetype"] for one in told], ["EUC1-a"])
        self.assertEqual(found(regionCode="eu-central-1", usagetype="a"), [])

    def test_a_page_has_a_hundred_products(self):
        self.given([product(f"EUC1-{n}") for n in range(101)])
        first = self.pricing.get_products(ServiceCode="AmazonECS")
        self.assertEqual(len(first["PriceList"]), 100)
        rest = self.pricing.get_products(ServiceCode="AmazonECS", NextToken=first["NextToken"])
        self.assertEqual(len(rest["PriceList"]), 1)
        self.assertNotIn("NextToken", rest)
