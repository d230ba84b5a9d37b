"""DB subnet groups."""

from aws_local.tests.rds.case import Rds


class SubnetGroups(Rds):
    def test_changed(self):
        third = self.subnet(self.vpc, "10.0.9.0/24", "c")
        self.rds.modify_db_subnet_group(DBSubnetGroupName="data", SubnetIds=[*self.subnets, third])
        (group,) = self.rds.describe_db_subnet_groups(DBSubnetGroupName="data")["DBSubnetGroups"]
        self.assertEqual(len(group["Subnets"]), 3)
        self.create()
        with self.refused("SubnetAlreadyInUse"):
            self.rds.modify_db_subnet_group(DBSubnetGroupName="data", SubnetIds=[self.subnets[1], third])

    def test_invalid_requests_are_refused(self):
        vpc = self.ec2.create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"]
        far = self.subnet(vpc, "10.5.0.0/24", "b")
        for code, subnets in [
            ("DBSubnetGroupDoesNotCoverEnoughAZs", self.subnets[:1]),
            ("InvalidSubnet", ["subnet-0123456789abcdef0"]),
            ("InvalidSubnet", [self.subnets[0], far]),
        ]:
            with self.subTest(code), self.refused(code):
                self.subnet_group("other", subnets)
        with self.refused("DBSubnetGroupAlreadyExists"):
            self.subnet_group("data", self.subnets)

    def test_one_in_use_cannot_be_deleted(self):
        self.create()
        with self.refused("InvalidDBSubnetGroupStateFault"):
            self.rds.delete_db_subnet_group(DBSubnetGroupName="data")
        self.rds.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
        self.rds.delete_db_subnet_group(DBSubnetGroupName="data")
        with self.refused("DBSubnetGroupNotFoundFault"):
            self.rds.describe_db_subnet_groups(DBSubnetGroupName="data")
