"""The additions to ECR, except the registry."""

import json
import urllib.request

from aws_local.tests.case import client
from aws_local.tests.registry.case import INDEX, MANIFEST, RegistryCase, digest

UNTAGGED = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}
TAGGED = {"tagStatus": "tagged", "tagPatternList": ["*"], "countType": "imageCountMoreThan"}
RULES = {
    "rules": [
        {
            "action": {"type": "expire"},
            "rulePriority": 2,
            "selection": {
                "countNumber": 20,
                "countType": "imageCountMoreThan",
                "tagPatternList": ["*"],
                "tagStatus": "tagged",
            },
        },
        {
            "rulePriority": 1,
            "description": "untagged",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": 7,
            },
            "action": {"type": "expire"},
        },
    ]
}


class Repositories(RegistryCase):
    def create(self, name="web", **more):
        return self.ecr.create_repository(repositoryName=name, **more)["repository"]

    def described(self, name="web"):
        return self.ecr.describe_repositories(repositoryNames=[name])["repositories"][0]

    def test_a_repository_has_the_requested_settings(self):
        created = self.create(
            imageScanningConfiguration={"scanOnPush": True},
            imageTagMutability="IMMUTABLE",
            encryptionConfiguration={"encryptionType": "AES256"},
            tags=[{"Key": "Project", "Value": "shop"}],
        )
        self.assertEqual(self.described(), created)
        self.assertEqual(created["repositoryUri"], "123456789012.dkr.ecr.us-east-1.amazonaws.com/web")
        self.assertEqual(created["imageScanningConfiguration"], {"scanOnPush": True})
        self.assertEqual(created["imageTagMutability"], "IMMUTABLE")
        self.assertEqual(created["encryptionConfiguration"], {"encryptionType": "AES256"})
        tags = self.ecr.list_tags_for_resource(resourceArn=created["repositoryArn"])["tags"]
        self.assertEqual(tags, [{"Key": "Project", "Value": "shop"}])
        with self.refused("RepositoryAlreadyExistsException"):
            self.create()

    def test_settings_are_changed(self):
        self.create()
        self.ecr.put_image_scanning_configuration(repositoryName="web", imageScanningConfiguration={"scanOnPush": True})
        self.ecr.put_image_tag_mutability(repositoryName="web", imageTagMutability="IMMUTABLE")
        found = self.described()
        self.assertEqual(found["imageScanningConfiguration"], {"scanOnPush": True})
        self.assertEqual(found["imageTagMutability"], "IMMUTABLE")
        for call in (self.described, lambda name: self.ecr.list_images(repositoryName=name)):
            with self.refused("RepositoryNotFoundException"):
                call("no")

    def test_scanning_is_off_by_default(self):
        self.create(imageScanningConfiguration={"scanOnPush": True})
        self.ecr.put_image_scanning_configuration(repositoryName="web", imageScanningConfiguration={})
        found = self.ecr.describe_repositories(repositoryNames=["web"])["repositories"][0]
        self.assertEqual(found["imageScanningConfiguration"], {"scanOnPush": False})

    def test_a_key_must_exist(self):
        kms = client("kms", endpoint_url=f"http://{self.host}")
        key = kms.create_key()["KeyMetadata"]
        created = self.create("own", encryptionConfiguration={"encryptionType": "KMS", "kmsKey": key["KeyId"]})
        self.assertEqual(created["encryptionConfiguration"], {"encryptionType": "KMS", "kmsKey": key["Arn"]})
        keys = {
            self.create(name, encryptionConfiguration={"encryptionType": "KMS"})["encryptionConfiguration"]["kmsKey"]
            for name in ("one", "two")
        }
        self.assertEqual(len(keys), 1)
        with self.refused("KmsException"):
            self.create("no", encryptionConfiguration={"encryptionType": "KMS", "kmsKey": "alias/no"})
        with self.refused("RepositoryNotFoundException"):
            self.described("no")

    def test_tags_are_checked_first(self):
        with self.refused("InvalidTagParameterException"):
            self.create(tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])
        with self.refused("InvalidTagParameterException"):
            self.create(tags=[{"Key": "aws:a", "Value": "1"}])
        with self.refused("TooManyTagsException"):
            self.create(tags=[{"Key": str(number), "Value": ""} for number in range(51)])
        with self.refused("RepositoryNotFoundException"):
            self.described()

    def test_tags_change(self):
        arn = self.create(tags=[{"Key": "a", "Value": "1"}])["repositoryArn"]
        self.ecr.tag_resource(resourceArn=arn, tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}])
        self.ecr.untag_resource(resourceArn=arn, tagKeys=["b"])
        self.assertEqual(self.ecr.list_tags_for_resource(resourceArn=arn)["tags"], [{"Key": "a", "Value": "2"}])
        with self.refused("RepositoryNotFoundException"):
            self.ecr.tag_resource(resourceArn=arn + "x", tags=[{"Key": "a", "Value": "2"}])

    def test_a_repository_with_images_needs_force_to_be_deleted(self):
        self.image()
        with self.refused("RepositoryNotEmptyException"):
            self.ecr.delete_repository(repositoryName="shop/api")
        self.ecr.delete_repository(repositoryName="shop/api", force=True)
        with self.refused("RepositoryNotFoundException"):
            self.ecr.delete_repository(repositoryName="shop/api")

    def test_lists_come_in_pages(self):
        for name in ("aa", "bb", "cc"):
            self.create(name)
        pages = self.ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 3})
        found = [[one["repositoryName"] for one in page["repositories"]] for page in pages]
        self.assertEqual(found, [["shop/api", "aa", "bb"], ["cc"]])


class Lifecycle(RegistryCase):
    def put(self, rules):
        return self.ecr.put_lifecycle_policy(repositoryName="shop/api", lifecyclePolicyText=json.dumps(rules))

    def get(self):
        return self.ecr.get_lifecycle_policy(repositoryName="shop/api")

    def test_a_policy_is_returned_in_order_of_priority(self):
        self.put(RULES)
        text = self.get()["lifecyclePolicyText"]
        self.assertEqual([rule["rulePriority"] for rule in json.loads(text)["rules"]], [1, 2])
        self.assertEqual(json.loads(text)["rules"][0], RULES["rules"][1])
        self.assertTrue(text.startswith('{"rules":[{"rulePriority":1,"description":"untagged","selection":{"tag'))
        self.assertEqual(self.ecr.delete_lifecycle_policy(repositoryName="shop/api")["lifecyclePolicyText"], text)
        for call in (self.ecr.get_lifecycle_policy, self.ecr.delete_lifecycle_policy):
            with self.refused("LifecyclePolicyNotFoundException"):
                call(repositoryName="shop/api")

    def test_rules_are_validated_together(self):
        self.put(RULES)
        kept, (tagged, untagged) = self.get()["lifecyclePolicyText"], RULES["rules"]
        selection = untagged["selection"]
        for rules in [
            [tagged, {**untagged, "rulePriority": 2}],
            [{**untagged, "selection": {**selection, "tagStatus": "tagged"}}],
            [{**untagged, "selection": {**selection, "tagPrefixList": ["v"]}}],
            [{**untagged, "selection": {key: value for key, value in selection.items() if key != "countUnit"}}],
            [{**untagged, "selection": {**selection, "tagStatus": "any"}}, tagged],
        ]:
            with self.refused("InvalidParameterException"):
                self.put({"rules": rules})
        self.assertEqual(self.get()["lifecyclePolicyText"], kept)


class Evaluation(RegistryCase):
    """What a policy deletes, which ECR decides within a day."""

    def rules(self, *selections):
        rules = [
            {"rulePriority": at, "selection": one, "action": {"type": "expire"}}
            for at, one in enumerate(selections, 1)
        ]
        self.ecr.put_lifecycle_policy(repositoryName="shop/api", lifecyclePolicyText=json.dumps({"rules": rules}))

    def left(self, days):
        body = json.dumps({"account": "123456789012", "repository": "shop/api", "days": days}).encode()
        urllib.request.urlopen(urllib.request.Request(f"http://{self.host}/aws-local/lifecycle", body, method="POST"))
        images = self.ecr.describe_images(repositoryName="shop/api")["imageDetails"]
        return [one["imageDigest"] for one in images]

    def test_untagged_images_and_all_but_the_newest_tagged_ones_are_deleted(self):
        self.rules(UNTAGGED, {**TAGGED, "countNumber": 2})
        # The tag moves: the first image is untagged.
        self.image(b"one"), self.image(b"two"), self.image(b"three", tag="v3")
        images = [self.image(b"four", tag="v4"), self.image(b"five", tag="v5")]
        self.assertEqual(len(self.left(0)), 3)
        self.assertEqual(self.left(8), images)

    def test_a_rule_keeps_what_has_its_tags_from_the_rules_after_it(self):
        kept = {**TAGGED, "tagPatternList": ["rd-*"], "countNumber": 10}
        self.rules(kept, UNTAGGED, {**TAGGED, "countNumber": 1})
        first = self.image(b"one", tag="rd-1")
        # The first image counts as a tagged one for the last rule, which may not delete it.
        self.image(b"two", tag="v2")
        last = self.image(b"three", tag="v3")
        self.assertEqual(self.left(100), [first, last])
        self.rules({**kept, "tagPatternList": ["rd-*", "v*"]}, {**TAGGED, "countNumber": 1})
        self.assertEqual(self.left(100), [last])

    def test_the_images_of_an_index_go_with_the_index(self):
        self.rules(UNTAGGED, {**TAGGED, "countNumber": 1})
        part = self.image(b"one", tag=None)
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [{"digest": part, "mediaType": MANIFEST}]}
        self.ecr.put_image(repositoryName="shop/api", imageManifest=json.dumps(index), imageTag="both")
        self.assertEqual(len(self.left(100)), 2)
        other = self.image(b"two", tag="v2")
        self.assertEqual(self.left(100), [other])


class Images(RegistryCase):
    def details(self, **requested):
        return self.ecr.describe_images(repositoryName="shop/api", **requested)["imageDetails"]

    def test_images_are_filtered_and_come_in_pages(self):
        self.image(b"one"), self.image(b"two"), self.image(b"three", tag="v3")
        for status, count in [("TAGGED", 2), ("UNTAGGED", 1), ("ANY", 3)]:
            self.assertEqual(len(self.details(filter={"tagStatus": status})), count)
            ids = self.ecr.list_images(repositoryName="shop/api", filter={"tagStatus": status})["imageIds"]
            self.assertEqual(len(ids), count)
        pages = self.ecr.get_paginator("describe_images").paginate(
            repositoryName="shop/api", PaginationConfig={"PageSize": 2}
        )
        self.assertEqual([len(page["imageDetails"]) for page in pages], [2, 1])
        with self.refused("ImageNotFoundException"):
            self.details(imageIds=[{"imageTag": "no"}])

    def test_images_are_returned_in_an_accepted_format(self):
        existing = self.image()
        docker = "application/vnd.docker.distribution.manifest.v2+json"
        for accepted, media_type in [([docker], docker), ([MANIFEST, docker], MANIFEST), ([], MANIFEST)]:
            found = self.ecr.batch_get_image(
                repositoryName="shop/api",
                imageIds=[{"imageTag": "v1"}],
                **({"acceptedMediaTypes": accepted} if accepted else {}),
            )
            (image,) = found["images"]
            self.assertEqual(image["imageManifestMediaType"], media_type)
            own = digest(image["imageManifest"].encode())
            self.assertEqual(image["imageId"], {"imageTag": "v1", "imageDigest": own})
            self.assertEqual(image["imageId"]["imageDigest"] == existing, media_type == MANIFEST)

    def test_failures_are_reported_per_image(self):
        one, two = self.image(b"one"), self.image(b"two", tag="v2")
        requested = [
            {"imageTag": "no"},
            {"imageDigest": "no"},
            {},
            {"imageTag": "v1", "imageDigest": two},
            {"imageTag": "v1", "imageDigest": one},
        ]
        found = self.ecr.batch_get_image(repositoryName="shop/api", imageIds=requested)
        codes = [one["failureCode"] for one in found["failures"]]
        wanted = ["ImageNotFound", "InvalidImageDigest", "MissingDigestAndTag", "ImageTagDoesNotMatchDigest"]
        self.assertEqual(codes, wanted)
        self.assertEqual([one["imageId"]["imageTag"] for one in found["images"]], ["v1"])

    def test_images_are_deleted_by_tag_and_by_digest(self):
        one, two = self.image(b"one"), self.image(b"two", tag="v2")
        self.image(b"one", tag="latest")

        def delete(**image_id):
            return self.ecr.batch_delete_image(repositoryName="shop/api", imageIds=[image_id])

        self.assertEqual(delete(imageTag="v1")["imageIds"], [{"imageDigest": one, "imageTag": "v1"}])
        self.assertEqual([image["imageTags"] for image in self.details()], [["latest"], ["v2"]])
        # Deleting the last tag deletes the image.
        delete(imageTag="latest")
        self.assertEqual([image["imageDigest"] for image in self.details()], [two])
        self.assertEqual(delete(imageDigest=two)["imageIds"], [{"imageDigest": two, "imageTag": "v2"}])
        self.assertEqual(self.details(), [])
        self.assertEqual(delete(imageDigest=two)["failures"][0]["failureCode"], "ImageNotFound")

    def test_put_log_events_is_validated(self):
        def put(text, **more):
            return self.ecr.put_image(repositoryName="shop/api", imageManifest=text, **more)

        existing = self.image()
        text = self.call("GET", "/v2/shop/api/manifests/v1").body.decode()
        with self.refused("ImageAlreadyExistsException"):
            put(text, imageTag="v1")
        self.assertEqual(put(text, imageTag="v2")["image"]["imageId"]["imageDigest"], existing)
        with self.refused("ImageDigestDoesNotMatchException"):
            put(text, imageTag="v3", imageDigest=digest(b"no"))
        with self.refused("LayersNotFoundException"):
            put(self.manifest([b"no"]).decode(), imageTag="v3")
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [{"digest": digest(b"no")}]}
        with self.refused("ReferencedImagesNotFoundException"):
            put(json.dumps(index), imageTag="v3")
        with self.refused("InvalidParameterException"):
            put("no", imageTag="v3")
        self.ecr.put_image_tag_mutability(repositoryName="shop/api", imageTagMutability="IMMUTABLE")
        with self.refused("ImageTagAlreadyExistsException"):
            put(text, imageTag="v2")

    def test_a_layer_is_uploaded_in_order(self):
        upload = self.ecr.initiate_layer_upload(repositoryName="shop/api")["uploadId"]
        where = {"repositoryName": "shop/api", "uploadId": upload}

        def part(first, data):
            last = first + len(data) - 1
            return self.ecr.upload_layer_part(partFirstByte=first, partLastByte=last, layerPartBlob=data, **where)

        with self.refused("EmptyUploadException"):
            self.ecr.complete_layer_upload(layerDigests=[digest(b"")], **where)
        self.assertEqual(part(0, b"one")["lastByteReceived"], 2)
        with self.refused("InvalidLayerPartException"):
            part(9, b"two")
        part(3, b"two")
        done = self.ecr.complete_layer_upload(layerDigests=[digest(b"onetwo")], **where)
        self.assertEqual(done["layerDigest"], digest(b"onetwo"))
        with self.refused("UploadNotFoundException"):
            part(6, b"x")


class Scans(RegistryCase):
    def scan(self, digest, method="POST", **more):
        body = json.dumps({"digest": digest, **more}).encode()
        controlled = f"http://{self.host}/aws-local/scan"
        return urllib.request.urlopen(urllib.request.Request(controlled, body, method=method)).status

    def findings(self, **more):
        return self.ecr.describe_image_scan_findings(repositoryName="shop/api", imageId={"imageTag": "v1"}, **more)

    def test_an_image_is_scanned_on_push(self):
        configuration = {"scanOnPush": True}
        self.ecr.put_image_scanning_configuration(repositoryName="shop/api", imageScanningConfiguration=configuration)
        existing = self.image()
        (detail,) = self.ecr.describe_images(repositoryName="shop/api")["imageDetails"]
        self.assertEqual(detail["imageScanStatus"]["status"], "COMPLETE")
        self.assertEqual(detail["imageScanFindingsSummary"]["findingSeverityCounts"], {})
        found = self.findings()
        self.assertEqual(found["imageId"], {"imageDigest": existing, "imageTag": "v1"})
        self.assertEqual(found["imageScanFindings"]["findings"], [])

    def test_findings_are_set_with_a_control(self):
        existing = self.image()
        self.assertEqual(self.scan(existing, counts={"HIGH": 2, "LOW": 1}), 200)
        with self.refused("ScanNotFoundException"):
            self.findings()
        self.ecr.start_image_scan(repositoryName="shop/api", imageId={"imageTag": "v1"})
        with self.refused("LimitExceededException"):
            self.ecr.start_image_scan(repositoryName="shop/api", imageId={"imageTag": "v1"})
        (detail,) = self.ecr.describe_images(repositoryName="shop/api")["imageDetails"]
        counts = {"HIGH": 2, "LOW": 1}
        self.assertEqual(detail["imageScanFindingsSummary"]["findingSeverityCounts"], counts)
        found = self.findings()["imageScanFindings"]
        self.assertEqual([one["severity"] for one in found["findings"]], ["HIGH", "HIGH", "LOW"])
        self.assertEqual(found["findingSeverityCounts"], counts)
        self.assertEqual(len(self.findings(maxResults=2)["imageScanFindings"]["findings"]), 2)
        self.scan(existing, "DELETE")
        self.assertEqual(self.findings()["imageScanFindings"]["findings"], [])
