"""DB parameter groups."""

from aws_local.tests.rds.case import Rds


class Parameters(Rds):
    def parameters(self, group="own", **requested):
        pages = self.rds.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=group, **requested)
        return {one["ParameterName"]: one for page in pages for one in page["Parameters"]}

    def test_all_parameters_of_the_family_are_listed(self):
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

    def test_a_parameter_set_to_its_default_is_not_listed_as_set_by_a_user(self):
        self.parameter_group()
        self.set("rds.force_ssl", "1")
        self.assertEqual(self.parameters(Source="user"), {})
        self.assertEqual(self.parameters()["rds.force_ssl"]["Source"], "system")
        self.set("rds.force_ssl", "0")
        self.assertEqual(list(self.parameters(Source="user")), ["rds.force_ssl"])

    def test_invalid_requests_are_refused(self):
        self.parameter_group()
        for code, requested in [
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
            with self.subTest(requested), self.refused(code):
                self.set(*requested)
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
        created = self.rds.reboot_db_instance(DBInstanceIdentifier="db")["DBInstance"]
        self.assertEqual(created["DBInstanceStatus"], "rebooting")
        self.rds.reset_db_parameter_group(DBParameterGroupName="own")
        self.assertEqual(self.status(), ("own", "pending-reboot"))
        with self.refused("InvalidParameterCombination"):
            self.rds.reboot_db_instance(DBInstanceIdentifier="db", ForceFailover=True)

    def test_one_in_use_cannot_be_deleted(self):
        self.parameter_group()
        self.create(DBParameterGroupName="own")
        with self.refused("InvalidDBParameterGroupState"):
            self.rds.delete_db_parameter_group(DBParameterGroupName="own")
        self.rds.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
        self.rds.delete_db_parameter_group(DBParameterGroupName="own")
        with self.refused("DBParameterGroupNotFound"):
            self.rds.delete_db_parameter_group(DBParameterGroupName="own")
