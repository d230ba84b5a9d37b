"""The faster lookups return the same as moto's."""

import json

import boto3
from moto.iam.models import DEFAULT_ACCOUNT_ID, iam_backends

from aws_local.speed import lookups
from aws_local.tests.case import Case, client


class Lookups(Case):
    def test_an_access_key_has_its_account_until_it_is_deleted(self):
        sts, account = client("sts"), "234567890123"
        role = f"arn:aws:iam::{account}:role/any"
        key = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]["AccessKeyId"]
        self.assertEqual([lookups.get_account_id_from(key) for _ in range(2)], [account] * 2)
        del iam_backends[account]["aws"].access_keys[key]
        self.assertEqual(lookups.get_account_id_from(key), DEFAULT_ACCOUNT_ID)

    def test_an_unknown_key_belongs_to_the_default_account(self):
        self.assertEqual(lookups.get_account_id_from("AKIAUNKNOWN"), DEFAULT_ACCOUNT_ID)

    def test_the_role_of_a_session_was_used(self):
        iam, account = client("iam"), DEFAULT_ACCOUNT_ID
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam.create_role(RoleName="used", AssumeRolePolicyDocument=document)
        role = f"arn:aws:iam::{account}:role/used"
        given = client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        self.assertNotIn("LastUsedDate", iam.get_role(RoleName="used")["Role"]["RoleLastUsed"])
        session.client("ec2").describe_vpcs()
        self.assertIn("LastUsedDate", iam.get_role(RoleName="used")["Role"]["RoleLastUsed"])

    def test_tags_are_those_of_describe_tags(self):
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        other = self.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        self.assertEqual(self.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0].get("Tags", []), [])
        self.ec2.create_tags(Resources=[vpc, other], Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}])
        told = self.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [vpc]}])["Tags"]
        shown = self.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"]
        self.assertEqual([(one["Key"], one["Value"]) for one in told], [(one["Key"], one["Value"]) for one in shown])

    def test_a_reset_also_deletes_backends_created_during_the_reset(self):
        for _ in range(2):
            self.doCleanups()
            self.setUp()
            self.assertEqual(len(self.ec2.describe_vpcs()["Vpcs"]), 1)
            self.ec2.create_vpc(CidrBlock="10.0.0.0/16")

    def test_kms_keys_sign_with_their_public_key(self):
        kms = client("kms")
        key = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]["KeyId"]
        how = {"KeyId": key, "Message": b"text", "SigningAlgorithm": "RSASSA_PSS_SHA_256"}
        self.assertEqual(kms.get_public_key(KeyId=key)["PublicKey"], kms.get_public_key(KeyId=key)["PublicKey"])
        self.assertTrue(kms.verify(Signature=kms.sign(**how)["Signature"], **how)["SignatureValid"])
