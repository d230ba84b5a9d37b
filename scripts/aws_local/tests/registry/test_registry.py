"""The registry: the protocol of Docker and OCI, and the images that it leaves in ECR."""

import base64
import datetime
import http.client
import json
import time
import tracemalloc
import unittest.mock
import urllib.request
from urllib.parse import quote, urlsplit

from aws_local.ecr import manifests
from aws_local.registry import storage
from aws_local.tests.case import client
from aws_local.tests.registry.case import CONFIG, INDEX, LAYER, MANIFEST, RegistryCase, digest


class Authorization(RegistryCase):
    def test_the_token_is_for_the_registry_at_the_requested_host(self):
        self.assertEqual(self.endpoint, f"http://{self.host}")
        left = self.expires - datetime.datetime.now(datetime.timezone.utc)
        self.assertAlmostEqual(left.total_seconds(), 12 * 3600, delta=60)
        self.assertEqual(self.password()[0], "AWS")
        answer = self.call("GET", "/v2/")
        self.assertEqual((answer.status, answer.headers["Docker-Distribution-Api-Version"]), (200, "registry/2.0"))

    def test_a_request_without_a_token_gets_a_challenge(self):
        answer = self.call("GET", "/v2/", auth=False)
        self.assertEqual((answer.status, answer.code), (401, "UNAUTHORIZED"))
        self.assertRegex(answer.headers["WWW-Authenticate"], r'Basic realm=".+",service="ecr.amazonaws.com"')
        for user, password in [("AWS", "x"), ("root", self.password()[1]), ("AWS", self.password()[1][:-8])]:
            self.token = base64.b64encode(f"{user}:{password}".encode()).decode()
            answer = self.call("GET", "/v2/")
            self.assertEqual((answer.status, answer.code), (401, "DENIED"), user)

    def test_a_token_ends(self):
        with unittest.mock.patch("time.time", return_value=time.time() + 13 * 3600):
            answer = self.call("GET", "/v2/")
        self.assertEqual((answer.status, answer.code), (403, "DENIED"))
        self.assertIn(b"Your authorization token has expired", answer.body)

    def test_a_token_is_of_its_account_and_region(self):
        elsewhere = client("ecr", "eu-west-1", endpoint_url=f"http://{self.host}")
        self.token = elsewhere.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        self.assertEqual(self.call("GET", "/v2/shop/api/tags/list").code, "NAME_UNKNOWN")

    def test_other_services_have_their_paths(self):
        email = client("sesv2", endpoint_url=f"http://{self.host}")
        self.assertEqual(email.list_contact_lists()["ContactLists"], [])


class Uploads(RegistryCase):
    def test_an_image_with_layers_pushed_in_three_ways(self):
        one, two, three = b"monolithic" * 1000, b"streamed" * 90000, b"in chunks" * 1000
        self.blob(one)
        # Streamed, without a length, and closed without a body.
        location = self.start()
        answer = self.call("PATCH", location, iter([two[:100_000], two[100_000:]]))
        self.assertEqual((answer.status, answer.headers["Range"]), (201, f"0-{len(two) - 1}"))
        answer = self.call("PUT", f"{answer.headers['Location']}?digest={digest(two)}")
        self.assertEqual((answer.status, answer.headers["Docker-Content-Digest"]), (201, digest(two)))
        # In chunks; the last request has the digest.
        location = self.start()
        answer = self.call("PATCH", location, three[:4000], Content_Range="0-3999")
        self.assertEqual((answer.status, answer.headers["Range"]), (201, "0-3999"))
        status = self.call("GET", location)
        self.assertEqual((status.status, status.headers["Range"]), (204, "0-3999"))
        last = f"4000-{len(three) - 1}"
        answer = self.call("PUT", f"{location}?digest={quote(digest(three))}", three[4000:], Content_Range=last)
        self.assertEqual(answer.status, 201, answer.body)
        self.blob(b"{}")
        text = self.manifest([one, two, three])
        answer = self.call("PUT", "/v2/shop/api/manifests/v1", text, Content_Type=MANIFEST)
        self.assertEqual((answer.status, answer.headers["Docker-Content-Digest"]), (201, digest(text)))
        for data in (one, two, three, b"{}"):
            self.assertEqual(self.call("GET", f"/v2/shop/api/blobs/{digest(data)}").body, data)
        (detail,) = self.ecr.describe_images(repositoryName="shop/api")["imageDetails"]
        self.assertEqual(detail["imageSizeInBytes"], len(one) + len(two) + len(three))

    def test_an_upload_continues_after_a_broken_connection(self):
        data, location = b"0123456789" * 1000, self.start()
        self.cut(location, data[:6000], len(data))
        deadline = time.monotonic() + 10
        while (answer := self.call("GET", location)).headers["Range"] != "0-5999":
            self.assertLess(time.monotonic(), deadline, answer.headers["Range"])
            time.sleep(0.01)
        answer = self.call("PATCH", location, data, Content_Range=f"0-{len(data) - 1}")
        self.assertEqual((answer.status, answer.code), (416, "BLOB_UPLOAD_INVALID"))
        self.assertEqual(answer.headers["Range"], "0-5999")
        answer = self.call("PATCH", location, data[6000:], Content_Range=f"6000-{len(data) - 1}")
        self.assertEqual((answer.status, answer.headers["Range"]), (201, "0-9999"))
        self.assertEqual(self.call("PUT", f"{location}?digest={digest(data)}").status, 201)
        self.assertEqual(self.call("GET", f"/v2/shop/api/blobs/{digest(data)}").body, data)

    def test_a_new_upload_works_after_one_that_was_cut(self):
        data = b"0123456789" * 1000
        self.cut(self.start(), data[:10], len(data))
        self.assertEqual(self.call("GET", f"/v2/shop/api/blobs/{self.blob(data)}").body, data)

    def test_a_layer_that_does_not_match_its_digest_is_refused(self):
        location = self.start()
        answer = self.call("PUT", f"{location}?digest={digest(b'other')}", b"data")
        self.assertEqual((answer.status, answer.code), (400, "BLOB_UPLOAD_INVALID"))
        self.assertIn(b"None of the provided layer digests match", answer.body)
        # The upload was deleted.
        answer = self.call("PUT", f"{location}?digest={digest(b'data')}", b"data")
        self.assertEqual((answer.status, answer.code), (404, "BLOB_UPLOAD_UNKNOWN"))
        answer = self.call("PUT", f"{self.start()}?digest=sha256:1", b"data")
        self.assertEqual((answer.status, answer.code), (400, "DIGEST_INVALID"))
        self.assertEqual(self.call("HEAD", f"/v2/shop/api/blobs/{digest(b'data')}").status, 404)

    def test_a_content_range_that_does_not_match_the_body_is_refused(self):
        answer = self.call("PATCH", self.start(), b"data", Content_Range="0-9")
        self.assertEqual((answer.status, answer.code), (400, "BLOB_UPLOAD_INVALID"))

    def test_an_upload_is_cancelled(self):
        location = self.start()
        self.assertEqual(self.call("DELETE", location).status, 204)
        for method in ("GET", "PATCH", "DELETE"):
            self.assertEqual(self.call(method, location).code, "BLOB_UPLOAD_UNKNOWN")

    def test_an_upload_belongs_to_its_repository(self):
        self.ecr.create_repository(repositoryName="other")
        path = urlsplit(self.start()).path.replace("shop/api", "other")
        self.assertEqual(self.call("GET", path).code, "BLOB_UPLOAD_UNKNOWN")

    def test_a_layer_of_another_repository_is_mounted(self):
        self.ecr.create_repository(repositoryName="other")
        existing = self.blob(b"data")
        answer = self.call("POST", f"/v2/other/blobs/uploads/?mount={existing}&from=shop/api")
        self.assertEqual((answer.status, answer.headers["Docker-Content-Digest"]), (201, existing))
        self.assertEqual(self.call("GET", f"/v2/other/blobs/{existing}").body, b"data")
        # A missing layer must be uploaded.
        for source in ("shop/api", "nowhere"):
            answer = self.call("POST", f"/v2/other/blobs/uploads/?mount={digest(b'no')}&from={source}")
            self.assertEqual(answer.status, 202)
            self.assertTrue(answer.headers["Docker-Upload-UUID"])

    def test_files_of_layers_are_deleted_with_their_repository_and_at_a_reset(self):
        self.ecr.create_repository(repositoryName="other")
        self.blob(b"data"), self.blob(b"both"), self.blob(b"both", "other"), self.start()
        kept = storage.folder()
        self.assertEqual(len(list(kept.iterdir())), 3)
        self.ecr.delete_repository(repositoryName="shop/api")
        self.assertEqual([one.name for one in kept.iterdir()], [digest(b"both").replace(":", "-")])
        request = urllib.request.Request(f"http://{self.host}/moto-api/reset", method="POST")
        urllib.request.urlopen(request).read()
        self.assertFalse(kept.exists())

    def test_a_large_layer_takes_little_memory(self):
        size, piece = 64 * 1024 * 1024, bytes(1024 * 1024)
        location = self.start()
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        self.assertEqual(self.call("PATCH", location, iter([piece] * (size // len(piece)))).status, 201)
        self.assertLess(tracemalloc.get_traced_memory()[1], 16 * 1024 * 1024)


class Blobs(RegistryCase):
    def test_a_layer_is_found(self):
        existing = self.blob(b"0123456789")
        answer = self.call("HEAD", f"/v2/shop/api/blobs/{existing}")
        found = answer.status, answer.headers["Content-Length"], answer.headers["Docker-Content-Digest"], answer.body
        self.assertEqual(found, (200, "10", existing, b""))
        answer = self.call("GET", f"/v2/shop/api/blobs/{digest(b'no')}")
        self.assertEqual((answer.status, answer.code), (404, "BLOB_UNKNOWN"))
        self.assertEqual(self.call("GET", "/v2/shop/api/blobs/none").code, "DIGEST_INVALID")

    def test_a_range_is_read(self):
        path = f"/v2/shop/api/blobs/{self.blob(b'0123456789')}"
        for requested, got, said in [
            ("bytes=2-4", b"234", "bytes 2-4/10"),
            ("bytes=7-", b"789", "bytes 7-9/10"),
            ("bytes=-2", b"89", "bytes 8-9/10"),
            ("bytes=8-99", b"89", "bytes 8-9/10"),
        ]:
            answer = self.call("GET", path, Range=requested)
            self.assertEqual((answer.status, answer.body, answer.headers["Content-Range"]), (206, got, said))
        self.assertEqual(self.call("GET", path, Range="bytes=10-").status, 416)

    def test_unknown_names(self):
        for method, path in [("POST", "no/blobs/uploads/"), ("GET", "no/tags/list"), ("GET", "no/manifests/v1")]:
            answer = self.call(method, f"/v2/{path}")
            self.assertEqual((answer.status, answer.code), (404, "NAME_UNKNOWN"))
        self.assertEqual(self.call("DELETE", "/v2/shop/api/manifests/v1").code, "UNSUPPORTED")

    def test_a_layer_is_downloaded_without_credentials(self):
        existing = self.blob(b"0123456789")
        found = self.ecr.get_download_url_for_layer(repositoryName="shop/api", layerDigest=existing)
        self.assertEqual(found["layerDigest"], existing)
        self.assertEqual(urllib.request.urlopen(found["downloadUrl"]).read(), b"0123456789")
        wrong = found["downloadUrl"][:-1] + ("0" if found["downloadUrl"][-1] != "0" else "1")
        self.assertEqual(self.call("GET", wrong, auth=False).status, 403)
        with self.refused("LayersNotFoundException"):
            self.ecr.get_download_url_for_layer(repositoryName="shop/api", layerDigest=digest(b"no"))


class Manifests(RegistryCase):
    def get(self, reference, accept=None, method="GET"):
        headers = {"Accept": accept} if accept else {}
        return self.call(method, f"/v2/shop/api/manifests/{reference}", **headers)

    def put(self, reference, text, media_type=MANIFEST):
        return self.call("PUT", f"/v2/shop/api/manifests/{reference}", text, Content_Type=media_type)

    def test_an_image_is_found_by_tag_and_digest(self):
        existing = self.image()
        for reference in ("v1", existing):
            answer = self.get(reference, MANIFEST)
            self.assertEqual((answer.status, digest(answer.body)), (200, existing))
            self.assertEqual(answer.headers["Content-Type"], MANIFEST)
            head = self.get(reference, MANIFEST, "HEAD")
            found = head.headers["Docker-Content-Digest"], head.headers["Content-Length"], head.body
            self.assertEqual(found, (existing, str(len(answer.body)), b""))
        answer = self.get("v2")
        self.assertEqual((answer.status, answer.code), (404, "MANIFEST_UNKNOWN"))

    def test_layers_must_exist(self):
        self.blob(b"{}")
        answer = self.put("v1", self.manifest([b"one"]))
        self.assertEqual((answer.status, answer.code), (400, "MANIFEST_BLOB_UNKNOWN"))
        self.assertIn(digest(b"one").encode(), answer.body)
        self.assertEqual(self.ecr.list_images(repositoryName="shop/api")["imageIds"], [])

    def test_an_index_has_its_images(self):
        amd, arm = self.image(b"amd64" * 100, tag=None), self.image(b"arm64", tag=None)
        described = [{"mediaType": MANIFEST, "digest": one, "size": 1} for one in (amd, arm, digest(b"no"))]
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": described}
        answer = self.put("v1", json.dumps(index).encode(), INDEX)
        self.assertEqual((answer.status, answer.code), (400, "MANIFEST_BLOB_UNKNOWN"))
        index["manifests"].pop()
        self.assertEqual(self.put("v1", json.dumps(index).encode(), INDEX).status, 201)
        (detail,) = self.ecr.describe_images(repositoryName="shop/api", imageIds=[{"imageTag": "v1"}])["imageDetails"]
        self.assertEqual((detail["imageManifestMediaType"], detail["imageSizeInBytes"]), (INDEX, 500))
        # An image in an index cannot be deleted before the index.
        deleted = self.ecr.batch_delete_image(repositoryName="shop/api", imageIds=[{"imageDigest": amd}])
        self.assertEqual(deleted["failures"][0]["failureCode"], "ImageReferencedByManifestList")
        self.assertEqual(self.get("v1", MANIFEST).status, 404)

    def test_a_digest_must_be_the_manifests_own(self):
        for data in (b"one", b"{}"):
            self.blob(data)
        answer = self.put(digest(b"other"), self.manifest([b"one"]))
        self.assertEqual((answer.status, answer.code), (400, "DIGEST_INVALID"))
        text = self.manifest([b"one"])
        self.assertEqual(self.put(digest(text), text).status, 201)
        (detail,) = self.ecr.describe_images(repositoryName="shop/api")["imageDetails"]
        self.assertNotIn("imageTags", detail)

    def test_invalid_manifests_are_refused(self):
        for text, media_type in [(b"no", MANIFEST), (b"{}", MANIFEST), (self.manifest([]), INDEX)]:
            answer = self.put("v1", text, media_type)
            self.assertEqual((answer.status, answer.code), (400, "MANIFEST_INVALID"), text)
        self.assertEqual(self.put("-", self.manifest([])).code, "TAG_INVALID")

    def test_a_moved_tag_leaves_its_old_image_untagged(self):
        one, two = self.image(b"one"), self.image(b"two")
        self.assertEqual(self.get("v1").headers["Docker-Content-Digest"], two)
        ids = self.ecr.list_images(repositoryName="shop/api")["imageIds"]
        self.assertEqual(ids, [{"imageDigest": one}, {"imageDigest": two, "imageTag": "v1"}])

    def test_an_immutable_tag_does_not_move(self):
        self.ecr.put_image_tag_mutability(repositoryName="shop/api", imageTagMutability="IMMUTABLE")
        one = self.image(b"one")
        for data in (b"two", b"one"):
            self.blob(data)
            # Not even to the image that has it.
            answer = self.put("v1", self.manifest([data]))
            self.assertEqual((answer.status, answer.code), (400, "TAG_INVALID"))
            self.assertIn(b"already exists in the 'shop/api' repository and cannot be overwritten", answer.body)
        self.assertEqual(self.put("v2", self.manifest([b"one"])).status, 201)
        self.assertEqual(self.get("v2").headers["Docker-Content-Digest"], one)

    def test_a_mutable_image_is_pushed_twice(self):
        one = self.image(b"one")
        pushed = self.ecr.describe_images(repositoryName="shop/api")["imageDetails"]
        self.assertEqual(self.image(b"one"), one)
        self.assertEqual(self.ecr.describe_images(repositoryName="shop/api")["imageDetails"], pushed)

    def test_by_its_tag_an_image_is_translated(self):
        existing = self.image()
        answer = self.get("v1", manifests.DOCKER)
        self.assertEqual(answer.headers["Content-Type"], manifests.DOCKER)
        manifest = json.loads(answer.body)
        self.assertEqual(manifest["mediaType"], manifests.DOCKER)
        self.assertEqual(manifest["layers"][0]["mediaType"], "application/vnd.docker.image.rootfs.diff.tar.gzip")
        self.assertEqual(self.get(existing, manifests.DOCKER).status, 404)
        self.assertEqual(self.get("v1", f"{INDEX}, */*").headers["Content-Type"], MANIFEST)

    def test_tags_are_listed(self):
        self.image(b"one", tag="b"), self.image(b"two", tag="a"), self.image(b"two", tag="c")
        self.assertEqual(json.loads(self.call("GET", "/v2/shop/api/tags/list").body)["tags"], ["a", "b", "c"])
        answer = self.call("GET", "/v2/shop/api/tags/list?n=2")
        self.assertEqual(json.loads(answer.body), {"name": "shop/api", "tags": ["a", "b"]})
        following = answer.headers["Link"].split(">")[0].removeprefix("<")
        self.assertEqual(json.loads(self.call("GET", following).body)["tags"], ["c"])

    def test_referrers(self):
        existing = self.image()
        text = json.loads(self.manifest([b"one"]))
        subject = {"mediaType": MANIFEST, "digest": existing, "size": 1}
        text |= {"artifactType": "application/spdx+json", "subject": subject}
        answer = self.put(digest(json.dumps(text).encode()), json.dumps(text).encode())
        self.assertEqual((answer.status, answer.headers["OCI-Subject"]), (201, existing))
        found = json.loads(self.call("GET", f"/v2/shop/api/referrers/{existing}").body)["manifests"]
        self.assertEqual([one["artifactType"] for one in found], ["application/spdx+json"])


class Images(RegistryCase):
    def test_a_pushed_image_is_described(self):
        existing = self.image(b"one", b"three")
        (detail,) = self.ecr.describe_images(repositoryName="shop/api")["imageDetails"]
        ago = datetime.datetime.now(datetime.timezone.utc) - detail.pop("imagePushedAt")
        self.assertLess(ago, datetime.timedelta(seconds=60))
        self.assertEqual(
            detail,
            {
                "registryId": "123456789012",
                "repositoryName": "shop/api",
                "imageDigest": existing,
                "imageTags": ["v1"],
                "imageSizeInBytes": 8,
                "imageManifestMediaType": MANIFEST,
                "artifactMediaType": CONFIG,
            },
        )

    def test_layers_are_described(self):
        self.image(b"one")
        found = self.ecr.batch_check_layer_availability(
            repositoryName="shop/api", layerDigests=[digest(b"one"), digest(b"no")]
        )
        (layer,), (failure,) = found["layers"], found["failures"]
        told = {"layerDigest": digest(b"one"), "layerAvailability": "AVAILABLE", "layerSize": 3, "mediaType": LAYER}
        self.assertEqual(layer, told)
        self.assertEqual(failure["failureCode"], "MissingLayerDigest")

    def test_images_put_with_the_api_are_in_the_registry(self):
        for data in (b"one", b"{}"):
            upload = self.ecr.initiate_layer_upload(repositoryName="shop/api")["uploadId"]
            self.ecr.upload_layer_part(
                repositoryName="shop/api",
                uploadId=upload,
                partFirstByte=0,
                partLastByte=len(data) - 1,
                layerPartBlob=data,
            )
            self.ecr.complete_layer_upload(repositoryName="shop/api", uploadId=upload, layerDigests=[digest(data)])
        text = self.manifest([b"one"])
        put = self.ecr.put_image(repositoryName="shop/api", imageManifest=text.decode(), imageTag="v1")["image"]
        self.assertEqual(put["imageId"], {"imageDigest": digest(text), "imageTag": "v1"})
        self.assertEqual(self.call("GET", "/v2/shop/api/manifests/v1").body, text)
        self.assertEqual(self.call("GET", f"/v2/shop/api/blobs/{digest(b'one')}").body, b"one")

    def test_an_unread_upload_closes_the_connection(self):
        connection = http.client.HTTPConnection(self.host)
        connection.request("POST", "/v2/no/blobs/uploads/", bytes(1000), {"Authorization": f"Basic {self.token}"})
        self.assertEqual(connection.getresponse().headers["Connection"], "close")
        connection.close()
