"""Security policies: those that moto lacks, with their types of load balancers; unknown names are refused.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeSSLPolicies.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
"""

from moto.core.responses import ActionResult
from moto.elbv2.responses import ELBV2Response
from moto.elbv2.ssl_policies import SSL_POLICIES, build_policy

from aws_local.elbv2.requests import invalid, refused

DEFAULT = "ELBSecurityPolicy-2016-08"
TYPES = ["application", "network"]
MAX_PAGE = 400

TLS13_FIPS = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"]


def _ecdhe(*suites):
    return [f"ECDHE-{key}-{suite}" for suite in suites for key in ("ECDSA", "RSA")]


GCM = _ecdhe("AES128-GCM-SHA256", "AES256-GCM-SHA384")
SHA2 = _ecdhe("AES128-GCM-SHA256", "AES128-SHA256", "AES256-GCM-SHA384", "AES256-SHA384")
SHA1 = _ecdhe("AES128-GCM-SHA256", "AES128-SHA256", "AES128-SHA", "AES256-GCM-SHA384", "AES256-SHA384", "AES256-SHA")
RSA_SHA2 = ["AES128-GCM-SHA256", "AES128-SHA256", "AES256-GCM-SHA384", "AES256-SHA256"]
RSA_SHA1 = ["AES128-GCM-SHA256", "AES128-SHA256", "AES128-SHA", "AES256-GCM-SHA384", "AES256-SHA256", "AES256-SHA"]

V12, V11, V10 = ["TLSv1.2"], ["TLSv1.2", "TLSv1.1"], ["TLSv1.2", "TLSv1.1", "TLSv1"]

LACKING = {
    "FS-1-2-Res-2019-08": (SHA2, V12),
    "FS-1-2-2019-08": (SHA1, V12),
    "FS-1-1-2019-08": (SHA1, V11),
    "FS-2018-06": (SHA1, V10),
    "2015-05": (SHA1 + RSA_SHA1, V10),
    "TLS-1-0-2015-04": (SHA1 + RSA_SHA1 + ["DES-CBC3-SHA"], V10),
    "TLS13-1-3-FIPS-2023-04": (TLS13_FIPS, ["TLSv1.3"]),
    "TLS13-1-2-Res-FIPS-2023-04": (TLS13_FIPS + GCM, ["TLSv1.3", *V12]),
    "TLS13-1-2-FIPS-2023-04": (TLS13_FIPS + SHA2, ["TLSv1.3", *V12]),
    "TLS13-1-2-Ext0-FIPS-2023-04": (TLS13_FIPS + SHA1, ["TLSv1.3", *V12]),
    "TLS13-1-2-Ext1-FIPS-2023-04": (TLS13_FIPS + SHA2 + RSA_SHA2, ["TLSv1.3", *V12]),
    "TLS13-1-2-Ext2-FIPS-2023-04": (TLS13_FIPS + SHA1 + RSA_SHA1, ["TLSv1.3", *V12]),
    "TLS13-1-1-FIPS-2023-04": (TLS13_FIPS + SHA1 + RSA_SHA1, ["TLSv1.3", *V11]),
    "TLS13-1-0-FIPS-2023-04": (TLS13_FIPS + SHA1 + RSA_SHA1, ["TLSv1.3", *V10]),
    # Those with post-quantum key exchange have the ciphers of their predecessors.
    "TLS13-1-3-FIPS-PQ-2025-09": (TLS13_FIPS, ["TLSv1.3"]),
    "TLS13-1-2-Res-FIPS-PQ-2025-09": (TLS13_FIPS + GCM, ["TLSv1.3", *V12]),
    "TLS13-1-2-FIPS-PQ-2025-09": (TLS13_FIPS + SHA2, ["TLSv1.3", *V12]),
    "TLS13-1-2-Ext0-FIPS-PQ-2025-09": (TLS13_FIPS + SHA1, ["TLSv1.3", *V12]),
    "TLS13-1-2-Ext1-FIPS-PQ-2025-09": (TLS13_FIPS + SHA2 + RSA_SHA2, ["TLSv1.3", *V12]),
    "TLS13-1-2-Ext2-FIPS-PQ-2025-09": (TLS13_FIPS + SHA1 + RSA_SHA1, ["TLSv1.3", *V12]),
}


def check(name):
    if name is not None and name not in SSL_POLICIES:
        raise refused("SSLPolicyNotFound", f"SSL policy '{name}' not found")


def _describe(self):
    names = self._get_param("Names", [])
    kind = self._get_param("LoadBalancerType")
    if kind is not None and kind not in ("application", "network", "gateway"):
        raise invalid(f"Load balancer type '{kind}' is not valid")
    for name in names:
        if name not in SSL_POLICIES:
            raise refused("SSLPolicyNotFound", "One or more SSL policies not found")
    shown = list(dict.fromkeys(names)) or list(SSL_POLICIES)
    size, marker = int(self._get_param("PageSize") or MAX_PAGE), self._get_param("Marker")
    if marker:
        if marker not in shown:
            raise invalid("The specified marker is not valid")
        shown = shown[shown.index(marker) + 1 :]
    following = shown[size - 1] if len(shown) > size else None
    policies = [
        {**build_policy(name, SSL_POLICIES[name]), "SupportedLoadBalancerTypes": TYPES} for name in shown[:size]
    ]
    return ActionResult({"SslPolicies": policies, "NextMarker": following})


def install():
    for short, (ciphers, protocols) in LACKING.items():
        name = f"ELBSecurityPolicy-{short}"
        SSL_POLICIES.setdefault(name, {"name": name, "ciphers": ciphers, "ssl_protocols": protocols})
    ELBV2Response.describe_ssl_policies = _describe
