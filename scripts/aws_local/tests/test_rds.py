"""What is added to RDS."""

from datetime import timedelta


from aws_local.tests.case import Case, client

PASSWORD = "correct-horse-battery"


class Rds(Case):
    @classmethod
    def setUpClass(cls):
        cls.rds = client("rds")

    def setUp(self):
        super().setUp()
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [self.subnet(self.vpc, f"10.0.{at}.0/24", zone) for at, zone in enumerate("ab")]
        self.subnet_group("data", self.subnets)
        self.sg = self.group(self.vpc, "db")

    def subnet(self, vpc, block, zone):
        made = self.ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=f"us-east-1{zone}")
        return made["Subnet"]["SubnetId"]

    def subnet_group(self, name, subnets, **more):
        return self.rds.create_db_subnet_group(
            DBSubnetGroupName=name, DBSubnetGroupDescription=name, SubnetIds=subnets, **more
        )["DBSubnetGroup"]

    def create(self, name="db", **more):
        asked = {
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
        asked = {key: value for key, value in asked.items() if value is not None}
        return self.rds.create_db_instance(DBInstanceIdentifier=name, **asked)["DBInstance"]

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


class EngineVersions(Rds):
    def versions(self, **asked):
        found = self.rds.get_paginator("describe_db_engine_versions").paginate(Engine="postgres", **asked)
        return [one for page in found for one in page["DBEngineVersions"]]

    def names(self, **asked):
        return [one["EngineVersion"] for one in self.versions(**asked)]

    def test_a_bare_major_means_its_minors(self):
        self.assertEqual(self.names(EngineVersion="17"), ["17.2", "17.4", "17.5", "17.6", "17.7"])
        self.assertEqual(self.names(EngineVersion="17", DefaultOnly=True), ["17.6"])
        self.assertEqual(self.names(DefaultOnly=True), ["17.6"])
        self.assertEqual(self.names(DBParameterGroupFamily="postgres18"), ["18.1"])
        self.assertEqual(self.names(EngineVersion="17.99"), [])
        self.assertEqual({name.split(".")[0] for name in self.names()}, {"13", "14", "15", "16", "17", "18"})

    def test_what_it_can_be_upgraded_to(self):
        (one,) = self.versions(EngineVersion="16.8")
        targets = {to["EngineVersion"]: to["IsMajorVersionUpgrade"] for to in one["ValidUpgradeTarget"]}
        self.assertEqual(
            targets,
            {"16.9": False, "16.10": False, "16.11": False, "17.4": True, "17.5": True, "17.6": True, "17.7": True}
            | {"18.1": True},
        )
        self.assertEqual(one["DBParameterGroupFamily"], "postgres16")
        self.assertEqual(one["ExportableLogTypes"], ["postgresql", "upgrade"])

    def test_pages(self):
        page = self.rds.describe_db_engine_versions(Engine="postgres", MaxRecords=20)
        self.assertEqual(len(page["DBEngineVersions"]), 20)
        rest = self.rds.describe_db_engine_versions(Engine="postgres", Marker=page["Marker"])
        self.assertEqual(len(page["DBEngineVersions"]) + len(rest["DBEngineVersions"]), len(self.names()))


class Create(Rds):
    def test_what_is_asked_for_is_told(self):
        role = "arn:aws:iam::123456789012:role/monitoring"
        made = self.create(
            EngineVersion="17",
            DBName="app",
            MultiAZ=True,
            MaxAllocatedStorage=100,
            CopyTagsToSnapshot=True,
            DeletionProtection=True,
            BackupRetentionPeriod=7,
            PreferredBackupWindow="02:00-02:30",
            PreferredMaintenanceWindow="Sun:05:00-Sun:06:00",
            AutoMinorVersionUpgrade=False,
            EnableCloudwatchLogsExports=["postgresql"],
            EnablePerformanceInsights=True,
            MonitoringInterval=60,
            MonitoringRoleArn=role,
            StorageEncrypted=True,
            Tags=[{"Key": "a", "Value": "b"}],
        )
        self.assertEqual(made["DBInstanceStatus"], "creating")
        self.assertNotIn("Endpoint", made)
        one = self.describe()
        expected = {
            "DBInstanceStatus": "available",
            "EngineVersion": "17.6",
            "DBName": "app",
            "MasterUsername": "app",
            "MultiAZ": True,
            "AvailabilityZone": "us-east-1a",
            "SecondaryAvailabilityZone": "us-east-1b",
            "AllocatedStorage": 20,
            "MaxAllocatedStorage": 100,
            "StorageType": "gp3",
            "Iops": 3000,
            "StorageThroughput": 125,
            "CopyTagsToSnapshot": True,
            "DeletionProtection": True,
            "BackupRetentionPeriod": 7,
            "PreferredBackupWindow": "02:00-02:30",
            "PreferredMaintenanceWindow": "sun:05:00-sun:06:00",
            "AutoMinorVersionUpgrade": False,
            "EnabledCloudwatchLogsExports": ["postgresql"],
            "PerformanceInsightsEnabled": True,
            "PerformanceInsightsRetentionPeriod": 7,
            "MonitoringInterval": 60,
            "MonitoringRoleArn": role,
            "StorageEncrypted": True,
            "PubliclyAccessible": False,
            "CACertificateIdentifier": "rds-ca-rsa2048-g1",
            "LicenseModel": "postgresql-license",
            "PendingModifiedValues": {},
            "TagList": [{"Key": "a", "Value": "b"}],
            "DBParameterGroups": [
                {"DBParameterGroupName": "default.postgres17", "ParameterApplyStatus": "in-sync"}
            ],
            "VpcSecurityGroups": [{"VpcSecurityGroupId": self.sg, "Status": "active"}],
        }
        self.assertEqual({name: one.get(name) for name in expected}, expected)
        self.assertEqual(one["CertificateDetails"]["CAIdentifier"], "rds-ca-rsa2048-g1")
        self.assertTrue(one["KmsKeyId"].startswith("arn:aws:kms:us-east-1:123456789012:key/"))
        self.assertEqual(one["PerformanceInsightsKMSKeyId"], one["KmsKeyId"])
        self.assertEqual(one["DBSubnetGroup"]["DBSubnetGroupName"], "data")
        self.assertEqual(one["DBSubnetGroup"]["VpcId"], self.vpc)
        self.assertEqual(len(one["DBSubnetGroup"]["Subnets"]), 2)
        self.assertEqual(one["Endpoint"]["Port"], 5432)
        self.assertIn("LatestRestorableTime", one)
        self.assertIn("EnhancedMonitoringResourceArn", one)
        self.assertEqual(one["OptionGroupMemberships"][0]["OptionGroupName"], "default:postgres-17")

    def test_each_has_a_resource_id_of_its_own(self):
        self.assertNotEqual(self.create("one")["DbiResourceId"], self.create("two")["DbiResourceId"])

    def test_without_backups_there_is_nothing_to_restore(self):
        self.create(BackupRetentionPeriod=0)
        self.assertNotIn("LatestRestorableTime", self.describe())
        self.assertEqual(self.rds.describe_db_snapshots()["DBSnapshots"], [])

    def test_gp3_from_400_gib_on(self):
        self.create(AllocatedStorage=400)
        self.assertEqual((self.describe()["Iops"], self.describe()["StorageThroughput"]), (12000, 500))
        self.create("other", AllocatedStorage=400, Iops=20000)
        self.assertEqual((self.describe("other")["Iops"], self.describe("other")["StorageThroughput"]), (20000, 500))

    def test_a_window_is_chosen_beside_the_other(self):
        self.create(PreferredMaintenanceWindow="sun:13:00-sun:14:00")
        self.create("other", PreferredBackupWindow="06:00-07:00")
        with self.refused("InvalidParameterValue"):
            self.create(
                "third", PreferredMaintenanceWindow="sun:13:00-sun:14:00", PreferredBackupWindow="13:30-14:30"
            )

    def test_without_a_subnet_group_it_is_in_the_default_vpc(self):
        self.create(DBSubnetGroupName=None, VpcSecurityGroupIds=None, PubliclyAccessible=False)
        self.assertEqual(self.describe()["DBSubnetGroup"]["DBSubnetGroupName"], "default")

    def test_what_is_refused(self):
        other = self.group(self.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"], "other")
        self.parameter_group("old", "postgres16")
        for code, asked in [
            ("InvalidParameterCombination", {"EngineVersion": "17.99"}),
            ("InvalidParameterCombination", {"EngineVersion": "12"}),
            ("InvalidParameterValue", {"DBInstanceClass": "db.huge"}),
            ("InvalidParameterValue", {"DBInstanceClass": "cache.t4g.micro"}),
            ("InvalidParameterCombination", {"DBInstanceClass": "db.m3.large"}),
            ("InvalidParameterValue", {"MasterUserPassword": "short"}),
            ("InvalidParameterValue", {"MasterUserPassword": "with a space"}),
            ("InvalidParameterValue", {"MasterUserPassword": "with/slash"}),
            ("InvalidParameterValue", {"MasterUserPassword": "with@sign"}),
            ("InvalidParameterValue", {"MasterUserPassword": 'with"quote'}),
            ("InvalidParameterValue", {"MasterUserPassword": None}),
            ("InvalidParameterValue", {"MasterUsername": "admin"}),
            ("InvalidParameterValue", {"AllocatedStorage": 10}),
            ("InvalidParameterValue", {"AllocatedStorage": None}),
            ("InvalidParameterValue", {"StorageType": "gp9"}),
            ("InvalidParameterCombination", {"Iops": 4000}),
            ("InvalidParameterCombination", {"MaxAllocatedStorage": 10}),
            ("InvalidParameterValue", {"BackupRetentionPeriod": 36}),
            ("InvalidParameterCombination", {"MonitoringInterval": 60}),
            ("InvalidParameterCombination", {"PerformanceInsightsRetentionPeriod": 7}),
            ("InvalidParameterValue", {"EnablePerformanceInsights": True, "PerformanceInsightsRetentionPeriod": 94}),
            ("InvalidParameterCombination", {"EnableCloudwatchLogsExports": ["slowquery"]}),
            ("CertificateNotFound", {"CACertificateIdentifier": "rds-ca-2019"}),
            ("DBParameterGroupNotFound", {"DBParameterGroupName": "none"}),
            ("InvalidParameterCombination", {"DBParameterGroupName": "old"}),
            ("InvalidParameterCombination", {"DBParameterGroupName": "default.postgres16"}),
            ("DBSubnetGroupNotFoundFault", {"DBSubnetGroupName": "none"}),
            ("InvalidParameterValue", {"VpcSecurityGroupIds": ["sg-0123456789abcdef0"]}),
            ("InvalidParameterCombination", {"VpcSecurityGroupIds": [other]}),
            ("InvalidVPCNetworkStateFault", {"PubliclyAccessible": True}),
            ("KMSKeyNotAccessibleFault", {"StorageEncrypted": True, "KmsKeyId": "none"}),
            ("InvalidParameterCombination", {"MultiAZ": True, "AvailabilityZone": "us-east-1a"}),
        ]:
            with self.subTest(asked), self.refused(code):
                self.create(**asked)
        self.assertEqual(self.rds.describe_db_instances()["DBInstances"], [])
        self.create()
        with self.refused("DBInstanceAlreadyExists"):
            self.create()


class Modify(Rds):
    def test_some_changes_wait(self):
        self.create(EngineVersion="17.5")
        asked = {
            "DBInstanceClass": "db.t4g.small",
            "AllocatedStorage": 50,
            "MultiAZ": True,
            "EngineVersion": "17.6",
            "BackupRetentionPeriod": 0,
            "CACertificateIdentifier": "rds-ca-rsa4096-g1",
        }
        before = self.describe()
        made = self.modify(**asked)
        self.assertEqual(made["PendingModifiedValues"], asked)
        one = self.describe()
        self.assertEqual(one["PendingModifiedValues"], asked)
        self.assertEqual({name: one[name] for name in asked}, {name: before[name] for name in asked})
        # Another change with ApplyImmediately does them too.
        made = self.modify(now=True, DeletionProtection=True)
        self.assertEqual((made["DBInstanceStatus"], made["PendingModifiedValues"]), ("modifying", asked))
        one = self.describe()
        self.assertEqual((one["DBInstanceStatus"], one["PendingModifiedValues"]), ("available", {}))
        self.assertEqual({name: one[name] for name in asked}, asked)

    def test_a_change_back_takes_a_waiting_one_away(self):
        self.create()
        self.modify(DBInstanceClass="db.t4g.small")
        self.modify(DBInstanceClass="db.t4g.micro")
        self.assertEqual(self.describe()["PendingModifiedValues"], {})

    def test_others_never_wait(self):
        self.create(EnableCloudwatchLogsExports=["postgresql"])
        group = self.group(self.vpc, "other")
        asked = {
            "MaxAllocatedStorage": 60,
            "DeletionProtection": True,
            "CopyTagsToSnapshot": True,
            "AutoMinorVersionUpgrade": False,
            "BackupRetentionPeriod": 14,
            "PreferredBackupWindow": "04:00-04:30",
            "PreferredMaintenanceWindow": "mon:05:00-mon:05:30",
        }
        made = self.modify(
            VpcSecurityGroupIds=[group],
            EnablePerformanceInsights=True,
            PerformanceInsightsRetentionPeriod=93,
            CloudwatchLogsExportConfiguration={"EnableLogTypes": ["upgrade"], "DisableLogTypes": ["postgresql"]},
            DBPortNumber=5433,
            **asked,
        )
        self.assertEqual((made["DBInstanceStatus"], made["PendingModifiedValues"]), ("available", {}))
        one = self.describe()
        self.assertEqual({name: one[name] for name in asked}, asked)
        self.assertEqual([group], [sg["VpcSecurityGroupId"] for sg in one["VpcSecurityGroups"]])
        self.assertEqual((one["PerformanceInsightsEnabled"], one["PerformanceInsightsRetentionPeriod"]), (True, 93))
        self.assertEqual(one["EnabledCloudwatchLogsExports"], ["upgrade"])
        self.assertEqual(one["Endpoint"]["Port"], 5433)
        self.modify(EnablePerformanceInsights=False)
        one = self.describe()
        self.assertFalse(one["PerformanceInsightsEnabled"])
        self.assertNotIn("PerformanceInsightsRetentionPeriod", one)
        # The maximum at the size itself turns growing off.
        self.modify(MaxAllocatedStorage=20)
        self.assertNotIn("MaxAllocatedStorage", self.describe())

    def test_the_password_is_not_told(self):
        self.create()
        made = self.modify(MasterUserPassword="another-password")
        self.assertEqual(made["PendingModifiedValues"], {"MasterUserPassword": "****"})
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

    def test_what_is_refused(self):
        self.create()
        for code, asked in [
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
            with self.subTest(asked), self.refused(code):
                self.modify(**asked)
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
        for asked in ({"EngineVersion": "17.6"}, {"EngineVersion": "17.99", "AllowMajorVersionUpgrade": True}):
            with self.refused("InvalidParameterCombination"):
                self.modify(**asked)
        with self.refused("InvalidParameterCombination"):
            # Older than the version it has.
            self.modify(EngineVersion="17.2", AllowMajorVersionUpgrade=True)
        self.modify(EngineVersion="17.6", AllowMajorVersionUpgrade=True)
        self.assertEqual(self.describe()["EngineVersion"], "16.10")
        self.modify(now=True)
        self.assertEqual(self.describe()["EngineVersion"], "17.6")
        self.assertEqual(self.status(), ("default.postgres17", "in-sync"))

    def test_an_own_parameter_group_needs_another(self):
        self.parameter_group("old", "postgres16")
        self.parameter_group("new", "postgres17")
        self.create(EngineVersion="16.10", DBParameterGroupName="old")
        asked = {"EngineVersion": "17.6", "AllowMajorVersionUpgrade": True}
        for name in (None, "old"):
            with self.refused("InvalidParameterCombination"):
                self.modify(**asked, **({"DBParameterGroupName": name} if name else {}))
        self.modify(**asked, DBParameterGroupName="new")
        self.assertEqual(self.status(), ("old", "in-sync"))
        with self.refused("InvalidDBParameterGroupState"):
            self.rds.delete_db_parameter_group(DBParameterGroupName="new")
        self.modify(now=True)
        self.assertEqual(self.status(), ("new", "pending-reboot"))
        self.rds.reboot_db_instance(DBInstanceIdentifier="db")
        self.assertEqual(self.status(), ("new", "in-sync"))


class Parameters(Rds):
    def parameters(self, group="own", **asked):
        pages = self.rds.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=group, **asked)
        return {one["ParameterName"]: one for page in pages for one in page["Parameters"]}

    def test_all_of_the_family(self):
        self.parameter_group()
        found = self.parameters()
        self.assertGreater(len(found), 100)
        self.assertEqual(len(self.rds.describe_db_parameters(DBParameterGroupName="own")["Parameters"]), 100)
        self.assertEqual(
            found["rds.force_ssl"],
            {
                "ParameterName": "rds.force_ssl",
                "ParameterValue": "1",
                "Description": "Force SSL connections.",
                "Source": "system",
                "ApplyType": "dynamic",
                "DataType": "boolean",
                "AllowedValues": "0,1",
                "IsModifiable": True,
                "ApplyMethod": "pending-reboot",
            },
        )
        self.assertNotIn("ParameterValue", found["work_mem"])
        self.assertEqual(found["work_mem"]["Source"], "engine-default")
        self.assertEqual(self.parameters("default.postgres14")["rds.force_ssl"]["ParameterValue"], "0")
        self.assertEqual(self.parameters(Source="user"), {})

    def test_setting_and_resetting(self):
        self.parameter_group()
        self.set("work_mem", "65536")
        self.set("max_connections", "200", "pending-reboot")
        self.set("shared_preload_libraries", "pg_stat_statements,pg_cron", "pending-reboot")
        found = self.parameters(Source="user")
        self.assertEqual(
            {name: (one["ParameterValue"], one["ApplyMethod"]) for name, one in found.items()},
            {
                "work_mem": ("65536", "immediate"),
                "max_connections": ("200", "pending-reboot"),
                "shared_preload_libraries": ("pg_stat_statements,pg_cron", "pending-reboot"),
            },
        )
        one = [{"ParameterName": "work_mem", "ApplyMethod": "immediate"}]
        self.rds.reset_db_parameter_group(DBParameterGroupName="own", Parameters=one)
        self.assertNotIn("work_mem", self.parameters(Source="user"))
        self.rds.reset_db_parameter_group(DBParameterGroupName="own", ResetAllParameters=True)
        self.assertEqual(self.parameters(Source="user"), {})

    def test_what_is_refused(self):
        self.parameter_group()
        for code, asked in [
            ("InvalidParameterValue", ("nonsense", "1")),
            ("InvalidParameterValue", ("log_statement", "some")),
            ("InvalidParameterValue", ("rds.force_ssl", "yes")),
            ("InvalidParameterValue", ("work_mem", "64MB")),
            ("InvalidParameterValue", ("work_mem", "1")),
            ("InvalidParameterValue", ("fsync", "0")),
            ("InvalidParameterValue", ("shared_preload_libraries", "mine", "pending-reboot")),
            ("InvalidParameterCombination", ("max_connections", "100", "immediate")),
            ("DBParameterGroupNotFound", ("work_mem", "64", "immediate", "none")),
            ("InvalidParameterValue", ("work_mem", "64", "immediate", "default.postgres17")),
        ]:
            with self.subTest(asked), self.refused(code):
                self.set(*asked)
        many = [{"ParameterName": "work_mem", "ParameterValue": "64", "ApplyMethod": "immediate"}] * 21
        with self.refused("InvalidParameterValue"):
            self.rds.modify_db_parameter_group(DBParameterGroupName="own", Parameters=many)
        with self.refused("InvalidParameterValue"):
            self.parameter_group("other", "postgres99")
        with self.refused("DBParameterGroupNotFound"):
            self.rds.describe_db_parameter_groups(DBParameterGroupName="none")
        with self.refused("DBParameterGroupAlreadyExists"):
            self.parameter_group()
        self.assertEqual(self.parameters(Source="user"), {})

    def test_when_an_instance_needs_a_reboot(self):
        self.parameter_group()
        self.create()
        self.modify(DBParameterGroupName="own")
        self.assertEqual(self.status(), ("own", "pending-reboot"))
        self.rds.reboot_db_instance(DBInstanceIdentifier="db")
        self.assertEqual(self.status(), ("own", "in-sync"))
        self.set("work_mem", "65536")
        self.assertEqual(self.status(), ("own", "in-sync"))
        self.set("max_connections", "200", "pending-reboot")
        self.assertEqual(self.status(), ("own", "pending-reboot"))
        made = self.rds.reboot_db_instance(DBInstanceIdentifier="db")["DBInstance"]
        self.assertEqual(made["DBInstanceStatus"], "rebooting")
        self.rds.reset_db_parameter_group(DBParameterGroupName="own")
        self.assertEqual(self.status(), ("own", "pending-reboot"))
        with self.refused("InvalidParameterCombination"):
            self.rds.reboot_db_instance(DBInstanceIdentifier="db", ForceFailover=True)

    def test_one_in_use_stays(self):
        self.parameter_group()
        self.create(DBParameterGroupName="own")
        with self.refused("InvalidDBParameterGroupState"):
            self.rds.delete_db_parameter_group(DBParameterGroupName="own")
        self.rds.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
        self.rds.delete_db_parameter_group(DBParameterGroupName="own")
        with self.refused("DBParameterGroupNotFound"):
            self.rds.delete_db_parameter_group(DBParameterGroupName="own")


class SubnetGroups(Rds):
    def test_changed(self):
        third = self.subnet(self.vpc, "10.0.9.0/24", "c")
        self.rds.modify_db_subnet_group(DBSubnetGroupName="data", SubnetIds=[*self.subnets, third])
        (group,) = self.rds.describe_db_subnet_groups(DBSubnetGroupName="data")["DBSubnetGroups"]
        self.assertEqual(len(group["Subnets"]), 3)
        self.create()
        with self.refused("SubnetAlreadyInUse"):
            self.rds.modify_db_subnet_group(DBSubnetGroupName="data", SubnetIds=[self.subnets[1], third])

    def test_what_is_refused(self):
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

    def test_one_in_use_stays(self):
        self.create()
        with self.refused("InvalidDBSubnetGroupStateFault"):
            self.rds.delete_db_subnet_group(DBSubnetGroupName="data")
        self.rds.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
        self.rds.delete_db_subnet_group(DBSubnetGroupName="data")
        with self.refused("DBSubnetGroupNotFoundFault"):
            self.rds.describe_db_subnet_groups(DBSubnetGroupName="data")


class Snapshots(Rds):
    def snapshot(self, name="snap", **more):
        return self.rds.create_db_snapshot(DBInstanceIdentifier="db", DBSnapshotIdentifier=name, **more)["DBSnapshot"]

    def restore(self, name="new", **more):
        return self.rds.restore_db_instance_from_db_snapshot(
            DBInstanceIdentifier=name, DBSnapshotIdentifier="snap", **more
        )["DBInstance"]

    def test_a_manual_one(self):
        self.create(StorageEncrypted=True, CopyTagsToSnapshot=True, Tags=[{"Key": "a", "Value": "b"}])
        made = self.snapshot()
        self.assertEqual((made["Status"], made["PercentProgress"]), ("creating", 0))
        (one,) = self.rds.describe_db_snapshots(DBSnapshotIdentifier="snap")["DBSnapshots"]
        expected = {
            "Status": "available",
            "PercentProgress": 100,
            "SnapshotType": "manual",
            "AllocatedStorage": 20,
            "EngineVersion": "17.6",
            "Encrypted": True,
            "StorageType": "gp3",
            "VpcId": self.vpc,
            "TagList": [{"Key": "a", "Value": "b"}],
            "DbiResourceId": self.describe()["DbiResourceId"],
        }
        self.assertEqual({name: one.get(name) for name in expected}, expected)
        self.assertIn("SnapshotCreateTime", one)
        with self.refused("DBSnapshotAlreadyExists"):
            self.snapshot()
        gone = self.rds.delete_db_snapshot(DBSnapshotIdentifier="snap")["DBSnapshot"]
        self.assertEqual(gone["Status"], "deleted")
        with self.refused("DBSnapshotNotFound"):
            self.rds.describe_db_snapshots(DBSnapshotIdentifier="snap")

    def test_an_automated_one(self):
        self.create()
        found = self.rds.describe_db_snapshots(SnapshotType="automated", DBInstanceIdentifier="db")["DBSnapshots"]
        self.assertEqual(len(found), 1)
        self.assertRegex(found[0]["DBSnapshotIdentifier"], r"^rds:db-\d{4}-\d\d-\d\d-\d\d-\d\d$")
        with self.refused("InvalidDBSnapshotState"):
            self.rds.delete_db_snapshot(DBSnapshotIdentifier=found[0]["DBSnapshotIdentifier"])
        (backup,) = self.rds.describe_db_instance_automated_backups(DBInstanceIdentifier="db")[
            "DBInstanceAutomatedBackups"
        ]
        self.assertEqual(backup["RestoreWindow"]["LatestTime"], self.describe()["LatestRestorableTime"])

    def test_restored(self):
        self.parameter_group()
        self.create(
            StorageEncrypted=True,
            DeletionProtection=True,
            MultiAZ=True,
            BackupRetentionPeriod=9,
            DBParameterGroupName="own",
            Tags=[{"Key": "a", "Value": "b"}],
        )
        self.snapshot()
        self.assertEqual(self.restore("plain", DBSubnetGroupName="data")["DBInstanceStatus"], "creating")
        one, source = self.describe("plain"), self.describe()
        same = ["StorageEncrypted", "KmsKeyId", "EngineVersion", "MasterUsername", "BackupRetentionPeriod"]
        same += ["DBInstanceClass", "StorageType", "Iops", "AllocatedStorage", "TagList"]
        self.assertEqual({name: one[name] for name in same}, {name: source[name] for name in same})
        self.assertFalse(one["MultiAZ"] or one["DeletionProtection"])
        self.assertEqual(self.status("plain"), ("default.postgres17", "in-sync"))
        self.assertNotEqual(one["VpcSecurityGroups"], source["VpcSecurityGroups"])
        self.assertNotEqual(one["DbiResourceId"], source["DbiResourceId"])
        self.restore(
            "full",
            DBInstanceClass="db.t4g.small",
            DBSubnetGroupName="data",
            VpcSecurityGroupIds=[self.sg],
            DBParameterGroupName="own",
            MultiAZ=True,
            DeletionProtection=True,
            CopyTagsToSnapshot=True,
            EnableCloudwatchLogsExports=["postgresql"],
            Port=5439,
            Tags=[{"Key": "c", "Value": "d"}],
        )
        one = self.describe("full")
        self.assertEqual(self.status("full"), ("own", "in-sync"))
        expected = {
            "DBInstanceClass": "db.t4g.small",
            "MultiAZ": True,
            "DeletionProtection": True,
            "CopyTagsToSnapshot": True,
            "EnabledCloudwatchLogsExports": ["postgresql"],
            "TagList": [{"Key": "c", "Value": "d"}],
            "VpcSecurityGroups": source["VpcSecurityGroups"],
        }
        self.assertEqual({name: one[name] for name in expected}, expected)
        self.assertEqual(one["Endpoint"]["Port"], 5439)

    def test_what_a_restore_refuses(self):
        self.create(AllocatedStorage=50)
        self.snapshot()
        for code, asked in [
            ("DBInstanceAlreadyExists", {"name": "db"}),
            ("DBSubnetGroupNotFoundFault", {"DBSubnetGroupName": "none"}),
            ("DBParameterGroupNotFound", {"DBParameterGroupName": "none"}),
            ("InvalidParameterValue", {"AllocatedStorage": 30}),
            ("InvalidParameterValue", {"DBInstanceClass": "db.huge"}),
        ]:
            with self.subTest(asked), self.refused(code):
                self.restore(**asked)
        with self.refused("DBSnapshotNotFound"):
            self.rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="new", DBSnapshotIdentifier="none")

    def test_to_a_point_in_time(self):
        self.create(StorageEncrypted=True, DBName="app", Tags=[{"Key": "a", "Value": "b"}])
        latest = self.describe()["LatestRestorableTime"]
        for at, when in enumerate(({"UseLatestRestorableTime": True}, {"RestoreTime": latest})):
            name = f"new{at}"
            self.rds.restore_db_instance_to_point_in_time(
                SourceDBInstanceIdentifier="db",
                TargetDBInstanceIdentifier=name,
                DBSubnetGroupName="data",
                VpcSecurityGroupIds=[self.sg],
                DeletionProtection=True,
                **when,
            )
            one = self.describe(name)
            self.assertEqual(one["KmsKeyId"], self.describe()["KmsKeyId"])
            self.assertEqual((one["DBName"], one["TagList"], one["DeletionProtection"]), ("app", [], True))
        self.rds.restore_db_instance_to_point_in_time(
            SourceDbiResourceId=self.describe()["DbiResourceId"],
            TargetDBInstanceIdentifier="by-id",
            UseLatestRestorableTime=True,
        )

    def test_a_time_outside_is_refused(self):
        self.create()
        latest = self.describe()["LatestRestorableTime"]
        for code, when in [
            ("InvalidParameterValue", {"RestoreTime": latest + timedelta(minutes=10)}),
            ("InvalidParameterValue", {"RestoreTime": latest - timedelta(days=10)}),
            ("InvalidParameterCombination", {}),
            ("InvalidParameterCombination", {"RestoreTime": latest, "UseLatestRestorableTime": True}),
        ]:
            with self.subTest(when), self.refused(code):
                self.rds.restore_db_instance_to_point_in_time(
                    SourceDBInstanceIdentifier="db", TargetDBInstanceIdentifier="new", **when
                )
        self.create("bare", BackupRetentionPeriod=0)
        with self.refused("PointInTimeRestoreNotEnabled"):
            self.rds.restore_db_instance_to_point_in_time(
                SourceDBInstanceIdentifier="bare", TargetDBInstanceIdentifier="new", UseLatestRestorableTime=True
            )

    def test_deleting_an_instance(self):
        self.create(DeletionProtection=True, CopyTagsToSnapshot=True, Tags=[{"Key": "a", "Value": "b"}])
        self.snapshot("taken")

        def delete(**asked):
            return self.rds.delete_db_instance(DBInstanceIdentifier="db", **asked)

        with self.refused("InvalidParameterCombination"):
            delete(SkipFinalSnapshot=True)
        self.modify(DeletionProtection=False)
        for code, asked in [
            ("InvalidParameterCombination", {}),
            ("InvalidParameterCombination", {"SkipFinalSnapshot": False}),
            ("InvalidParameterCombination", {"SkipFinalSnapshot": True, "FinalDBSnapshotIdentifier": "last"}),
            ("DBSnapshotAlreadyExists", {"FinalDBSnapshotIdentifier": "taken"}),
        ]:
            with self.subTest(asked), self.refused(code):
                delete(**asked)
        self.assertEqual(delete(FinalDBSnapshotIdentifier="last")["DBInstance"]["DBInstanceStatus"], "deleting")
        with self.refused("DBInstanceNotFound"):
            self.describe()
        found = {one["DBSnapshotIdentifier"]: one for one in self.rds.describe_db_snapshots()["DBSnapshots"]}
        self.assertEqual(sorted(found), ["last", "taken"])
        self.assertEqual(found["last"]["TagList"], [{"Key": "a", "Value": "b"}])
        with self.refused("DBInstanceNotFound"):
            delete(SkipFinalSnapshot=True)
        # What is deleted can be had back from its last snapshot.
        self.rds.restore_db_instance_from_db_snapshot(
            DBInstanceIdentifier="db", DBSnapshotIdentifier="last", DBSubnetGroupName="data"
        )


class Others(Rds):
    def test_certificates_and_maintenance(self):
        found = self.rds.describe_certificates()
        names = [one["CertificateIdentifier"] for one in found["Certificates"]]
        self.assertIn("rds-ca-rsa2048-g1", names)
        self.assertEqual(found["DefaultCertificateForNewLaunches"], "rds-ca-rsa2048-g1")
        self.assertGreater(found["Certificates"][0]["ValidTill"], found["Certificates"][0]["ValidFrom"])
        with self.refused("CertificateNotFound"):
            self.rds.describe_certificates(CertificateIdentifier="none")
        self.assertEqual(self.rds.describe_pending_maintenance_actions()["PendingMaintenanceActions"], [])

    def test_tags(self):
        self.create()
        self.rds.create_db_snapshot(DBInstanceIdentifier="db", DBSnapshotIdentifier="snap")
        group = self.parameter_group()
        (subnets,) = self.rds.describe_db_subnet_groups()["DBSubnetGroups"]
        (snapshot,) = self.rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
        for arn in (
            self.describe()["DBInstanceArn"],
            snapshot["DBSnapshotArn"],
            group["DBParameterGroupArn"],
            subnets["DBSubnetGroupArn"],
        ):
            with self.subTest(arn):
                tags = [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}]
                self.rds.add_tags_to_resource(ResourceName=arn, Tags=tags)
                self.rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["a"])
                self.assertEqual(self.rds.list_tags_for_resource(ResourceName=arn)["TagList"], tags[1:])
        for kind, code in [
            ("db", "DBInstanceNotFound"),
            ("snapshot", "DBSnapshotNotFound"),
            ("pg", "DBParameterGroupNotFound"),
            ("subgrp", "DBSubnetGroupNotFoundFault"),
        ]:
            with self.subTest(kind), self.refused(code):
                self.rds.list_tags_for_resource(ResourceName=f"arn:aws:rds:us-east-1:123456789012:{kind}:none")

    def test_its_interfaces_hold_its_groups_and_subnets(self):
        self.create(MultiAZ=True)

        def held(group):
            found = self.ec2.describe_network_interfaces(Filters=[{"Name": "group-id", "Values": [group]}])
            return sorted(one["SubnetId"] for one in found["NetworkInterfaces"])

        self.assertEqual(held(self.sg), sorted(self.subnets))
        with self.refused("DependencyViolation"):
            self.ec2.delete_security_group(GroupId=self.sg)
        with self.refused("DependencyViolation"):
            self.ec2.delete_subnet(SubnetId=self.subnets[0])
        other = self.group(self.vpc, "other")
        self.modify(VpcSecurityGroupIds=[other])
        self.assertEqual((held(self.sg), held(other)), ([], sorted(self.subnets)))
        self.ec2.delete_security_group(GroupId=self.sg)
        self.rds.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
        self.ec2.delete_security_group(GroupId=other)
        self.ec2.delete_subnet(SubnetId=self.subnets[0])

    def test_events(self):
        self.create()
        self.modify(now=True, MultiAZ=True)
        events = self.rds.describe_events(SourceIdentifier="db", SourceType="db-instance")["Events"]
        messages = [one["Message"] for one in events]
        self.assertIn("DB instance created", messages)
        self.assertIn("Finished applying modification", messages)
