"""Whether each octet that came in is in the record."""

from __future__ import annotations

from harness.fakes.transcript import Body, Received, Transcript


def is_accounted_for(taken: bytes, transcript: Transcript) -> bool:
    """Whether segments and bodies of a session in clear, end to end, are what came in.

    A body stands in the record once, as a whole. What of it came ahead of the reply to DATA is in a
    segment, too: so a body may begin before the end of what is covered already.
    """
    ends = {0}
    for event in transcript:
        match event.fact:
            case Received(data=data):
                ends = {end + len(data) for end in ends if taken.startswith(data, end)}
            case Body(data=data, complete=complete):
                whole = data + b".\r\n" if complete else data
                ends = {
                    max(end, start + len(whole))
                    for end in ends
                    for start in range(end + 1)
                    if taken.startswith(whole, start)
                }
    return len(taken) in ends


def kept(transcript: Transcript) -> int:
    """How many octets of what came in are kept, those that stand there twice counted once more."""
    return sum(len(carried.data) for event in transcript for carried in event.fact.carried)
