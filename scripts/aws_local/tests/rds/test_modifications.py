"""Changes to DB instances, and upgrades."""

from aws_local.tests.rds.case import Rds


class Modify(Rds):
    def test_some_changes_are_pending(self):
        self.create(EngineVersion="17.5")
        requested = {
            "DBInstanceClass": "db.t4g.small",
            "AllocatedStorage": 50,
            "MultiAZ": True,
            "EngineVersion": "17.6",
            "BackupRetentionPeriod": 0,
            "CACertificateIdentifier": "rds-ca-rsa4096-g1",
        }
        before = self.describe()
        created = self.modify(**requested)
        self.assertEqual(created["PendingModifiedValues"], requested)
        one = self.describe()
        self.assertEqual(one["PendingModifiedValues"], requested)
        self.assertEqual({name: one[name] for name in requested}, {name: before[name] for name in requested})
        # Another change with ApplyImmediately applies them, too.
        created = self.modify(now=True, DeletionProtection=True)
        self.assertEqual((created["DBInstanceStatus"], created["PendingModifiedValues"]), ("modifying", requested))
        one = self.describe()
        self.assertEqual((one["DBInstanceStatus"], one["PendingModifiedValues"]), ("available", {}))
        self.assertEqual({name: one[name] for name in requested}, requested)

    def test_a_change_back_removes_the_pending_change(self):
        self.create()
        self.modify(DBInstanceClass="db.t4g.small")
        self.modify(DBInstanceClass="db.t4g.micro")
        self.assertEqual(self.describe()["PendingModifiedValues"], {})

    def test_other_changes_are_applied_at_once(self):
        self.create(EnableCloudwatchLogsExports=["postgresql"])
        group = self.group(self.vpc, "other")
        requested = {
            "MaxAllocatedStorage": 60,
            "DeletionProtection": True,
            "CopyTagsToSnapshot": True,
            "AutoMinorVersionUpgrade": False,
            "BackupRetentionPeriod": 14,
            "PreferredBackupWindow": "04:00-04:30",
            "PreferredMaintenanceWindow": "mon:05:00-mon:05:30",
        }
        created = self.modify(
            VpcSecurityGroupIds=[group],
            EnablePerformanceInsights=True,
            PerformanceInsightsRetentionPeriod=93,
            CloudwatchLogsExportConfiguration={"EnableLogTypes": ["upgrade"], "DisableLogTypes": ["postgresql"]},
            DBPortNumber=5433,
            **requested,
        )
        self.assertEqual((created["DBInstanceStatus"], created["PendingModifiedValues"]), ("available", {}))
        one = self.describe()
        self.assertEqual({name: one[name] for name in requested}, requested)
        self.assertEqual([group], [sg["VpcSecurityGroupId"] for sg in one["VpcSecurityGroups"]])
        self.assertEqual((one["PerformanceInsightsEnabled"], one["PerformanceInsightsRetentionPeriod"]), (True, 93))
        self.assertEqual(one["EnabledCloudwatchLogsExports"], ["upgrade"])
        self.assertEqual(one["Endpoint"]["Port"], 5433)
        self.modify(EnablePerformanceInsights=False)
        one = self.describe()
        self.assertFalse(one["PerformanceInsightsEnabled"])
        self.assertNotIn("PerformanceInsightsRetentionPeriod", one)
        # A maximum equal to the size disables autoscaling.
        self.modify(MaxAllocatedStorage=20)
        self.assertNotIn("MaxAllocatedStorage", self.describe())

    def test_the_password_is_not_returned(self):
        self.create()
        created = self.modify(MasterUserPassword="another-password")
        self.assertEqual(created["PendingModifiedValues"], {"MasterUserPassword": "****"})
        self.assertEqual(self.describe()["PendingModifiedValues"], {})
        with self.refused("InvalidParameterValue"):
            self.modify(MasterUserPassword="short")

    def test_storage_grows_only(self):
        self.create(AllocatedStorage=100)
        with self.refused("InvalidParameterCombination"):
            self.modify(AllocatedStorage=50)
        self.modify(now=True, AllocatedStorage=101)
        self.assertEqual(self.describe()["AllocatedStorage"], 110)
        self.modify(now=True, AllocatedStorage=500, Iops=13000)
        one = self.describe()
        self.assertEqual((one["AllocatedStorage"], one["Iops"], one["StorageThroughput"]), (500, 13000, 500))

    def test_a_new_name(self):
        self.create()
        self.modify(NewDBInstanceIdentifier="other")
        self.assertEqual(self.describe()["PendingModifiedValues"], {"DBInstanceIdentifier": "other"})
        self.modify(now=True, NewDBInstanceIdentifier="other")
        self.assertEqual(self.describe("other")["DBInstanceArn"].split(":")[-1], "other")
        with self.refused("DBInstanceNotFound"):
            self.describe()

    def test_backups_turned_on_and_off(self):
        self.create(BackupRetentionPeriod=0)
        self.modify(now=True, BackupRetentionPeriod=3)
        self.assertEqual(len(self.rds.describe_db_snapshots(SnapshotType="automated")["DBSnapshots"]), 1)
        self.modify(now=True, BackupRetentionPeriod=0)
        self.assertEqual(self.rds.describe_db_snapshots(SnapshotType="automated")["DBSnapshots"], [])

    def test_another_vpc(self):
        self.create()
        with self.refused("InvalidVPCNetworkStateFault"):
            self.modify(DBSubnetGroupName="data")
        vpc = self.ec2.create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"]
        self.subnet_group("far", [self.subnet(vpc, "10.5.0.0/24", "b"), self.subnet(vpc, "10.5.1.0/24", "c")])
        self.modify(DBSubnetGroupName="far")
        with self.refused("InvalidDBSubnetGroupStateFault"):
            self.rds.delete_db_subnet_group(DBSubnetGroupName="far")
        self.modify(now=True, DBSubnetGroupName="far")
        self.assertEqual(self.describe()["DBSubnetGroup"]["VpcId"], vpc)

    def test_invalid_requests_are_refused(self):
        self.create()
        for code, requested in [
            ("DBParameterGroupNotFound", {"DBParameterGroupName": "none"}),
            ("InvalidParameterCombination", {"DBParameterGroupName": "default.postgres16"}),
            ("InvalidParameterValue", {"DBInstanceClass": "db.huge"}),
            ("InvalidParameterValue", {"BackupRetentionPeriod": 40}),
            ("InvalidParameterCombination", {"MaxAllocatedStorage": 19}),
            ("InvalidParameterCombination", {"CloudwatchLogsExportConfiguration": {"EnableLogTypes": ["audit"]}}),
            ("CertificateNotFound", {"CACertificateIdentifier": "none"}),
            ("InvalidParameterValue", {"VpcSecurityGroupIds": ["sg-0123456789abcdef0"]}),
            ("InvalidParameterValue", {"PreferredMaintenanceWindow": "sun:05:00-sun:05:10"}),
        ]:
            with self.subTest(requested), self.refused(code):
                self.modify(**requested)
        with self.refused("DBInstanceNotFound"):
            self.modify(name="none", MultiAZ=True)


class Upgrade(Rds):
    def test_a_minor_version(self):
        self.create(EngineVersion="17.5")
        self.modify(now=True, EngineVersion="17")
        self.assertEqual(self.describe()["EngineVersion"], "17.6")
        self.modify(now=True, EngineVersion="17.7")
        self.modify(now=True, EngineVersion="17")
        self.assertEqual(self.describe()["EngineVersion"], "17.7")
        with self.refused("InvalidParameterCombination"):
            self.modify(EngineVersion="17.6")

    def test_a_major_version(self):
        self.create(EngineVersion="16.10")
        for requested in ({"EngineVersion": "17.6"}, {"EngineVersion": "17.99", "AllowMajorVersionUpgrade": True}):
            with self.refused("InvalidParameterCombination"):
                self.modify(**requested)
        with self.refused("InvalidParameterCombination"):
            # A downgrade.
            self.modify(EngineVersion="17.2", AllowMajorVersionUpgrade=True)
        self.modify(EngineVersion="17.6", AllowMajorVersionUpgrade=True)
        self.assertEqual(self.describe()["EngineVersion"], "16.10")
        self.modify(now=True)
        self.assertEqual(self.describe()["EngineVersion"], "17.6")
        self.assertEqual(self.status(), ("default.postgres17", "in-sync"))

    def test_a_custom_parameter_group_must_be_replaced(self):
        self.parameter_group("old", "postgres16")
        self.parameter_group("new", "postgres17")
        self.create(EngineVersion="16.10", DBParameterGroupName="old")
        requested = {"EngineVersion": "17.6", "AllowMajorVersionUpgrade": True}
        for name in (None, "old"):
            with self.refused("InvalidParameterCombination"):
                self.modify(**requested, **({"DBParameterGroupName": name} if name else {}))
        self.modify(**requested, DBParameterGroupName="new")
        self.assertEqual(self.status(), ("old", "in-sync"))
        with self.refused("InvalidDBParameterGroupState"):
            self.rds.delete_db_parameter_group(DBParameterGroupName="new")
        self.modify(now=True)
        self.assertEqual(self.status(), ("new", "pending-reboot"))
        self.rds.reboot_db_instance(DBInstanceIdentifier="db")
        self.assertEqual(self.status(), ("new", "in-sync"))
