"""SendGrid (Twilio): Web API v3 and SMTP.

Sources: twilio/sendgrid-oai (2026-01) for the hosts of the API; sendgrid/docs (SMTP pages, read
2026-11) for hosts, ports and the user name; the variables are those of its SDKs' quick starts.
"""

from __future__ import annotations

from ..vendor import Credential, SenderVariables, SmtpService, Vendor

VENDOR = Vendor(
    name="sendgrid",
    title="SendGrid",
    class_name="SendGrid",
    api="Web API v3",
    hosts={"us": "api.sendgrid.com", "eu": "api.eu.sendgrid.com"},
    credentials=(Credential(name="api_key", meaning="an API key, `SG.…`"),),
    smtp=SmtpService(
        hosts={"us": "smtp.sendgrid.net", "eu": "smtp.eu.sendgrid.net"},
        starttls=(587, 25, 2525),
        tls=(465,),
        username="the word `apikey`",
        password="an API key",
    ),
    variables=SenderVariables(
        # sendgrid-python 6.12.5 reads it; the quick starts of the other SDKs name it so.
        prefixes=("SENDGRID_",),
        told={"api_key": ("SENDGRID_API_KEY",)},
    ),
)
