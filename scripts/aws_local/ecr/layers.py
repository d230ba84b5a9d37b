"""Layers in ECR's own API: uploaded in parts, checked, and downloaded from a URL that needs no credentials.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_InitiateLayerUpload.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UploadLayerPart.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CompleteLayerUpload.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchCheckLayerAvailability.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html
"""

import json

from moto.core.responses import ActionResult
from moto.ecr.exceptions import InvalidLayerPartException, UploadNotFoundException
from moto.ecr.models import DEFAULT_LAYER_PART_SIZE, ECRBackend
from moto.ecr.responses import ECRResponse

from aws_local.ecr.images import refused
from aws_local.registry import storage
from aws_local.registry.blobs import download_url


def _upload(backend, repository_name, registry_id, upload_id):
    repository = backend._get_repository(repository_name, registry_id)
    upload = storage.find(repository, upload_id)
    if upload is None:
        raise UploadNotFoundException(upload_id, repository_name, repository.registry_id)
    return repository, upload


def _initiate(self, repository_name, registry_id=None):
    upload = storage.Upload(self._get_repository(repository_name, registry_id))
    return {"uploadId": upload.id, "partSize": DEFAULT_LAYER_PART_SIZE}


def _part(self, repository_name, upload_id, part_first_byte, part_last_byte, layer_part_blob, registry_id=None):
    repository, upload = _upload(self, repository_name, registry_id, upload_id)
    with upload.lock:
        if part_first_byte != upload.size or part_last_byte - part_first_byte + 1 != len(layer_part_blob):
            raise InvalidLayerPartException(repository.registry_id, repository_name, upload_id, upload.size - 1)
        upload.append([layer_part_blob])
    return {
        "registryId": repository.registry_id,
        "repositoryName": repository_name,
        "uploadId": upload_id,
        "lastByteReceived": upload.size - 1,
    }


def _complete(self, repository_name, upload_id, layer_digests, registry_id=None):
    repository, upload = _upload(self, repository_name, registry_id, upload_id)
    with upload.lock:
        where = f"in the repository with name '{repository_name}' in the registry with id '{repository.registry_id}'"
        if upload.size == 0:
            raise refused("EmptyUploadException", f"The upload with id '{upload_id}' {where} has no layer parts")
        if upload.digest not in layer_digests:
            upload.drop()
            message = "None of the provided layer digests match the calculated layer digest"
            raise refused("InvalidLayerException", message)
        if upload.digest in repository.layers:
            message = f"Layer with digest '{upload.digest}' already exists {where}"
            upload.drop()
            raise refused("LayerAlreadyExistsException", message)
        upload.finish()
    return {
        "registryId": repository.registry_id,
        "repositoryName": repository_name,
        "uploadId": upload_id,
        "layerDigest": upload.digest,
    }


def _media_types(repository):
    """The media type of each layer, by digest, as the images give it."""
    types = {}
    for image in repository.images:
        manifest = json.loads(image.image_manifest)
        for one in (manifest.get("config"), *manifest.get("layers", [])):
            if one and one.get("mediaType"):
                types[one["digest"]] = one["mediaType"]
    return types


def get_download_url_for_layer(self):
    repository = self.ecr_backend._get_repository(self._get_param("repositoryName"), self._get_param("registryId"))
    digest = self._get_param("layerDigest")
    if digest not in repository.layers:
        message = (
            f"The layer with digest '{digest}' does not exist in the repository with name '{repository.name}' in the "
            f"registry with id '{repository.registry_id}'"
        )
        raise refused("LayersNotFoundException", message)
    url = download_url(self.headers["Host"], digest)
    return ActionResult({"downloadUrl": url, "layerDigest": digest})


def install():
    plain = ECRBackend.batch_check_layer_availability

    def batch_check_layer_availability(self, repository_name, layer_digests, registry_id=None):
        found = plain(self, repository_name, layer_digests, registry_id)
        types = _media_types(self._get_repository(repository_name, registry_id))
        for layer in found["layers"]:
            layer["mediaType"] = types.get(layer["layerDigest"], layer["mediaType"])
        return found

    ECRBackend.initiate_layer_upload = _initiate
    ECRBackend.upload_layer_part = _part
    ECRBackend.complete_layer_upload = _complete
    ECRBackend.batch_check_layer_availability = batch_check_layer_availability
    ECRResponse.get_download_url_for_layer = get_download_url_for_layer
