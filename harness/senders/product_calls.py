"""Doing one call of a sender file: a request to a URL, or a command that is run."""

from __future__ import annotations

import http.client
import json
import re
import shlex
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

from harness.errors import UsageError
from harness.secrets import NO_SECRETS, Secrets

from .capture import LONGEST_ANSWER, Ends, words_of
from .exit_status import UNSUPPORTED_STATUS, crashed, unsupported
from .filling import Values, filled, filled_text, filled_url
from .http_request import Responded, ask_url
from .json_object import json_object
from .json_path import parse_path
from .outcome import NO_OUTPUT, Crashed, Hung, NoAnswer, Outcome, Output
from .process import run_to_end
from .product_words import Call
from .threads import in_thread

_NEXT = re.compile(r"""<([^<>]*)>(?=[^,<]*;\s*rel\s*=\s*"?next\b)""", re.IGNORECASE)


class CallEndedError(Exception):
    """A call came to no answer; `outcome` is what that comes to for whoever asked."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.words)
        self.outcome = outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """What a call brought back.

    `status` is that of the response, None for a command; `well` tells whether it is a good one.
    `document` is what it holds as JSON, None where it is none; `words` is all of it as text.
    `next_page` is where the header links to.
    """

    well: bool
    words: str
    document: Any = None
    is_json: bool = False
    status: int | None = None
    next_page: str | None = None
    output: Output = NO_OUTPUT


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Does calls with these values, within `limit` seconds each."""

    values: Values
    environment: Mapping[str, str]
    limit: float
    told: Secrets = NO_SECRETS
    contexts: dict[str, ssl.SSLContext] = field(default_factory=dict, repr=False)

    def knowing(self, more: Values) -> Caller:
        """One that knows more values."""
        return Caller(
            values={**self.values, **more},
            environment=self.environment,
            limit=self.limit,
            told=self.told,
            contexts=self.contexts,
        )

    async def call(self, call: Call) -> Got:
        """Do it. `CallEndedError` tells that there was no answer at all."""
        if call.command is not None:
            return await self._run(call)
        url = filled_url(call.url or "", self.values)
        return await in_thread(self._ask, call, usable_url(url))

    async def kept(self, call: Call) -> Mapping[str, Any]:
        """Do it, and give what it says is to be kept; unless all went well, there is none."""
        got = await self.call(call)
        if not got.well:
            raise CallEndedError(NoAnswer(why=f"{_asked(call)} {_said(got)}", output=got.output))
        found = {name: parse_path(path).find(got.document) for name, path in call.keep.items()}
        missing = [call.keep[name] for name, values in found.items() if not values]
        if missing:
            why = f"{_asked(call)} was answered without {', '.join(missing)}"
            raise CallEndedError(NoAnswer(why=why, output=got.output))
        return {name: values[0] for name, values in found.items()}

    async def pages(self, call: Call, *, most: int) -> AsyncIterator[Got]:
        """The answer to it, and the pages that each links to as the next one."""
        got = await self.call(call)
        yield got
        seen = {got.next_page}
        for _ in range(most - 1):
            if got.next_page is None:
                return
            here = usable_url(filled_url(call.url or "", self.values))
            there = urlsplit(urljoin(here.geturl(), got.next_page))
            if (there.scheme, there.netloc) != (here.scheme, here.netloc):
                why = f"the next page is at another host, {there.hostname}: it is not asked"
                raise CallEndedError(NoAnswer(why=why, output=got.output))
            got = await in_thread(self._ask, call, there)
            yield got
            if got.next_page in seen:
                return
            seen.add(got.next_page)

    async def run(self, command: str) -> Got:
        """Run a command line."""
        return await self._run(Call(command=command))

    async def _run(self, call: Call) -> Got:
        words = words_filled(call.command or "", self.values)
        stdin = None
        if call.body is not None:
            stdin = json.dumps(filled(call.body, self.values)).encode()
        run = await run_to_end(
            words, environment=self.environment, limit=self.limit, stdin=stdin, told=self.told
        )
        status, output = run.exit_status, run.output
        if status is None:
            raise CallEndedError(Hung(limit=self.limit, output=output))
        if status == UNSUPPORTED_STATUS:
            raise CallEndedError(unsupported(output))
        if status < 0:
            raise CallEndedError(crashed(status, output))
        said = output.stderr if status and output.stderr.strip() else output.stdout
        document, is_json = _json(output.stdout)
        return Got(
            well=status == 0,
            words=words_of(said, self.told),
            document=document,
            is_json=is_json,
            output=output,
        )

    def _ask(self, call: Call, url: SplitResult) -> Got:
        headers, body = self._sent(call)
        try:
            response = ask_url(
                url,
                method=call.method or ("GET" if body is None else "POST"),
                headers=headers,
                body=body,
                limit=self.limit,
                context=self._context(url),
            )
        except TimeoutError as problem:
            raise CallEndedError(Hung(limit=self.limit)) from problem
        except (OSError, http.client.HTTPException) as problem:
            how = f"{_asked(call)}: {type(problem).__name__}: {problem}"
            raise CallEndedError(Crashed(how=how)) from problem
        return self._got(call, response)

    def _sent(self, call: Call) -> tuple[dict[str, str], bytes | None]:
        headers = {"Accept": "application/json"}
        body = None
        if call.form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            fields = {key: filled_text(value, self.values) for key, value in call.form.items()}
            body = urlencode(fields).encode()
        elif call.body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(filled(call.body, self.values)).encode()
        own = {key: filled_text(value, self.values) for key, value in call.headers.items()}
        return {**headers, **own}, body

    def _context(self, url: SplitResult) -> ssl.SSLContext | None:
        if url.scheme != "https":
            return None
        return self.contexts.setdefault("https", ssl.create_default_context())

    def _got(self, call: Call, response: Responded) -> Got:
        if len(response.body) > LONGEST_ANSWER:
            why = f"{_asked(call)}: the body is longer than {LONGEST_ANSWER} bytes"
            raise CallEndedError(NoAnswer(why=why))
        kept = Ends(told=self.told)
        kept.feed(response.body)
        document, is_json = _json(response.body)
        link = _NEXT.search(response.headers.get("link", ""))
        return Got(
            well=200 <= response.status < 300 or response.status in call.good,
            words=words_of(response.body, self.told),
            document=document,
            is_json=is_json,
            status=response.status,
            next_page=link[1] if link else None,
            output=Output(
                stdout=kept.content(), truncated=kept.truncated, found=kept.found, told=self.told
            ),
        )


def usable_url(url: str) -> SplitResult:
    """The parts of a URL that can be asked."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError as problem:
        raise UsageError(f"{url}: {problem}") from problem
    if not usable:
        raise UsageError(f"{url}: write http://HOST:PORT/PATH, or https://")
    return parts


def words_filled(command: str, values: Values) -> tuple[str, ...]:
    """The words of a command line, each filled after it was split."""
    try:
        words = shlex.split(command)
    except ValueError as problem:
        raise UsageError(f"{command}: {problem}") from problem
    if not words:
        raise UsageError("a command line names no program")
    return tuple(filled_text(word, values) for word in words)


def _json(octets: bytes) -> tuple[Any, bool]:
    """What octets say as JSON, and whether they do; bounded as `json_object` is."""
    read = json_object(b'{"document":' + octets.strip() + b"}")
    if read is None or read.flaw or list(read.document) != ["document"]:
        return None, False
    return read.document["document"], True


def _asked(call: Call) -> str:
    return call.url or call.command or ""


def _said(got: Got) -> str:
    how = "ended badly" if got.status is None else f"was answered with HTTP status {got.status}"
    return f"{how}: {got.words}" if got.words else how
