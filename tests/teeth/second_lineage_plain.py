"""`smtplib` as its documentation has it: what is wrong here is the library's, not an override's.

Only the address that is connected to, the context and the words of the answer are ours.
docs/libraries.md tells what was found, case by case.
"""

from __future__ import annotations

import smtplib
import socket
from typing import Any

from .convictions import convicted
from .second import Client, Second, readable, tls_context
from .second_settings import Account, SendError


class Plain(smtplib.SMTP):
    """Connects where the case wants it, and does all else as it is in the library."""

    by: Client

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.by._get_socket(host, port, timeout)


@convicted("auth/list-forms[form=lower-case]", check="sender.status messages logged-in")
@convicted("ory/sent-once-taken[goodbye=reset]", check="honesty sender.status")
@convicted("starttls/greeting[code=554]", check="sender.status auth mail")
@convicted("tls/version-complaint-words[mode=starttls]", check="sender.error.says")
class PlainSmtplib(Second):
    """`SMTP(host, port)`, `starttls(context=…)`, `login(…)`, `send_message(…)`."""

    def send(self) -> dict[str, Any]:
        account, message = self.account(), self.compose()
        wanted = self.request["message"]
        smtp = Plain(
            timeout=self.request["timeout"],
            local_hostname=self.request["transport"].get("ehlo_name") or "[127.0.0.1]",
        )
        smtp.by = Client(account, self.request)
        self.attempts.append(account.host)
        boxes = [*wanted["to"], *wanted.get("cc", ()), *wanted.get("bcc", ())]
        try:
            smtp.connect(account.host, account.port)
            smtp._host = account.server_name or account.host  # type: ignore[attr-defined]
            if account.security == "starttls":
                smtp.starttls(context=tls_context(account, self.request))
            if account.username and account.password:
                smtp.login(account.username, account.password)
            sender = wanted.get("envelope_from")
            sender = wanted["from"]["address"] if sender is None else sender
            smtp.send_message(message, sender, [box["address"] for box in boxes])
            smtp.quit()
        except (OSError, ValueError) as error:
            raise told(error, account) from None
        finally:
            smtp.close()
        return {}


# What the library raises with a reply in it, and what that is called in an answer.
REFUSALS = (
    (smtplib.SMTPAuthenticationError, "auth", "auth-rejected"),
    (smtplib.SMTPSenderRefused, "mail", "sender-refused"),
    (smtplib.SMTPDataError, "end-of-data", "message-refused"),
    (smtplib.SMTPResponseException, "starttls", "starttls-refused"),
)


def told(error: Exception, account: Account) -> SendError:
    """What the library raised, as far as its type tells."""
    for kind, phase, class_ in REFUSALS:
        if isinstance(error, kind):
            code, said = error.smtp_code, error.smtp_error
            words = readable(said) if isinstance(said, bytes) else said
            temporary = {4: True, 5: False}.get(code // 100)
            return SendError(phase, class_, f"{code} {words}", temporary=temporary, code=code)
    where = f"{account.host}:{account.port}: {error}"
    return SendError("connect", "connection-lost", where, temporary=True)
