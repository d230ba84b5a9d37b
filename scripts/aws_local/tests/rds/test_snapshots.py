"""Snapshots, restoring, and deleting instances."""

from datetime import timedelta

from aws_local.tests.rds.case import Rds


class Snapshots(Rds):
    def snapshot(self, name="snap", **more):
        return self.rds.create_db_snapshot(DBInstanceIdentifier="db", DBSnapshotIdentifier=name, **more)["DBSnapshot"]

    def restore(self, name="new", **more):
        return self.rds.restore_db_instance_from_db_snapshot(
            DBInstanceIdentifier=name, DBSnapshotIdentifier="snap", **more
        )["DBInstance"]

    def test_a_manual_one(self):
        self.create(StorageEncrypted=True, CopyTagsToSnapshot=True, Tags=[{"Key": "a", "Value": "b"}])
        created = self.snapshot()
        self.assertEqual((created["Status"], created["PercentProgress"]), ("creating", 0))
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
        deleted = self.rds.delete_db_snapshot(DBSnapshotIdentifier="snap")["DBSnapshot"]
        self.assertEqual(deleted["Status"], "deleted")
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
        for code, requested in [
            ("DBInstanceAlreadyExists", {"name": "db"}),
            ("DBSubnetGroupNotFoundFault", {"DBSubnetGroupName": "none"}),
            ("DBParameterGroupNotFound", {"DBParameterGroupName": "none"}),
            ("InvalidParameterValue", {"AllocatedStorage": 30}),
            ("InvalidParameterValue", {"DBInstanceClass": "db.huge"}),
        ]:
            with self.subTest(requested), self.refused(code):
                self.restore(**requested)
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

        def delete(**requested):
            return self.rds.delete_db_instance(DBInstanceIdentifier="db", **requested)

        with self.refused("InvalidParameterCombination"):
            delete(SkipFinalSnapshot=True)
        self.modify(DeletionProtection=False)
        for code, requested in [
            ("InvalidParameterCombination", {}),
            ("InvalidParameterCombination", {"SkipFinalSnapshot": False}),
            ("InvalidParameterCombination", {"SkipFinalSnapshot": True, "FinalDBSnapshotIdentifier": "last"}),
            ("DBSnapshotAlreadyExists", {"FinalDBSnapshotIdentifier": "taken"}),
        ]:
            with self.subTest(requested), self.refused(code):
                delete(**requested)
        self.assertEqual(delete(FinalDBSnapshotIdentifier="last")["DBInstance"]["DBInstanceStatus"], "deleting")
        with self.refused("DBInstanceNotFound"):
            self.describe()
        found = {one["DBSnapshotIdentifier"]: one for one in self.rds.describe_db_snapshots()["DBSnapshots"]}
        self.assertEqual(sorted(found), ["last", "taken"])
        self.assertEqual(found["last"]["TagList"], [{"Key": "a", "Value": "b"}])
        with self.refused("DBInstanceNotFound"):
            delete(SkipFinalSnapshot=True)
        # A deleted instance can be restored from its final snapshot.
        self.rds.restore_db_instance_from_db_snapshot(
            DBInstanceIdentifier="db", DBSnapshotIdentifier="last", DBSubnetGroupName="data"
        )
