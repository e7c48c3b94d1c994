"""How the careful sender uses a provider's API: `http.client` on `ssl`, one request, no redirects.

Every behaviour is a small method, so that a wrong sender is a subclass with one of them replaced.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import re
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree as ET

from .careful_calls import Call, Calling
from .careful_connection import CERTIFICATE, VERSION, WEAK
from .careful_settings import invalid
from .careful_wire import Failure

_LARGEST = 1_000_000
_CLASSES = {
    401: "unauthorized", 403: "forbidden", 404: "not-found", 413: "message-too-large",
    420: "quota-exceeded", 429: "rate-limited",
}  # fmt: skip
_SES = {
    "InvalidClientTokenId": "unauthorized", "SignatureDoesNotMatch": "unauthorized",
    "UnrecognizedClientException": "unauthorized", "RequestExpired": "unauthorized",
    "InvalidSignatureException": "unauthorized", "ExpiredTokenException": "unauthorized",
    "AccessDenied": "forbidden", "AccessDeniedException": "forbidden",
    "AccountSendingPausedException": "forbidden", "SendingPausedException": "forbidden",
    "AccountSuspendedException": "forbidden", "MessageRejected": "message-refused",
    "MailFromDomainNotVerified": "sender-refused",
    "MailFromDomainNotVerifiedException": "sender-refused",
    "Throttling": "rate-limited", "TooManyRequestsException": "rate-limited",
    "LimitExceededException": "quota-exceeded",
}  # fmt: skip
_MANDRILL = {
    "Invalid_Key": "unauthorized", "PaymentRequired": "forbidden",
    "ValidationError": "invalid-request", "GeneralError": "server-error",
}  # fmt: skip
_POSTMARK = {
    10: "unauthorized", 400: "sender-refused", 401: "sender-refused", 405: "quota-exceeded",
    406: "recipient-refused", 412: "forbidden", 413: "forbidden",
}  # fmt: skip
_PASSING = {"rate-limited", "quota-exceeded", "server-error"}


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")[:1000]

    @property
    def document(self) -> Any:
        """The body as JSON, or None."""
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(self.body)
        return None

    def member(self, name: str) -> Any:
        """A member of the JSON object; None where there is no object."""
        return self.document.get(name) if isinstance(self.document, dict) else None

    def element(self, name: str) -> str:
        """The text of the first XML element of that name."""
        if b"<!" in self.body:
            return ""
        with contextlib.suppress(ET.ParseError):
            for element in ET.fromstring(self.body).iter():  # without a DTD, and bounded
                if element.tag.rpartition("}")[2] == name:
                    return element.text or ""
        return ""


class ApiFailure(Failure):
    """A failure of which a response tells."""

    def __init__(
        self,
        response: Response,
        class_: str | None,
        words: str,
        *,
        temporary: bool | None,
        code: str | int | None = None,
    ) -> None:
        super().__init__("api", class_, words, temporary=temporary)
        self.status = response.status
        self.code = code


class Timed(io.RawIOBase):
    """What a response is read from. It has to be there as a whole by the deadline."""

    def __init__(self, sock: socket.socket, timeout: float | None) -> None:
        self.sock = sock
        self.timeout = timeout
        self.deadline = time.monotonic() + 2 * (timeout or 0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if self.timeout is not None:
            left = min(self.timeout, self.deadline - time.monotonic())
            if left <= 0:
                raise TimeoutError
            self.sock.settimeout(left)
        return self.sock.recv_into(buffer)


class Connection(http.client.HTTPConnection):
    """A connection over a socket that is connected and secured already.

    Not an `HTTPSConnection`: each of them reads this machine's trust store, for nothing.
    """

    def __init__(self, host: str, sock: ssl.SSLSocket, timeout: float | None) -> None:
        super().__init__(host)
        self.sock = sock
        self.wait = timeout

    def response(self) -> http.client.HTTPResponse:
        timed = Timed(self.sock, self.wait)

        class Source:
            def makefile(self, mode: str) -> io.BufferedReader:
                del mode
                return io.BufferedReader(timed)

        found = http.client.HTTPResponse(Source(), method="POST")  # type: ignore[arg-type]  # all it uses
        found.begin()
        return found


class ByApi(Calling):
    """Sends one message through a provider's API."""

    def send_by_api(self) -> dict[str, Any]:
        try:
            provider_id = self.deliver_by_api()
        except Failure as failure:
            return self.failed_by_api(failure)
        return {
            "status": "sent",
            "provider_id": provider_id,
            "attempts": self.attempts,
            "refused": [
                {"address": address, "message": self.without_keys(words)}
                for address, words in self.left_out.items()
            ],
        }

    @cached_property
    def left_out(self) -> dict[str, str]:
        """Whom the provider refused while it took the message for others, and its words."""
        return {}

    def leave_out(self, words: str) -> None:
        """Note every recipient whom these words name."""
        for address in self.recipients():
            if re.search(rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)", words):
                self.left_out[address] = words

    def deliver_by_api(self) -> str:
        self.check_api()
        self.recipients()
        self.compose()
        return self.taken(self.ask_api(self.call(self.named_host())))

    # The exchange.

    def named_host(self) -> str:
        base = self.transport.get("base_url")
        if not base:
            return self.api_host()
        parts = urlsplit(str(base))
        if parts.scheme != "https":
            raise invalid("the API's base URL has to begin with https://")
        return parts.netloc

    def real_end(self, host: str) -> tuple[str, int]:
        """Where a host really is: tests put another address in the place of its name."""
        name, _, port = host.partition(":")
        logical = f"{name}:{port or 443}"
        real = self.request.get("connect_to", {}).get(logical, logical)
        real_host, _, real_port = real.rpartition(":")
        return real_host.strip("[]"), int(real_port)

    def ask_api(self, call: Call) -> Response:
        self.attempts += 1
        response = self.exchanged(call)
        if 300 <= response.status < 400:
            return self.redirected(call, response)
        return response

    def redirected(self, call: Call, response: Response) -> Response:
        """The credentials are for nobody else."""
        where = response.headers.get("location", "nowhere")
        words = f"{call.host} redirects to {where}, where the credentials are not taken"
        raise ApiFailure(response, "redirected", words, temporary=False)

    def exchanged(self, call: Call) -> Response:
        sock = self.secured(self.dialled(call.host), call.host.partition(":")[0])
        with contextlib.closing(Connection(call.host, sock, self.api_timeout())) as connection:
            try:
                connection.request(call.method, call.path, call.body, self.sent_headers(call))
                return self.read(connection.response())
            except (http.client.HTTPException, OSError, ValueError) as error:
                raise self.interrupted(call.host, error) from None

    def sent_headers(self, call: Call) -> Mapping[str, str]:
        return {**call.headers, "Host": call.host}

    def api_timeout(self) -> float | None:
        return float(self.request["timeout"])

    def dialled(self, host: str) -> socket.socket:
        try:
            return socket.create_connection(self.real_end(host), timeout=self.api_timeout())
        except OSError as error:
            raise self.unreached(host, error) from None

    @staticmethod
    def unreached(host: str, error: OSError) -> Failure:
        words = f"no connection to {host}: {error.strerror or 'time-out'}"
        if isinstance(error, socket.gaierror):
            return Failure("dns", "name-not-found", words)
        class_ = "unreachable"
        if isinstance(error, TimeoutError):
            class_ = "connection-timeout"
        elif isinstance(error, ConnectionRefusedError):
            class_ = "connection-refused"
        elif isinstance(error, ConnectionResetError):
            class_ = "connection-reset"
        return Failure("connect", class_, words, temporary=True)

    def secured(self, sock: socket.socket, name: str) -> ssl.SSLSocket:
        try:
            return self.api_context().wrap_socket(sock, server_hostname=name)
        except OSError as error:
            sock.close()
            raise self.insecure(name, error) from None

    def api_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.request["trust"]["ca_file"])
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.hostname_checks_common_name = False
        context.set_ciphers("DEFAULT:@SECLEVEL=2")
        if not self.transport.get("verify", True):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    @staticmethod
    def insecure(name: str, error: OSError) -> Failure:
        if isinstance(error, ssl.SSLCertVerificationError):
            found = CERTIFICATE.get(error.verify_code, ("certificate-invalid", "is not valid"))
            words = f"the certificate of {name} {found[1]} ({error.verify_message})"
            return Failure("tls", found[0], words, temporary=False)
        if isinstance(error, TimeoutError):
            words = f"{name} was silent in the TLS handshake (time-out)"
            return Failure("tls", "stalled", words, temporary=True)
        reason = getattr(error, "reason", None) or "the connection was closed"
        class_ = "handshake-failed"
        if reason in WEAK:
            class_ = "certificate-unsuitable"
        elif reason in VERSION:
            class_ = "protocol-version"
        return Failure("tls", class_, f"the TLS handshake with {name} failed ({reason})")

    @staticmethod
    def read(response: http.client.HTTPResponse) -> Response:
        body = response.read(_LARGEST + 1)
        if response.length and len(body) <= _LARGEST:
            raise http.client.IncompleteRead(body, response.length)
        headers = {name.lower(): value for name, value in response.getheaders()}
        found = Response(response.status, headers, body)
        if len(body) > _LARGEST:
            raise ApiFailure(
                found, "unexpected-response", "the response has no end", temporary=None
            )
        return found

    def interrupted(self, host: str, error: Exception) -> Failure:
        """The request may be out: nobody knows what became of it."""
        is_http = isinstance(error, http.client.BadStatusLine | http.client.UnknownProtocol)
        if is_http and not isinstance(error, http.client.RemoteDisconnected):
            return Failure("api", "protocol-error", f"{host} does not answer in HTTP")
        words = f"{host} gave no whole answer ({type(error).__name__}); nobody knows the outcome"
        return Failure("api", "outcome-unknown", words)

    # What the response says.

    def taken(self, response: Response) -> str:
        """The provider's id, where the response is the provider's word that it took the message."""
        found: str = getattr(self, f"taken_{self.provider}")(response)
        return found

    def taken_sendgrid(self, response: Response) -> str:
        if response.status == 202:
            return response.headers.get("x-message-id", "")
        self.check_refused(response)
        errors = self.dicts(response.member("errors"))
        words = "; ".join(str(error.get("message") or "") for error in errors)
        credits_gone = "credits exceeded" in words.lower()
        raise self.refused_by_api(response, words, "quota-exceeded" if credits_gone else None)

    def taken_sparkpost(self, response: Response) -> str:
        results = response.member("results")
        if response.status == 200 and isinstance(results, dict) and results.get("id"):
            if results.get("total_accepted_recipients") != 0:
                for error in self.dicts(results.get("rcpt_to_errors")):
                    self.leave_out(str(error.get("description") or ""))
                return str(results["id"])
            words = "every recipient was rejected"
            raise self.refused_by_api(response, words, "recipient-refused")
        self.check_refused(response)
        errors = self.dicts(response.member("errors"))
        words = "; ".join(
            f"{error.get('message') or ''}: {error.get('description') or ''}" for error in errors
        )
        code = next((str(error["code"]) for error in errors if error.get("code")), None)
        raise self.refused_by_api(response, words, code=code)

    def taken_mailgun(self, response: Response) -> str:
        if response.status == 200 and response.member("id"):
            return str(response.member("id"))
        self.check_refused(response)
        raise self.refused_by_api(response, str(response.member("message") or ""))

    def taken_postmark(self, response: Response) -> str:
        code = response.member("ErrorCode")
        if response.status == 200 and code == 0 and response.member("MessageID"):
            self.leave_out(str(response.member("Message") or ""))
            return str(response.member("MessageID"))
        if not code:
            self.check_refused(response)
        words, class_ = str(response.member("Message") or ""), None
        if isinstance(code, int):
            class_ = _POSTMARK.get(code)
        raise self.refused_by_api(response, words, class_, code=code)

    def taken_mandrill(self, response: Response) -> str:
        """200 with an item a recipient; `rejected` and `invalid` are no."""
        if response.status != 200:
            self.check_refused(response)
            name = str(response.member("name") or "")
            words = f"{name}: {response.member('message') or ''}" if name else ""
            raise self.refused_by_api(response, words, _MANDRILL.get(name), code=name or None)
        items = self.dicts(response.document)
        taken = [item for item in items if self.is_taken_by_mandrill(item)]
        words = "; ".join(map(self.said_by_mandrill, items))
        if taken:
            for item in items:
                if item not in taken:
                    self.left_out[str(item.get("email"))] = self.said_by_mandrill(item)
            return str(taken[0].get("_id") or "")
        if not items:
            raise self.unexpected(response)
        reason = str(items[0].get("reject_reason") or "") or None
        raise self.refused_by_api(response, words, "message-refused", code=reason)

    @staticmethod
    def said_by_mandrill(item: Mapping[str, Any]) -> str:
        return f"{item.get('status')}: {item.get('reject_reason') or 'no reason'}"

    def is_taken_by_mandrill(self, item: Mapping[str, Any]) -> bool:
        return item.get("status") in {"sent", "queued", "scheduled"}

    def taken_ses(self, response: Response) -> str:
        found = response.member("MessageId") or response.element("MessageId")
        if response.status == 200 and found:
            return str(found)
        self.check_refused(response)
        code, words = self.ses_code(response), self.ses_words(response)
        class_ = self.ses_class(response, code, words)
        raise self.refused_by_api(response, f"{code}: {words}" if code else "", class_, code=code)

    def ses_code(self, response: Response) -> str:
        """The code of version 1's XML, or the exception that version 2 names in a header."""
        code = response.element("Code")
        if response.document is not None:
            code = response.headers.get("x-amzn-errortype") or str(response.member("__type") or "")
        return code.partition(":")[0].rpartition("#")[2]

    def ses_words(self, response: Response) -> str:
        if response.document is not None:
            return str(response.member("message") or response.member("Message") or "")
        return response.element("Message")

    def ses_class(self, response: Response, code: str, words: str) -> str | None:
        """The class of a refusal; None where the code is not known, and the status decides."""
        del response
        return "quota-exceeded" if "quota exceeded" in words.lower() else _SES.get(code)

    @staticmethod
    def dicts(items: Any) -> list[Mapping[str, Any]]:
        return [i for i in items if isinstance(i, dict)] if isinstance(items, list) else []

    def check_refused(self, response: Response) -> None:
        """2xx without the provider's own word that it took the message is somebody else's."""
        if response.status < 300:
            raise self.unexpected(response)

    @staticmethod
    def unexpected(response: Response) -> ApiFailure:
        words = f"HTTP {response.status} with what is no answer of the provider: {response.text}"
        return ApiFailure(response, "unexpected-response", words, temporary=None)

    def refused_by_api(
        self,
        response: Response,
        words: str,
        class_: str | None = None,
        *,
        code: str | int | None = None,
    ) -> ApiFailure:
        said = self.vendor_words(response, words)
        class_ = class_ or self.class_of(response.status)
        words = f"{self.provider} refused the message (HTTP {response.status}): {said}"
        temporary = self.may_pass(response.status, class_)
        return ApiFailure(response, class_, words, temporary=temporary, code=code)

    def vendor_words(self, response: Response, words: str) -> str:
        return words.strip("; :") or response.text or "no reason given"

    def class_of(self, status: int) -> str:
        return _CLASSES.get(status, "server-error" if status >= 500 else "invalid-request")

    def may_pass(self, status: int, class_: str) -> bool:
        return class_ in _PASSING

    def failed_by_api(self, failure: Failure) -> dict[str, Any]:
        error = {
            "phase": failure.phase,
            "class": failure.class_,
            "temporary": failure.temporary,
            "message": self.without_keys(failure.words),
            "http_status": getattr(failure, "status", None),
            "provider_code": getattr(failure, "code", None),
        }
        said = {key: value for key, value in error.items() if value is not None}
        return {"status": "failed", "attempts": self.attempts, "error": said}

    def without_keys(self, text: str) -> str:
        """The text without credentials and control characters."""
        for name, value in self.transport["credentials"].items():
            for form in {value, quote(value, safe="")}:
                if name != "access_key_id" and len(form) > 3:
                    text = text.replace(form, "[secret]")
        return "".join(c if c.isprintable() else " " for c in text)
