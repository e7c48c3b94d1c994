"""A product that has an interface of its own, asked as the `actions` of a sender file say."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from copy import copy
from dataclasses import replace
from typing import Any, Self, TypeAlias

from pydantic import ValidationError

from harness.errors import UsageError
from harness.protocol import Description, SendRequest
from harness.secrets import Secrets

from .base import CaseState, Sender, Surroundings, processors
from .filling import of_request
from .installation import Installation, Prepared, StartError
from .outcome import NO_OUTPUT, Described, Hung, NoAnswer, Outcome, Output, Replied, Unsupported
from .product_answers import (
    LogRead,
    UnreadableError,
    id_of,
    items_of,
    read_log,
    send_answer,
    settings_answer,
)
from .product_calls import CallEndedError, Caller, Got
from .product_limits import unsaid, unsayable
from .product_words import (
    LogCall,
    SendCall,
    Service,
    SettingsCall,
    SettingsFiles,
    placeholders_in,
)
from .program import secrets_told

# How long a product may take to note an attempt behind the state that it led to.
_SETTLING = 0.5

Asked: TypeAlias = SendCall | SettingsCall | SettingsFiles | LogCall


class ProductSender(Sender):
    """Asks a product by the calls of a sender file.

    Each case has a folder, ports and a program of its own. `actions` are calls by the name of
    their action.
    """

    def __init__(
        self,
        name: str,
        actions: Mapping[str, Asked],
        service: Service | None,
        surroundings: Surroundings,
    ) -> None:
        super().__init__(name)
        self._actions = actions
        self._service = service
        self._names = placeholders_in(*actions.values(), service)
        self._environment = surroundings.for_program()
        self._given = {**surroundings.environment, **surroundings.additions}
        self._prepared = Prepared(service)
        self._installed = self._new_installation()
        self._told = Secrets({})
        # What is up already is one for all.
        self.default_jobs = processors() if service is not None else 1
        self.features = surroundings.declared or frozenset()
        missing = sorted(
            each[1:] for each in self._names if each.startswith("$") and each[1:] not in self._given
        )
        if missing:
            raise UsageError(
                f"{name}: the environment lacks what the file asks for: {', '.join(missing)}"
            )

    def _new_installation(self) -> Installation:
        return Installation(
            self._service,
            self._prepared,
            names=sorted(self._names),
            environment=self._environment,
            given=self._given,
        )

    async def start(self) -> None:
        """Fill the folder that each case gets a copy of."""
        given = {f"${name}": value for name, value in self._given.items()}
        await self._prepared.fill(given, self._environment)

    async def close(self) -> None:
        """End its program, and remove its folders."""
        await self._installed.close()
        self._prepared.close()

    async def restart(self, *, signal_number: signal.Signals = signal.SIGTERM) -> None:
        """End its program by that signal; the next request starts it again."""
        await self._installed.stop(signal_number)

    @asynccontextmanager
    async def for_case(self, state: CaseState | None = None) -> AsyncIterator[Self]:
        """An installation with nothing in it, unless the product is one that is there already."""
        del state
        bound = copy(self)
        bound.has_own_state = self._service is not None
        bound._installed = self._new_installation()  # noqa: SLF001  # a copy of ourselves
        try:
            yield bound
        finally:
            await bound._installed.close()  # noqa: SLF001  # as above

    async def describe(self, limit: float) -> Outcome:
        """Its features, which stand in the file."""
        del limit
        features = tuple(sorted(self.features))
        return Described(
            document={"name": self.name, "features": list(features)},
            description=Description(name=self.name, features=features),
        )

    async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        """Ask it what `document` asks for."""
        call = self._actions.get(str(document.get("action")))
        if call is None:
            reason = f"the file has no action {document.get('action')}"
            return Unsupported(reason=reason, by_adapter=True)
        # What it was once told it may say at any time later.
        told = secrets_told(document)
        self._told = told if told.values else self._told
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                return await self._asked(call, document, limit)
        return Hung(limit=limit, output=self._installed.take_output())

    async def _asked(self, call: Asked, document: Mapping[str, Any], limit: float) -> Outcome:
        installed = self._installed
        values = {**of_request(document), **await installed.values()}
        caller = Caller(
            values=values, environment=installed.environment, limit=limit, told=self._told
        )
        try:
            match call:
                case SendCall():
                    return await self._send(call, document, caller)
                case LogCall():
                    return await self._log(call, caller)
                case SettingsFiles():
                    return await self._write(call, caller)
                case SettingsCall():
                    return await self._settings(call, caller)
        except CallEndedError as problem:
            return problem.outcome
        except UnreadableError as problem:
            return NoAnswer(why=str(problem), output=installed.take_output())
        except StartError as problem:
            return NoAnswer(why=str(problem), output=problem.output)

    @property
    def _is_asleep(self) -> bool:
        """Whether its program cannot be up, because nobody has written its settings yet."""
        by_file = isinstance(self._actions.get("configure"), SettingsFiles)
        return self._service is not None and by_file and not self._installed.is_configured

    async def _stored(self, caller: Caller) -> Replied:
        """Store the settings of a send, where the file says how; else the call itself has them."""
        settings = self._actions.get("configure")
        if isinstance(settings, SettingsFiles):
            return await self._write(settings, caller)
        if isinstance(settings, SettingsCall):
            return await self._settings(settings, caller)
        return Replied(document={"status": "stored"})

    async def _settings(self, call: SettingsCall, caller: Caller) -> Replied:
        if self._is_asleep:
            return Replied(document={"status": "stored", "settings": None})
        await self._installed.up(self._told)
        got = await caller.call(call)
        return self._replied(settings_answer(call, got), got.output)

    async def _write(self, files: SettingsFiles, caller: Caller) -> Replied:
        try:
            await self._installed.configure(files, caller)
            await self._installed.up(self._told)
        except StartError as problem:
            words = str(problem)
            refused = {"status": "refused", "reason": words, "error": {"message": words}}
            return Replied(document=refused, output=problem.output)
        return self._replied({"status": "stored"})

    async def _send(self, call: SendCall, document: Mapping[str, Any], caller: Caller) -> Outcome:
        complaints: tuple[str, ...] = ()
        if document.get("action") == "send":
            request = _request(document)
            if isinstance(request, str):
                return Unsupported(reason=request, by_adapter=True)
            reasons = unsayable(request, names=self._names, features=self.features)
            if reasons:
                return Unsupported(reason="; ".join(reasons), by_adapter=True)
            complaints = unsaid(names=self._names)
            if request.transport is not None:
                stored = await self._stored(caller)
                if stored.document["status"] == "refused":
                    failed = {"status": "failed", "error": stored.document["error"]}
                    return replace(stored, document=failed)
        if self._is_asleep:
            error = {"phase": "config", "message": "no settings are stored"}
            return Replied(document={"status": "failed", "error": error})
        await self._installed.up(self._told)
        for each in call.first:
            caller = caller.knowing(await caller.kept(each))
        got = await caller.call(call)
        return replace(self._replied(send_answer(call, got), got.output), complaints=complaints)

    async def _log(self, call: LogCall, caller: Caller) -> Outcome:
        if self._is_asleep:
            return Replied(document={"deliveries": []})
        await self._installed.up(self._told)
        read, output = await _read(call, caller)
        if read.is_unfinished:
            await asyncio.sleep(_SETTLING)
            read, output = await _read(call, caller)
        return replace(self._replied(read.document, output), complaints=read.complaints)

    def _replied(self, document: dict[str, Any], output: Output = NO_OUTPUT) -> Replied:
        self._installed.watch_for(self._told)
        wrote = self._installed.take_output()
        return Replied(
            document=document,
            output=replace(
                output,
                stdout=output.stdout + wrote.stdout,
                stderr=output.stderr + wrote.stderr,
                truncated=output.truncated or wrote.truncated,
                found=tuple(dict.fromkeys((*output.found, *wrote.found))),
            ),
        )


async def _read(call: LogCall, caller: Caller) -> tuple[LogRead, Output]:
    """All pages of a log, each entry with what is asked for it; and what the last page was."""
    items: list[Any] = []
    output = NO_OUTPUT
    async for got in caller.pages(call, most=call.most_pages):
        if not got.well:
            why = f"the delivery log was not given: {got.words}"
            raise CallEndedError(NoAnswer(why=why, output=got.output))
        items += items_of(call, got)
        output = got.output
    if call.each is not None:
        items = [
            (await _detail(call, item, number, caller)).document
            for number, item in enumerate(items, 1)
        ]
    return read_log(call, items), output


async def _detail(call: LogCall, item: Any, number: int, caller: Caller) -> Got:
    assert call.each is not None
    got = await caller.knowing({"id": id_of(call, item, number)}).call(call.each)
    if not got.well or not got.is_json:
        why = f"entry {number} of the delivery log cannot be read: {got.words}"
        raise CallEndedError(NoAnswer(why=why, output=got.output))
    return got


def _request(document: Mapping[str, Any]) -> SendRequest | str:
    try:
        return SendRequest.model_validate(document)
    except ValidationError as problem:
        return f"this is no request to send: {problem.errors()[0]['msg']}"
