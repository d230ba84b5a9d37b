"""Image scans, on push or on demand, complete at once. `POST /aws-local/scan` with {"digest", "counts": {"HIGH": 2}} sets
the findings, by default none; `DELETE` with the digest removes them.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartImageScan.html
"""

import datetime

from moto.core.base_backend import BackendDict
from moto.core.responses import ActionResult
from moto.ecr.exceptions import LimitExceededException, ScanNotFoundException
from moto.ecr.models import ECRBackend, Image
from moto.ecr.responses import ECRResponse

from aws_local import controls
from aws_local.ecr import manifests
from aws_local.ecr.pages import page

SEVERITIES = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED"]
COMPLETE = {"status": "COMPLETE", "description": "The scan was completed successfully."}
DAY = datetime.timedelta(days=1)

# The number of findings of each severity, by digest.
findings = {}


def _control(method, body):
    if method == "DELETE":
        findings.pop(body["digest"], None)
        return
    counts = {severity: int(count) for severity, count in body["counts"].items()}
    if set(counts) - set(SEVERITIES):
        raise ValueError(f"severities are {', '.join(SEVERITIES)}")
    findings[body["digest"]] = counts


def _now():
    return datetime.datetime.now(datetime.timezone.utc)


def _counts(image):
    counts = findings.get(image.image_digest, {})
    return {severity: counts[severity] for severity in SEVERITIES if counts.get(severity)}


def _summary(image):
    """The scan as DescribeImages shows it; empty if there was none."""
    if image.last_scan is None:
        return {}
    return {
        "imageScanStatus": COMPLETE,
        "imageScanFindingsSummary": {
            "imageScanCompletedAt": image.last_scan,
            "vulnerabilitySourceUpdatedAt": image.last_scan,
            "findingSeverityCounts": _counts(image),
        },
    }


def _findings(image):
    found = []
    for severity, count in _counts(image).items():
        for number in range(1, count + 1):
            name = f"CVE-2000-{SEVERITIES.index(severity) + 1}{number:04}"
            found.append(
                {
                    "name": name,
                    "uri": f"https://cve.mitre.org/cgi-bin/cvename.cgi?name={name}",
                    "severity": severity,
                    "attributes": [
                        {"key": "package_name", "value": "example"},
                        {"key": "package_version", "value": "1.0.0"},
                    ],
                }
            )
    return found


def _image_id(image, requested):
    image_id = {"imageDigest": image.image_digest}
    if requested.get("imageTag"):
        image_id["imageTag"] = requested["imageTag"]
    return image_id


def describe_image_scan_findings(self):
    name, requested = self._get_param("repositoryName"), self._get_param("imageId")
    repository = self.ecr_backend._get_repository(name, self._get_param("registryId"))
    image = repository._get_image(requested.get("imageTag"), requested.get("imageDigest"))
    if image.last_scan is None:
        text = f"{{imageDigest:'{requested.get('imageDigest') or 'null'}', imageTag:'{requested.get('imageTag') or 'null'}'}}"
        raise ScanNotFoundException(text, name, repository.registry_id)
    shown, token = page(self, _findings(image))
    return ActionResult(
        {
            "registryId": repository.registry_id,
            "repositoryName": name,
            "imageId": _image_id(image, requested),
            "imageScanStatus": COMPLETE,
            "imageScanFindings": {
                "imageScanCompletedAt": image.last_scan,
                "vulnerabilitySourceUpdatedAt": image.last_scan,
                "findings": shown,
                "findingSeverityCounts": _counts(image),
            },
            "nextToken": token,
        }
    )


def start_image_scan(self):
    """An image can be scanned once a day."""
    name, requested = self._get_param("repositoryName"), self._get_param("imageId")
    repository = self.ecr_backend._get_repository(name, self._get_param("registryId"))
    image = repository._get_image(requested.get("imageTag"), requested.get("imageDigest"))
    if image.last_scan is not None and _now() - image.last_scan < DAY:
        raise LimitExceededException()
    image.last_scan = _now()
    return ActionResult(
        {
            "registryId": repository.registry_id,
            "repositoryName": name,
            "imageId": _image_id(image, requested),
            "imageScanStatus": {"status": "IN_PROGRESS"},
        }
    )


def install():
    put, reset = ECRBackend.put_image, BackendDict.reset
    configure = ECRBackend.put_image_scanning_configuration

    def put_image_scanning_configuration(self, registry_id, repository_name, image_scan_config):
        """`scanOnPush` is false by default; moto treats an empty configuration as a missing one."""
        requested = {"scanOnPush": bool((image_scan_config or {}).get("scanOnPush", False))}
        return configure(self, registry_id, repository_name, requested)

    def put_image(self, repository_name, *args, **kwargs):
        image = put(self, repository_name, *args, **kwargs)
        scans = self.repositories[repository_name].image_scanning_configuration.get("scanOnPush")
        # Of an index, the images are scanned, not the index.
        if scans and image.last_scan is None and image.image_manifest_media_type in manifests.IMAGES:
            image.last_scan = _now()
        return image

    def reset_all(_cls):
        findings.clear()
        reset()

    ECRBackend.put_image = put_image
    ECRBackend.put_image_scanning_configuration = put_image_scanning_configuration
    BackendDict.reset = classmethod(reset_all)
    Image.scan_summary = _summary
    ECRResponse.describe_image_scan_findings = describe_image_scan_findings
    ECRResponse.start_image_scan = start_image_scan
    controls.PATHS["/aws-local/scan"] = _control
