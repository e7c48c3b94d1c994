"""Taking message bodies: what comes behind 354, read, recorded, and interrupted by faults."""

from __future__ import annotations

from collections.abc import Callable

from ..connection import Connection
from ..fault_injector import FaultInjector
from ..faults import Stage
from ..transcript import Body, Received
from .body import BodyReader
from .input_buffer import InputBuffer


class BodyReceiver:
    """The bodies of one connection; `size_limit` gives that of `BodyReader`."""

    def __init__(
        self,
        *,
        connection: Connection,
        injector: FaultInjector,
        input_buffer: InputBuffer,
        size_limit: Callable[[], int],
    ) -> None:
        self._connection = connection
        self._injector = injector
        self._input = input_buffer
        self._size_limit = size_limit
        self._body: BodyReader | None = None

    @property
    def is_taking(self) -> bool:
        """Whether a body is being read."""
        return self._body is not None

    async def take(self) -> BodyReader | None:
        """Read a body to its end; None when a fault has ended the connection before."""
        body = self._body = BodyReader(size_limit=self._size_limit())
        ahead = len(self._input)
        # The body is in the record once, as a whole, and not in segments beside that.
        self._connection.records_segments = False
        try:
            while not body.complete and not self._connection.closing:
                octet = self._injector.next_octet(after=body.octets)
                await self._input.read_body(body, until=octet)
                if not body.complete:
                    await self._injector.fault(Stage.BODY, body.octets)
        finally:
            self._connection.records_segments = True
        self.cut()
        self._record_what_followed(unrecorded=len(self._input) - max(0, ahead - body.octets))
        return body if body.complete else None

    def cut(self) -> None:
        """No more of it will come: record what there is of a body."""
        body, self._body = self._body, None
        if body is not None:
            self._connection.record(
                Body(data=body.data, secure=self._connection.secure, complete=body.complete)
            )

    def _record_what_followed(self, *, unrecorded: int) -> None:
        """Record octets that came behind the body in one segment with it."""
        if unrecorded > 0:
            data = self._input.last(unrecorded)
            self._connection.record(Received(data=data, secure=self._connection.secure))
