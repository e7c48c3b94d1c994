"""Postmark (ActiveCampaign): its Email API and SMTP.

Sources: postmarkapp.com/developer (read 2026-11).
"""

from __future__ import annotations

from ..vendor import Credential, SenderVariables, SmtpService, Vendor

VENDOR = Vendor(
    name="postmark",
    title="Postmark",
    class_name="Postmark",
    api="Email API",
    hosts={"": "api.postmarkapp.com"},
    credentials=(Credential(name="server_token", meaning="a server token, a UUID"),),
    smtp=SmtpService(
        hosts={"": "smtp.postmarkapp.com"},
        starttls=(587, 25, 2525),
        username="a server token",
        password="the same server token",
    ),
    variables=SenderVariables(
        # No SDK reads it by itself; django-anymail's setting of that name is the usual one.
        prefixes=("POSTMARK_",),
        told={"server_token": ("POSTMARK_SERVER_TOKEN",)},
    ),
    telling_headers=("x-postmark-server-token",),
)
