"""The fake SMTP server in a process of its own: `none` or `starttls`.

Prints the port, then runs until its standard input ends.
"""

from __future__ import annotations

import asyncio
import sys

from harness.fakes import Smtp


async def main(security: str) -> None:
    fake = Smtp(security=security, auth={"offer": "never"})
    async with fake.serve():
        print(fake.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


asyncio.run(main(*sys.argv[1:]))
