"""Lists of ECR in pages: maxResults from 1 to 1000, by default 100, and a nextToken.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html
"""

import base64
import binascii

from moto.ecr.exceptions import InvalidParameterException


def page(response, items, by_name=False):
    """One page of the items and the token of the next page; all items if they were requested by name."""
    if by_name:
        return items, None
    size = int(response._get_param("maxResults") or 100)
    if not 1 <= size <= 1000:
        raise InvalidParameterException(
            "Invalid parameter at 'maxResults' failed to satisfy constraint: 'must be between 1 and 1000'"
        )
    token, start = response._get_param("nextToken"), 0
    if token:
        try:
            start = int(base64.b64decode(token, validate=True))
        except (binascii.Error, ValueError):
            raise InvalidParameterException(
                "Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'"
            ) from None
    end = start + size
    return items[start:end], base64.b64encode(str(end).encode()).decode() if end < len(items) else None
