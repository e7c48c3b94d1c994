"""A fake of a provider's API in a process of its own: PROVIDER and its account in JSON.

Prints the port, then runs until its standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import sys

from harness.fakes.api_fake import ApiFake


async def main(provider: str, credentials: str, account: str) -> None:
    fake: ApiFake = ApiFake(
        provider, credentials=json.loads(credentials), account=json.loads(account), secure=False
    )
    async with fake.serve():
        print(fake.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


asyncio.run(main(*sys.argv[1:]))
