"""The offerings of reserved databases and cache nodes, and what exists earlier than now."""

import datetime

from aws_local import controls
from aws_local.tests.case import Case, client

ACCOUNT = "123456789012"
YEAR = 31536000


def offering(number, **more):
    return {
        "ReservedDBInstancesOfferingId": f"o{number}",
        "DBInstanceClass": "db.t4g.micro",
        "Duration": YEAR,
        "FixedPrice": 0.0,
        "UsagePrice": 0.0,
        "CurrencyCode": "USD",
        "ProductDescription": "postgresql",
        "OfferingType": "No Upfront",
        "MultiAZ": False,
        "RecurringCharges": [{"RecurringChargeAmount": 0.0108, "RecurringChargeFrequency": "Hourly"}],
        **more,
    }


class Reservations(Case):
    def tearDown(self):
        controls.PATHS["/aws-local/reserved-databases"]("DELETE", {"account": ACCOUNT})
        controls.PATHS["/aws-local/reserved-caches"]("DELETE", {"account": ACCOUNT})

    def test_offerings_are_filtered_and_refused_as_by_aws(self):
        given = [offering(1), offering(2, MultiAZ=True), offering(3, Duration=3 * YEAR, OfferingType="All Upfront")]
        controls.PATHS["/aws-local/reserved-databases"]("POST", {"account": ACCOUNT, "offerings": given})
        rds = client("rds")

        def ids(**asked):
            found = rds.describe_reserved_db_instances_offerings(**asked)["ReservedDBInstancesOfferings"]
            return [one["ReservedDBInstancesOfferingId"] for one in found]

        self.assertEqual(ids(MultiAZ=False), ["o1", "o3"])
        self.assertEqual(ids(Duration="3"), ["o3"])
        self.assertEqual(ids(DBInstanceClass="db.t4g.small"), [])
        told = rds.describe_reserved_db_instances_offerings(Duration="1", MultiAZ=False)
        charges = told["ReservedDBInstancesOfferings"][0]["RecurringCharges"]
        self.assertEqual(charges, [{"RecurringChargeAmount": 0.0108, "RecurringChargeFrequency": "Hourly"}])
        with self.refused("InvalidParameterValue"):
            ids(Duration="2")
        with self.refused("InvalidParameterValue"):
            ids(OfferingType="Upfront")
        self.assertEqual(rds.describe_reserved_db_instances()["ReservedDBInstances"], [])

    def test_nodes_are_offered_by_engine(self):
        node = {"CacheNodeType": "cache.t4g.micro", "Duration": YEAR, "FixedPrice": 0.0, "OfferingType": "No Upfront"}
        given = [
            {**node, "ReservedCacheNodesOfferingId": engine, "ProductDescription": engine} for engine in ("redis", "valkey")
        ]
        controls.PATHS["/aws-local/reserved-caches"]("POST", {"account": ACCOUNT, "offerings": given})
        found = client("elasticache").describe_reserved_cache_nodes_offerings(ProductDescription="valkey")
        ids = [one["ReservedCacheNodesOfferingId"] for one in found["ReservedCacheNodesOfferings"]]
        self.assertEqual(ids, ["valkey"])

    def test_what_exists_can_be_older(self):
        _, subnet, _ = self.network()
        self.ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")
        controls.PATHS["/aws-local/age"]("POST", {"account": ACCOUNT, "days": 40})
        created = self.ec2.describe_nat_gateways()["NatGateways"][0]["CreateTime"]
        now = datetime.datetime.now(datetime.timezone.utc)
        self.assertGreater(now - created, datetime.timedelta(days=39))
