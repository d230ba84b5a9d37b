"""The errors of the Resource Groups Tagging API.

https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html#API_GetResources_Errors
"""

from moto.core.exceptions import JsonRESTError


class InvalidParameter(JsonRESTError):
    code = 400

    def __init__(self, message):
        super().__init__("InvalidParameterException", message)
