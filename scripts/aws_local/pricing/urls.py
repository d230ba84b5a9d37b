"""The paths of the Price List's API."""

from aws_local.pricing.responses import PricingResponse

url_bases = [r"https?://(api\.)?pricing\.(.+)\.amazonaws\.com"]
url_paths = {"{0}/$": PricingResponse.dispatch}
