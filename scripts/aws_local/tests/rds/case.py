"""A network and an instance, for the tests of RDS."""

from aws_local.tests.case import Case, client

PASSWORD = "correct-horse-battery"


class Rds(Case):
    @classmethod
    def setUpClass(cls):
        cls.rds = client("rds")

    def setUp(self):
        super().setUp()
        client("iam").create_service_linked_role(AWSServiceName="rds.amazonaws.com")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [self.subnet(self.vpc, f"10.0.{at}.0/24", zone) for at, zone in enumerate("ab")]
        self.subnet_group("data", self.subnets)
        self.sg = self.group(self.vpc, "db")

    def subnet(self, vpc, block, zone):
        created = self.ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=f"us-east-1{zone}")
        return created["Subnet"]["SubnetId"]

    def subnet_group(self, name, subnets, **more):
        return self.rds.create_db_subnet_group(
            DBSubnetGroupName=name, DBSubnetGroupDescription=name, SubnetIds=subnets, **more
        )["DBSubnetGroup"]

    def create(self, name="db", **more):
        requested = {
            "Engine": "postgres",
            "DBInstanceClass": "db.t4g.micro",
            "AllocatedStorage": 20,
            "StorageType": "gp3",
            "MasterUsername": "app",
            "MasterUserPassword": PASSWORD,
            "DBSubnetGroupName": "data",
            "VpcSecurityGroupIds": [self.sg],
            **more,
        }
        requested = {key: value for key, value in requested.items() if value is not None}
        return self.rds.create_db_instance(DBInstanceIdentifier=name, **requested)["DBInstance"]

    def describe(self, name="db"):
        return self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]

    def modify(self, now=False, name="db", **changes):
        return self.rds.modify_db_instance(DBInstanceIdentifier=name, ApplyImmediately=now, **changes)["DBInstance"]

    def parameter_group(self, name="own", family="postgres17"):
        return self.rds.create_db_parameter_group(
            DBParameterGroupName=name, DBParameterGroupFamily=family, Description=name
        )["DBParameterGroup"]

    def set(self, parameter, value, method="immediate", group="own"):
        change = {"ParameterName": parameter, "ParameterValue": value, "ApplyMethod": method}
        self.rds.modify_db_parameter_group(DBParameterGroupName=group, Parameters=[change])

    def status(self, name="db"):
        (group,) = self.describe(name)["DBParameterGroups"]
        return group["DBParameterGroupName"], group["ParameterApplyStatus"]
