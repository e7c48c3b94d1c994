"""How the careful sender uses Resend's API."""

from __future__ import annotations

import re
from typing import Any

from .careful_api import ByApi, Response
from .careful_calls import Boxes, Call

_NAMES = {
    "missing_api_key": "unauthorized", "restricted_api_key": "forbidden",
    "suspended_api_key": "forbidden", "daily_quota_exceeded": "quota-exceeded",
    "monthly_quota_exceeded": "quota-exceeded", "rate_limit_exceeded": "rate-limited",
}  # fmt: skip
# What only the words of a validation_error tell.
_WORDS = (
    (r"API key is invalid", "unauthorized"),
    (r"associated domain with your API key", "forbidden"),
    (r"domain is not verified|not authorized to send emails from", "sender-refused"),
    (r"only send testing emails|testing email address", "recipient-refused"),
)


class ByResend(ByApi):
    """By Resend, and by those of before."""

    def api_host(self) -> str:
        return "api.resend.com" if self.provider == "resend" else super().api_host()

    def call_resend(self, host: str) -> Call:
        fields: dict[str, Any] = {
            "from": self.resend_boxes([self.author()])[0],
            "to": self.resend_boxes(self.asked["to"]),
            "cc": self.resend_boxes(self.asked.get("cc", ())),
            "bcc": self.resend_boxes(self.asked.get("bcc", ())),
            "reply_to": self.resend_boxes(self.asked.get("reply_to", ())),
            "subject": self.asked.get("subject"),
            "html": self.asked.get("html"),
            "headers": dict(self.asked.get("headers", {})),
            "attachments": [
                {name: one[name] for name in ("filename", "content", "content_type")}
                for one in self.asked.get("attachments", ())
            ],
        }
        body = {name: value for name, value in fields.items() if value}
        body["text"] = self.asked.get("text") or ""
        headers = {
            "Authorization": f"Bearer {self.credential('api_key')}",
            "User-Agent": "careful/1",
            "Content-Type": "application/json",
        }
        return Call(host, "/emails", headers, self.json(body))

    @staticmethod
    def resend_boxes(boxes: Boxes) -> list[str]:
        quoted = [(re.sub(r'(["\\])', r"\\\1", box.get("name", "")), box) for box in boxes]
        return [f'"{name}" <{box["address"]}>' if name else box["address"] for name, box in quoted]

    def taken_resend(self, response: Response) -> str:
        if response.status == 200 and response.member("id"):
            return str(response.member("id"))
        self.check_refused(response)
        name, words = str(response.member("name") or ""), str(response.member("message") or "")
        class_ = _NAMES.get(name) or self.resend_class(words)
        said = f"{name}: {words}" if name else ""
        raise self.refused_by_api(response, said, class_, code=name or None)

    def resend_class(self, words: str) -> str | None:
        """The class that the words stand for; None where the status decides."""
        return next((class_ for part, class_ in _WORDS if re.search(part, words)), None)
