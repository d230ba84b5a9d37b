"""DB instances as they are created and described, and the lists that RDS has of versions, certificates and maintenance."""

from aws_local.tests.rds.case import Rds


class EngineVersions(Rds):
    def versions(self, **requested):
        found = self.rds.get_paginator("describe_db_engine_versions").paginate(Engine="postgres", **requested)
        return [one for page in found for one in page["DBEngineVersions"]]

    def names(self, **requested):
        return [one["EngineVersion"] for one in self.versions(**requested)]

    def test_a_major_selects_its_minor_versions(self):
        self.assertEqual(self.names(EngineVersion="17"), ["17.2", "17.4", "17.5", "17.6", "17.7"])
        self.assertEqual(self.names(EngineVersion="17", DefaultOnly=True), ["17.6"])
        self.assertEqual(self.names(DefaultOnly=True), ["17.6"])
        self.assertEqual(self.names(DBParameterGroupFamily="postgres18"), ["18.1"])
        self.assertEqual(self.names(EngineVersion="17.99"), [])
        self.assertEqual({name.split(".")[0] for name in self.names()}, {"13", "14", "15", "16", "17", "18"})

    def test_upgrade_targets(self):
        (one,) = self.versions(EngineVersion="16.8")
        targets = {to["EngineVersion"]: to["IsMajorVersionUpgrade"] for to in one["ValidUpgradeTarget"]}
        self.assertEqual(
            targets,
            {"16.9": False, "16.10": False, "16.11": False, "17.4": True, "17.5": True, "17.6": True, "17.7": True}
            | {"18.1": True},
        )
        self.assertEqual(one["DBParameterGroupFamily"], "postgres16")
        self.assertEqual(one["ExportableLogTypes"], ["postgresql", "upgrade", "iam-db-auth-error"])

    def test_pages(self):
        page = self.rds.describe_db_engine_versions(Engine="postgres", MaxRecords=20)
        self.assertEqual(len(page["DBEngineVersions"]), 20)
        rest = self.rds.describe_db_engine_versions(Engine="postgres", Marker=page["Marker"])
        self.assertEqual(len(page["DBEngineVersions"]) + len(rest["DBEngineVersions"]), len(self.names()))

    def test_support_has_two_stages(self):
        (one,) = self.rds.describe_db_major_engine_versions(Engine="postgres", MajorEngineVersion="13")[
            "DBMajorEngineVersions"
        ]
        standard, extended = one["SupportedEngineLifecycles"]
        self.assertEqual(standard["LifecycleSupportName"], "open-source-rds-standard-support")
        self.assertEqual(f"{standard['LifecycleSupportEndDate']:%Y-%m-%d}", "2026-02-28")
        self.assertEqual(extended["LifecycleSupportStartDate"], standard["LifecycleSupportEndDate"])

    def test_a_version_past_its_support_needs_extended_support(self):
        disabled = {"EngineLifecycleSupport": "open-source-rds-extended-support-disabled"}
        with self.refused("InvalidParameterCombination"):
            self.create(EngineVersion="13", **disabled)
        self.assertEqual(self.create(EngineVersion="13")["EngineVersion"], "13.22")

    def test_the_classes_of_a_version_are_listed(self):
        def offered(**requested):
            return self.rds.describe_orderable_db_instance_options(Engine="postgres", **requested)[
                "OrderableDBInstanceOptions"
            ]

        options = offered(EngineVersion="17.6", DBInstanceClass="db.t4g.micro")
        self.assertEqual([one["StorageType"] for one in options], ["gp2", "gp3", "io1", "io2"])
        self.assertEqual(offered(EngineVersion="17.6", DBInstanceClass="db.t4g.24xlarge"), [])
        self.assertEqual(offered(EngineVersion="99", DBInstanceClass="db.t4g.micro"), [])


class Create(Rds):
    def test_all_settings_are_described(self):
        role = "arn:aws:iam::123456789012:role/monitoring"
        created = self.create(
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
        self.assertEqual(created["DBInstanceStatus"], "creating")
        self.assertNotIn("Endpoint", created)
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
            "DBParameterGroups": [{"DBParameterGroupName": "default.postgres17", "ParameterApplyStatus": "in-sync"}],
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

    def test_without_backups_nothing_can_be_restored(self):
        self.create(BackupRetentionPeriod=0)
        self.assertNotIn("LatestRestorableTime", self.describe())
        self.assertEqual(self.rds.describe_db_snapshots()["DBSnapshots"], [])

    def test_gp3_from_400_gib_on(self):
        self.create(AllocatedStorage=400)
        self.assertEqual((self.describe()["Iops"], self.describe()["StorageThroughput"]), (12000, 500))
        self.create("other", AllocatedStorage=400, Iops=20000)
        self.assertEqual((self.describe("other")["Iops"], self.describe("other")["StorageThroughput"]), (20000, 500))

    def test_a_missing_window_does_not_overlap_the_other(self):
        self.create(PreferredMaintenanceWindow="sun:13:00-sun:14:00")
        self.create("other", PreferredBackupWindow="06:00-07:00")
        with self.refused("InvalidParameterValue"):
            self.create("third", PreferredMaintenanceWindow="sun:13:00-sun:14:00", PreferredBackupWindow="13:30-14:30")

    def test_without_a_subnet_group_it_is_in_the_default_vpc(self):
        self.create(DBSubnetGroupName=None, VpcSecurityGroupIds=None, PubliclyAccessible=False)
        self.assertEqual(self.describe()["DBSubnetGroup"]["DBSubnetGroupName"], "default")

    def test_invalid_requests_are_refused(self):
        other = self.group(self.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"], "other")
        self.parameter_group("old", "postgres16")
        for code, requested in [
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
            with self.subTest(requested), self.refused(code):
                self.create(**requested)
        self.assertEqual(self.rds.describe_db_instances()["DBInstances"], [])
        self.create()
        with self.refused("DBInstanceAlreadyExists"):
            self.create()


class Others(Rds):
    def test_certificates_and_pending_maintenance(self):
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

    def test_interfaces_keep_security_groups_and_subnets_in_use(self):
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

    def test_extended_support_is_on_unless_it_is_turned_off(self):
        self.create()
        self.assertEqual(self.describe()["EngineLifecycleSupport"], "open-source-rds-extended-support")
        off = "open-source-rds-extended-support-disabled"
        self.create("other", EngineLifecycleSupport=off)
        self.assertEqual(self.describe("other")["EngineLifecycleSupport"], off)
        with self.refused("InvalidParameterValue"):
            self.create("third", EngineLifecycleSupport="never")

    def test_advanced_insights_need_a_long_retention(self):
        with self.refused("InvalidParameterCombination"):
            self.create(DatabaseInsightsMode="advanced", EnablePerformanceInsights=True)
        self.create(EnablePerformanceInsights=True)
        with self.refused("InvalidParameterCombination"):
            self.modify(DatabaseInsightsMode="advanced")
        self.modify(DatabaseInsightsMode="advanced", PerformanceInsightsRetentionPeriod=465)
        self.assertEqual(self.describe()["DatabaseInsightsMode"], "advanced")
        with self.refused("InvalidParameterCombination"):
            self.modify(PerformanceInsightsRetentionPeriod=7)
