"""The faster serialization writes the same as moto's."""

import unittest

import xmltodict
from moto.core.serialize import DEFAULT_ALIAS_PROVIDERS, XFormedAttributePicker
from moto.core.utils import get_service_model

from aws_local.speed import serialization
from aws_local.speed.xml import unparse


class Xml(unittest.TestCase):
    def test_it_writes_what_xmltodict_writes(self):
        values = [
            "plain",
            "<&>\"'",
            "",
            None,
            True,
            0,
            1.5,
            b"bytes",
            [],
            ["a", "b"],
            ("a", None, ""),
            {"a"},
            {},
            {"inner": []},
            {"inner": [{}]},
            {"inner": [{"leaf": 1}, {"leaf": "<"}]},
            {"@xmlns": 'http://example.com/?a=1&b="2"', "leaf": "x"},
            {"@flag": None, "#text": "text", "child": "c"},
            {"@flag": True, "#text": ""},
            {"#text": None},
            {"@xmlns": {"": "urn:x", "n": "urn:y"}},
            {"#comment": "a comment"},
            {"a": {"b": {"c": ["d", {"e": "é\n\t"}]}}},
            ["x", ["a list", "in a list"]],
        ]
        for value in values:
            for full in (True, False):
                for short in (True, False):
                    with self.subTest(value=value, full=full, short=short):
                        document = {"Root": {"@xmlns": "urn:x", "Before": "1", "Value": value, "After": "2"}}
                        how = {"full_document": full, "short_empty_elements": short}
                        self.assertEqual(unparse(document, **how), xmltodict.unparse(document, **how))

    def test_several_roots(self):
        document = {"a": 1, "b": 2}
        self.assertEqual(unparse(document, full_document=False), "<a>1</a><b>2</b>")
        with self.assertRaises(ValueError):
            unparse(document)

    def test_a_name_that_is_not_valid_in_a_tag_is_refused(self):
        with self.assertRaises(ValueError):
            unparse({"a": {"b><c": 1}})


class DBInstance:
    identifier = "by the class's name"
    db_instance_class = "snake case"
    Engine = "as it is"

    class Meta:
        serialization_aliases = {"DBName": "the_name"}

    the_name = "by an alias"

    @property
    def status(self):
        raise AttributeError("none yet")


class Members(unittest.TestCase):
    """Members of the kinds of results that moto's handlers return, such as dicts and objects."""

    class Serializer:
        path = ["DescribeDBInstances", "DBInstances"]

        def __init__(self, transformers):
            self._value_picker = XFormedAttributePicker(DEFAULT_ALIAS_PROVIDERS, transformers)
            self.operation_model = get_service_model("rds").operation_model("DescribeDBInstances")

        get_value = serialization.get_value
        plain = serialization.plain_get_value

    def test_the_same_value_is_found(self):
        shape = get_service_model("rds").shape_for("DBInstance")
        results = [
            {},
            {"DBInstanceIdentifier": 1, "Endpoint": None},
            {"db_instance_identifier": 2, "Identifier": 3, "tag_list": []},
            {"Identifier": 4, "AllocatedStorage": MemoryError},
            DBInstance(),
            DBInstance,
            "text",
            ["list"],
            None,
        ]
        tables = [
            {},
            {"DBName": lambda _value: "changed", "Identifier": str},
            {"DBInstances.Engine": lambda _value: "by its path", "Other.Engine": lambda _value: "wrong"},
        ]
        for table in tables:
            serializer = self.Serializer(table)
            for result in results:
                for _ in range(2):
                    for key, member in shape.members.items():
                        member.parent = shape
                        with self.subTest(result=result, key=key, table=list(table)):
                            self.assertEqual(
                                serializer.get_value(result, key, member), serializer.plain(result, key, member)
                            )

    def test_a_table_of_transformers_may_grow(self):
        table = {"DBName": lambda value: value}
        serializer, member = self.Serializer(table), get_service_model("rds").shape_for("DBInstance").members["Engine"]
        self.assertEqual(serializer.get_value({"Engine": 1}, "Engine", member), 1)
        table["Engine"] = lambda _value: 2
        self.assertEqual(serializer.get_value({"Engine": 1}, "Engine", member), 2)
