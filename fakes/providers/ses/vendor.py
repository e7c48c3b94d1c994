"""Amazon SES: the Query API (v1), the REST API (v2) and SMTP, in each region.

Sources: botocore 1.44.5, endpoints of `email`, for the regions; SES developer guide (awsdocs/
amazon-ses-developer-guide, 2023-06: smtp-connect, smtp-credentials) for SMTP; AWS SDKs and Tools
Reference Guide ("Finding and changing the location of the shared config and credentials files",
"IMDS credential provider", read 2026-11-21) for what the SDKs read.
"""

from __future__ import annotations

import os

from ..vendor import Credential, SenderVariables, SmtpService, Vendor

# The first is the one of the documents' examples.
_REGIONS = (
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "af-south-1", "ap-east-2",
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
    "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
    "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1",
    "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2",
    "eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1",
    "us-gov-east-1", "us-gov-west-1",
)  # fmt: skip
_HOSTS = {region: f"email.{region}.amazonaws.com" for region in _REGIONS} | {
    "eusc-de-east-1": "email.eusc-de-east-1.amazonaws.eu"
}

VENDOR = Vendor(
    name="ses",
    title="Amazon SES",
    class_name="Ses",
    api="Query API (v1) and REST API (v2), under one address",
    hosts=_HOSTS,
    credentials=(
        Credential(name="access_key_id", meaning="the id of an access key", is_secret=False),
        Credential(name="secret_access_key", meaning="its secret, 40 characters"),
    ),
    smtp=SmtpService(
        hosts={region: host.replace("email.", "email-smtp.", 1) for region, host in _HOSTS.items()},
        starttls=(587, 25, 2587),
        tls=(465, 2465),
        username="the id of an access key",
        password="the SMTP password of that key and this region, 44 characters",
    ),
    variables=SenderVariables(
        prefixes=("AWS_",),
        # How often to try again is the developer's choice, and says nothing of an account.
        harmless=("AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE"),
        # Without the variables the SDKs look for keys in files of the home folder, and then ask the
        # machine for those of its role.
        instead={
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        },
        ca_file=("AWS_CA_BUNDLE",),
        # The same guide, "Service-specific endpoints" and its table of identifiers (read 2026-11).
        told={
            "access_key_id": ("AWS_ACCESS_KEY_ID",),
            "secret_access_key": ("AWS_SECRET_ACCESS_KEY",),
            "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
            "base_url": ("AWS_ENDPOINT_URL_SES", "AWS_ENDPOINT_URL_SESV2"),
        },
    ),
    versions=("v1", "v2"),
    telling_headers=("x-amz-date",),
)
