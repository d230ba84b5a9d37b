"""The additions to Systems Manager parameters, and moto's behaviour on which rd relies."""

from aws_local.tests.case import Case, client

PREFIX = "arn:aws:ssm:us-east-1:123456789012:parameter"


class Parameters(Case):
    @classmethod
    def setUpClass(cls):
        cls.ssm = client("ssm")

    def put(self, name="/shop/production/LOG_LEVEL", value="info", **more):
        return self.ssm.put_parameter(**{"Name": name, "Value": value, "Type": "String", **more})

    def get(self, name="/shop/production/LOG_LEVEL", **more):
        return self.ssm.get_parameter(Name=name, **more)["Parameter"]

    def described(self, **filters):
        requested = [{"Key": key.replace("_", ":"), **value} for key, value in filters.items()]
        return self.ssm.describe_parameters(ParameterFilters=requested)["Parameters"]

    def test_an_existing_parameter_needs_overwrite(self):
        self.assertEqual(self.put()["Version"], 1)
        with self.refused("ParameterAlreadyExists"):
            self.put()
        put = self.put(value="debug", Overwrite=True)
        self.assertEqual((put["Version"], put["Tier"]), (2, "Standard"))
        found = self.get()
        self.assertEqual((found["Value"], found["Version"], found["DataType"]), ("debug", 2, "text"))
        self.assertEqual(found["ARN"], f"{PREFIX}/shop/production/LOG_LEVEL")
        for name in ("/shop/production/LOG_LEVEL:1", f"{PREFIX}/shop/production/LOG_LEVEL:1"):
            found = self.get(name)
            self.assertEqual((found["Value"], found["Selector"]), ("info", ":1"))
        with self.refused("ParameterVersionNotFound"):
            self.get("/shop/production/LOG_LEVEL:9")
        with self.refused("ParameterVersionNotFound"):
            self.get("/shop/production/LOG_LEVEL:label")
        with self.refused("ParameterNotFound"):
            self.get("/no")

    def test_tags_are_set_only_at_creation(self):
        self.put(Tags=[{"Key": "a", "Value": "1"}])
        with self.refused("ValidationException"):
            self.put(Tags=[{"Key": "a", "Value": "1"}], Overwrite=True)
        of = {"ResourceType": "Parameter", "ResourceId": "/shop/production/LOG_LEVEL"}
        self.ssm.add_tags_to_resource(**of, Tags=[{"Key": "b", "Value": "2"}])
        self.ssm.remove_tags_from_resource(**of, TagKeys=["a"])
        self.put(value="debug", Overwrite=True)
        self.assertEqual(self.ssm.list_tags_for_resource(**of)["TagList"], [{"Key": "b", "Value": "2"}])
        with self.refused("TooManyTagsError"):
            self.ssm.add_tags_to_resource(**of, Tags=[{"Key": str(number), "Value": ""} for number in range(50)])
        self.ssm.delete_parameter(Name="/shop/production/LOG_LEVEL")
        with self.refused("InvalidResourceId"):
            self.ssm.list_tags_for_resource(**of)

    def test_a_value_must_fit_its_tier(self):
        with self.assertRaisesRegex(Exception, "Standard tier parameters support a maximum parameter value of 4096"):
            self.put(value="x" * 4097)
        self.assertEqual(self.put(value="x" * 4096)["Tier"], "Standard")
        self.assertEqual(self.put(value="x" * 8192, Tier="Advanced", Overwrite=True)["Tier"], "Advanced")
        with self.refused("ValidationException"):
            self.put(value="x" * 8193, Overwrite=True)
        with self.assertRaisesRegex(Exception, "You can't downgrade"):
            self.put(Tier="Standard", Overwrite=True)
        # Without a tier it is the account's default, a standard one.
        with self.assertRaisesRegex(Exception, "You can't downgrade"):
            self.put(value="x", Overwrite=True)
        self.assertEqual(self.put(value="x", Overwrite=True, Tier="Advanced")["Tier"], "Advanced")
        self.assertEqual(self.put("small", Tier="Intelligent-Tiering")["Tier"], "Standard")
        self.assertEqual(self.put("large", "x" * 5000, Tier="Intelligent-Tiering")["Tier"], "Advanced")
        (found,) = self.described(Name={"Values": ["large"]})
        self.assertEqual(found["Tier"], "Advanced")

    def test_invalid_parameters_are_refused(self):
        for code, more in [
            ("ValidationException", {"Name": "shop/production/x"}),
            ("ValidationException", {"Name": "/shop/a b"}),
            ("ValidationException", {"Name": "/ssm/x/y"}),
            ("ValidationException", {"Value": "{{ssm:other}}"}),
            ("ValidationException", {"KeyId": "alias/aws/ssm"}),
            ("ValidationException", {"DataType": "no"}),
            ("HierarchyLevelLimitExceededException", {"Name": "/a" * 16}),
            ("ParameterPatternMismatchException", {"AllowedPattern": r"\d+"}),
            ("InvalidKeyId", {"Type": "SecureString", "KeyId": "alias/no"}),
        ]:
            with self.refused(code):
                self.put(**more)
        self.assertEqual(self.described(), [])

    def test_a_secure_string_is_decrypted_on_request(self):
        self.put(Type="SecureString", value="hidden")
        self.assertNotEqual(self.get()["Value"], "hidden")
        self.assertEqual(self.get(WithDecryption=True)["Value"], "hidden")
        (found,) = self.described()
        self.assertEqual(found["KeyId"], "alias/aws/ssm")
        key = client("kms").create_key()["KeyMetadata"]["Arn"]
        self.put("/own", "hidden", Type="SecureString", KeyId=key)
        self.assertEqual(self.get("/own", WithDecryption=True)["Value"], "hidden")

    def test_get_parameters(self):
        self.put("/shop/b"), self.put("/shop/a")
        requested = ["/shop/b", f"{PREFIX}/shop/a", "/shop/no"]
        found = self.ssm.get_parameters(Names=requested)
        self.assertEqual([one["Name"] for one in found["Parameters"]], ["/shop/a", "/shop/b"])
        self.assertEqual(found["InvalidParameters"], ["/shop/no"])
        found = self.ssm.delete_parameters(Names=["/shop/a", "/shop/no"])
        self.assertEqual((found["DeletedParameters"], found["InvalidParameters"]), (["/shop/a"], ["/shop/no"]))
        with self.refused("ParameterNotFound"):
            self.ssm.delete_parameter(Name="/shop/a")

    def test_they_are_found_by_name_tag_and_path(self):
        self.put("/shop/one", Tags=[{"Key": "rd:address", "Value": "ecs.parameter.one"}], Description="one")
        self.put("/shop/deep/two")
        self.put("/other/three")
        names = {"tag_rd:address": {"Values": ["ecs.parameter.one"]}, "Name": {"Values": ["/shop/one"]}}
        for key, value in names.items():
            self.assertEqual([one["Name"] for one in self.described(**{key: value})], ["/shop/one"])
        (found,) = self.described(Path={"Values": ["/shop"]})
        self.assertEqual((found["ARN"], found["Description"]), (f"{PREFIX}/shop/one", "one"))
        deep = self.described(Path={"Option": "Recursive", "Values": ["/shop"]})
        self.assertEqual([one["Name"] for one in deep], ["/shop/one", "/shop/deep/two"])

    def test_lists_come_in_pages(self):
        for number in range(12):
            self.put(f"/shop/deep/p{number:02}")
        pages = self.ssm.get_paginator("get_parameters_by_path").paginate(Path="/shop", Recursive=True)
        self.assertEqual([len(page["Parameters"]) for page in pages], [10, 2])
        self.assertEqual(self.ssm.get_parameters_by_path(Path="/shop")["Parameters"], [])
        with self.refused("ValidationException"):
            self.ssm.get_parameters_by_path(Path="/shop", MaxResults=11)
        pages = self.ssm.get_paginator("describe_parameters").paginate(PaginationConfig={"PageSize": 5})
        self.assertEqual([len(page["Parameters"]) for page in pages], [5, 5, 2])
