"""The header of a message, which is read sooner than the whole."""

from __future__ import annotations

from dataclasses import dataclass

from harness.fakes.mail.readable import ReadableMessage


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MessageHead(ReadableMessage):
    """A message without its body: who it is from, and what about."""

    content: bytes
    mail_from: str = ""
    rcpt_tos: tuple[str, ...] = ()


def head_of(content: bytes) -> MessageHead:
    """The head of a message; never raises."""
    return MessageHead(content=content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
