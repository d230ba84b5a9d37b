"""Lists of versions and uploads with encoding-type=url have their keys encoded, as those of objects have.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html#API_ListObjectVersions_RequestParameters
"""

import re
from urllib.parse import quote_plus
from xml.sax.saxutils import unescape

from moto.s3.responses import S3Response

KEYS = re.compile(r"(<(Key|Prefix|Delimiter|KeyMarker|NextKeyMarker)>)(.*?)(</\2>)", re.DOTALL)


def _encode(match):
    opening, _, value, closing = match.groups()
    return opening + quote_plus(unescape(value), safe="/*-._") + closing


def _encoded(plain, root):
    def response(self):
        status, headers, body = plain(self)
        if self.querystring.get("encoding-type") != ["url"]:
            return status, headers, body
        text = body.decode() if isinstance(body, bytes) else body
        return status, headers, KEYS.sub(_encode, text).replace(f"</{root}>", f"<EncodingType>url</EncodingType></{root}>")

    return response


def install():
    S3Response.list_object_versions = _encoded(S3Response.list_object_versions, "ListVersionsResult")
    S3Response.list_multipart_uploads = _encoded(S3Response.list_multipart_uploads, "ListMultipartUploadsResult")
