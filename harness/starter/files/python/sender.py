"""The way from harness to the code of yours that sends mail: one request a line, one answer a line.

Replace what `send` does by a call of your own code. What a request holds, and what else an answer
can tell: `harness schema sender`, and docs/senders.md of harness.
"""

import json
import smtplib
import ssl
import sys
from email.message import EmailMessage

FEATURES = ["smtp", "security:starttls", "security:tls", "timeout"]


def send(transport, message, trust, timeout):
    mail = EmailMessage()
    mail["From"] = message["from"]["address"]
    mail["To"] = [box["address"] for box in message["to"]]
    mail["Subject"] = message["subject"]
    mail.set_content(message["text"])
    context = ssl.create_default_context(cafile=trust["ca_file"])
    where = {"host": transport["host"], "port": transport["port"], "timeout": timeout}
    if transport["security"] == "tls":
        client = smtplib.SMTP_SSL(**where, context=context)
    else:
        client = smtplib.SMTP(**where)
    with client:
        if transport["security"] == "starttls":
            client.starttls(context=context)
        if transport["username"] is not None:
            client.login(transport["username"], transport["password"])
        client.send_message(mail)


def answer(request):
    if request["action"] == "describe":
        return {"name": "my sender", "features": FEATURES}
    if request["action"] != "send":
        return {"status": "unsupported", "reason": "it only sends"}
    try:
        send(request["transport"], request["message"], request["trust"], request["timeout"])
    except (OSError, smtplib.SMTPException) as error:
        return {"status": "failed", "error": {"message": str(error)}}
    return {"status": "sent"}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
