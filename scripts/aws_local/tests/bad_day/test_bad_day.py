"""A bad day, through HTTP: what was just made, states, what leaves, refusals, lag and throttling."""

import json
import threading
import urllib.request

from botocore.config import Config
from botocore.exceptions import ClientError

import boto3
from aws_local import server
from aws_local.bad_day import day, just_made, leaving, refusals, states
from aws_local.bad_day.call import READS
from aws_local.speed.http import Server
from aws_local.tests.case import Case, client

ACCOUNT = "123456789012"
# The waits of the tests are requests to let time pass, so a second of AWS takes long.
SECOND = 1000


class BadDay(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(0, server.Watch(server.application(), 3600))
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.url = f"http://127.0.0.1:{cls.server.server_address[1]}"
        cls.clients = {}

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def client(self, service):
        once = Config(retries={"total_max_attempts": 1})
        if service not in self.clients:
            self.clients[service] = boto3.client(service, endpoint_url=self.url, config=once)
        return self.clients[service]

    def post(self, method="POST", **body):
        body = json.dumps({"account": ACCOUNT, **body}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/aws-local/bad-day", body, method=method)).close()

    def begin(self, seed=1):
        self.post(seed=seed, second=SECOND)

    def ask(self, call, *codes, **arguments):
        """Repeats a call until it is accepted; the codes with which it was refused, and its answer."""
        refused = []
        while len(refused) < 20:
            try:
                return refused, call(**arguments)
            except ClientError as error:
                refused.append(error.response["Error"]["Code"])
                self.assertIn(refused[-1], codes)
        self.fail(f"refused for ever: {refused}")

    def test_what_was_just_made_is_found_later(self):
        ec2, seen = self.client("ec2"), set()
        for seed in range(4):
            self.begin(seed)
            vpc = self.ask(ec2.create_vpc, "RequestLimitExceeded", CidrBlock="10.0.0.0/16")[1]["Vpc"]["VpcId"]
            named = {"VpcId": vpc, "CidrBlock": "10.0.0.0/24"}
            refused, _ = self.ask(ec2.create_subnet, "InvalidVpcID.NotFound", "RequestLimitExceeded", **named)
            seen.update(refused)
            looks = [self.vpcs(ec2, vpc) for _ in range(6)]
            seen.update(looks)
            self.assertIn(vpc, looks)
            self.post(**{"pass": 600})
            self.assertEqual(self.vpcs(ec2, vpc), vpc)
        self.assertLessEqual({"InvalidVpcID.NotFound", None}, seen)

    def vpcs(self, ec2, vpc):
        by_id = [{"Name": "vpc-id", "Values": [vpc]}]
        found = self.ask(ec2.describe_vpcs, "RequestLimitExceeded", Filters=by_id)[1]["Vpcs"]
        return found[0]["VpcId"] if found else None

    def test_a_bad_day_is_the_same_again(self):
        def one():
            self.setUp()
            self.begin(7)
            s3, codes = self.client("s3"), []
            for _ in range(6):
                try:
                    s3.create_bucket(Bucket="one-bucket")
                    s3.put_bucket_policy(Bucket="one-bucket", Policy='{"Statement": []}')
                except ClientError as error:
                    codes.append(error.response["Error"]["Code"])
            return codes

        first = one()
        self.assertEqual(first, one())
        self.assertIn("OperationAborted", first)

    def test_a_database_passes_its_states_and_is_shown_while_it_is_deleted(self):
        rds = self.client("rds")
        self.begin()
        client("iam").create_service_linked_role(AWSServiceName="rds.amazonaws.com")
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        places = [("10.0.0.0/24", "us-east-1a"), ("10.0.1.0/24", "us-east-1b")]
        made = [self.ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone) for block, zone in places]
        subnets = [one["Subnet"]["SubnetId"] for one in made]
        self.ask(
            rds.create_db_subnet_group,
            "InvalidParameterValue",
            "Throttling",
            DBSubnetGroupName="main",
            DBSubnetGroupDescription="main",
            SubnetIds=subnets,
        )
        self.ask(
            rds.create_db_instance,
            "Throttling",
            DBInstanceIdentifier="main",
            DBInstanceClass="db.t4g.micro",
            Engine="postgres",
            AllocatedStorage=20,
            MasterUsername="app",
            MasterUserPassword="long enough".replace(" ", ""),
            DBSubnetGroupName="main",
            BackupRetentionPeriod=0,
        )
        states_seen = [self.status(rds)]
        with self.assertRaises(ClientError) as refused:
            rds.modify_db_instance(DBInstanceIdentifier="main", BackupRetentionPeriod=3, ApplyImmediately=True)
        self.assertEqual(refused.exception.response["Error"]["Code"], "InvalidDBInstanceState")
        for _ in range(30):
            self.post(**{"pass": 3})
            states_seen.append(self.status(rds))
        ordered = list(dict.fromkeys(states_seen))
        self.assertEqual(ordered[:3], ["creating", "backing-up", "modifying"])
        self.assertLess(states_seen.index("available"), states_seen.index("rebooting"))
        self.assertEqual(states_seen[-1], "available")
        busy = ("InvalidDBInstanceState", "Throttling")
        self.ask(rds.delete_db_instance, *busy, DBInstanceIdentifier="main", SkipFinalSnapshot=True)
        self.assertEqual(self.status(rds), "deleting")
        with self.assertRaises(ClientError) as refused:
            rds.delete_db_subnet_group(DBSubnetGroupName="main")
        self.assertEqual(refused.exception.response["Error"]["Code"], "InvalidDBSubnetGroupStateFault")
        self.post(**{"pass": 60})
        with self.assertRaises(ClientError) as gone:
            self.status(rds)
        self.assertEqual(gone.exception.response["Error"]["Code"], "DBInstanceNotFound")
        self.ask(rds.delete_db_subnet_group, "Throttling", DBSubnetGroupName="main")

    def status(self, rds):
        try:
            answer = rds.describe_db_instances(DBInstanceIdentifier="main")
        except ClientError as error:
            if error.response["Error"]["Code"] != "Throttling":
                raise
            return self.status(rds)
        instance = answer["DBInstances"][0]
        self.assertEqual("Endpoint" in instance, instance["DBInstanceStatus"] != "creating")
        return instance["DBInstanceStatus"]

    def test_a_name_stays_taken(self):
        logs = self.client("logs")
        self.begin()
        later = ("OperationAbortedException", "ThrottlingException")
        self.ask(logs.create_log_group, *later, logGroupName="one")
        self.ask(logs.delete_log_group, *later, logGroupName="one")
        for _ in range(3):
            with self.refused("OperationAbortedException"):
                logs.create_log_group(logGroupName="one")
        self.post(**{"pass": 30})
        self.ask(logs.create_log_group, *later, logGroupName="one")

    def test_only_the_calls_of_the_account_are_concerned(self):
        self.begin()
        sts = self.client("sts").assume_role(RoleArn="arn:aws:iam::210987654321:role/x", RoleSessionName="other")["Credentials"]
        other = boto3.client(
            "logs",
            endpoint_url=self.url,
            aws_access_key_id=sts["AccessKeyId"],
            aws_secret_access_key=sts["SecretAccessKey"],
            aws_session_token=sts["SessionToken"],
        )
        for name in "abcd":
            other.create_log_group(logGroupName=name)
        self.post("DELETE")
        for name in "abcd":
            self.client("logs").create_log_group(logGroupName=name)


class Tables(Case):
    def test_reads_are_reads_and_changes_changes(self):
        for kind in states.TYPES:
            self.assertTrue(kind.describe.startswith(READS), kind)
            self.assertFalse([one for one in kind.begins if one.startswith(READS)], kind)
        for kind in leaving.TYPES:
            self.assertIn(kind.describe, leaving.LISTS)
        self.assertTrue(all(row.most >= 1 and row.status >= 400 for row in refusals.ROWS))
        self.assertTrue(all(kind.seconds <= 300 for kind in just_made.KINDS))

    def test_chances_follow_from_the_seed(self):
        one, same, other = (day.Day(seed, 1) for seed in (1, 1, 2))
        keys = [("a", n) for n in range(20)]
        self.assertEqual([one.upto(9, *key) for key in keys], [same.upto(9, *key) for key in keys])
        self.assertNotEqual([one.upto(9, *key) for key in keys], [other.upto(9, *key) for key in keys])
        self.assertEqual({one.upto(2, n) for n in range(99)}, {0, 1, 2})
