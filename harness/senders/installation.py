"""Where a product lives for one case: a folder, free ports, and the program that has to be up."""

from __future__ import annotations

import asyncio
import http.client
import json
import shutil
import signal
import socket
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from harness.errors import SenderError
from harness.leftovers import temporary_folder
from harness.secrets import NO_SECRETS, Secrets

from .capture import words_of
from .filling import Values, filled, filled_text, filled_url
from .http_request import ask_url
from .outcome import NO_OUTPUT, Output
from .process import Process, start_process, within
from .product_calls import CallEndedError, Caller, usable_url, words_filled
from .product_words import Service, SettingsFiles
from .threads import in_thread

_LOOK = 0.05
_ENDING = 10.0


class StartError(Exception):
    """The program that has to be up did not come up; `output` is what it wrote."""

    def __init__(self, why: str, output: Output) -> None:
        super().__init__(why)
        self.output = output


class Prepared:
    """The folder that each case gets a copy of, filled once."""

    def __init__(self, service: Service | None) -> None:
        self._service = service
        self._stack = ExitStack()
        self._folder: Path | None = None

    async def fill(self, values: Values, environment: Mapping[str, str]) -> None:
        """Run the commands that fill it."""
        if self._service is None or not self._service.prepare:
            return
        folder = self._stack.enter_context(temporary_folder()) / "state"
        folder.mkdir()
        caller = Caller(
            values={**values, "state": str(folder)},
            environment={**environment, "HARNESS_STATE_DIR": str(folder)},
            limit=10 * self._service.start,
        )
        for command in self._service.prepare:
            try:
                got = await caller.run(command)
            except CallEndedError as problem:
                raise SenderError(f"prepare: {command}: {problem}") from problem
            if not got.well:
                raise SenderError(f"prepare: {command}: {got.words}")
        self._folder = folder

    async def copy_to(self, folder: Path) -> None:
        """Fill a folder that is to be a case's own."""
        if self._folder is not None:
            await in_thread(_copy, self._folder, folder)

    def close(self) -> None:
        """Remove it."""
        self._stack.close()


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, dirs_exist_ok=True)


class Installation:
    """A product's folder and ports, its settings as they are written, and its program."""

    def __init__(
        self,
        service: Service | None,
        prepared: Prepared,
        *,
        names: Iterable[str],
        environment: Mapping[str, str],
        given: Mapping[str, str],
    ) -> None:
        self._service = service
        self._prepared = prepared
        self._names = tuple(name for name in names if name.startswith("port:"))
        self._environment = environment
        self._given = given
        self._stack = ExitStack()
        self._process: Process | None = None
        self._written: dict[Path, bytes] = {}
        self._values: dict[str, Any] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """That of every program of the case."""
        return {**self._environment, "HARNESS_STATE_DIR": str((self._values or {})["state"])}

    async def values(self) -> dict[str, Any]:
        """What stays the same as long as the case: the folder, the ports, the environment."""
        if self._values is None:
            folder = self._stack.enter_context(temporary_folder()) / "state"
            folder.mkdir()
            ports = dict(zip(self._names, _free_ports(len(self._names)), strict=True))
            environment = {f"${name}": value for name, value in self._given.items()}
            values = {**environment, **ports, "state": str(folder)}
            await self._prepared.copy_to(folder)
            self._values = values
        return self._values

    @property
    def is_configured(self) -> bool:
        """Whether settings were written."""
        return bool(self._written)

    async def configure(self, files: SettingsFiles, caller: Caller) -> None:
        """Write the settings, and have the product read them, where they are others than before."""
        content = {
            Path(filled_text(path, caller.values)): _octets(data, caller.values)
            for path, data in files.write.items()
        }
        if content == self._written:
            return
        for path, octets in content.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(octets)
        self._written = content
        if files.then is not None:
            got = await caller.run(files.then)
            if not got.well:
                self._written = {}
                raise StartError(got.words, got.output)
            return
        await self.stop(signal.SIGTERM)

    async def up(self, told: Secrets = NO_SECRETS) -> None:
        """Start the program that has to be up, unless it is; `StartError` tells why it is not."""
        if self._service is None or self._service.command is None:
            return
        if self._process is not None and not self._process.exited.done():
            return
        values = await self.values()
        words = words_filled(self._service.command, values)
        self._process = await start_process(words, environment=self.environment, told=told)
        ready = self._service.ready
        if ready is not None:
            await self._wait(self._process, filled_url(ready, values), self._service.start)

    async def _wait(self, process: Process, url: str, limit: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                while not await in_thread(_is_ready, url):
                    if await within(_LOOK, process.exited):
                        break
                else:
                    return
        ended = process.exited.done()
        await process.end()
        output = process.take_output()
        self._process, self._written = None, {}
        why = "it ended" if ended else f"it was not ready within {limit:g} s"
        raise StartError(f"{why}: {words_of(output.stderr or output.stdout, output.told)}", output)

    def take_output(self) -> Output:
        """What the program has written since the last time."""
        return NO_OUTPUT if self._process is None else self._process.take_output()

    def watch_for(self, told: Secrets) -> None:
        """From now on, search for these secrets in what the program writes."""
        if self._process is not None:
            self._process.watch_for(told)

    async def stop(self, number: signal.Signals) -> None:
        """End the program by a signal; what it does not end by itself is killed."""
        process, self._process = self._process, None
        if process is None:
            return
        process.signal_group(number)
        try:
            await within(_ENDING, process.exited)
        finally:
            await process.end()

    async def close(self) -> None:
        """End the program, and remove the folder."""
        try:
            await self.stop(signal.SIGKILL)
        finally:
            self._stack.close()


def _octets(data: Any, values: Values) -> bytes:
    if isinstance(data, str):
        return filled_text(data, values).encode()
    return json.dumps(filled(data, values), indent=2).encode()


def _is_ready(url: str) -> bool:
    try:
        response = ask_url(
            usable_url(url), method="GET", headers={}, body=None, limit=2.0, context=None
        )
    except (OSError, http.client.HTTPException):
        return False
    return 200 <= response.status < 300


def _free_ports(count: int) -> list[int]:
    """Ports of the loopback interface, held until all are found so that no two are the same."""
    with ExitStack() as stack:
        found = []
        for _ in range(count):
            held = stack.enter_context(socket.socket())
            held.bind(("127.0.0.1", 0))
            found.append(held.getsockname()[1])
        return found
