"""Senders that follow a redirect and hand something over where it leads."""

from __future__ import annotations

from dataclasses import replace

from .careful import Careful
from .careful_api import Response
from .careful_calls import Call
from .convictions import convicted

_KEYS = ("ses", "sendgrid", "sparkpost", "mailgun", "postmark", "resend")
# Mandrill has its key in the body.
_WITH_A_KEY_IN_A_HEADER = tuple(f"api/any/redirected*[provider={name},*]" for name in _KEYS)


def led(call: Call, response: Response) -> Call:
    """The call to where a redirect leads."""
    host, _, path = response.headers["location"].removeprefix("https://").partition("/")
    return replace(call, host=host, path=f"/{path}")


@convicted(*_WITH_A_KEY_IN_A_HEADER, check="content-elsewhere")
@convicted("api/any/redirected*[provider=mandrill,*]", check="content-elsewhere key-elsewhere")
class HandsTheMessageElsewhere(Careful):
    """Follows with the message, and keeps back the headers that have the key."""

    def redirected(self, call: Call, response: Response) -> Response:
        kept = {n: v for n, v in call.headers.items() if n.lower().startswith("content-")}
        return self.exchanged(replace(led(call, response), headers=kept))


@convicted(*_WITH_A_KEY_IN_A_HEADER, check="key-elsewhere")
class HandsTheKeyElsewhere(Careful):
    """Follows without a body, as after a 303, and with every header."""

    def redirected(self, call: Call, response: Response) -> Response:
        return self.exchanged(replace(led(call, response), body=b""))
