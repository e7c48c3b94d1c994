"""Measure ours and its peers in one run, and print one table: `make bench`.

Rounds are interleaved, and the median of each is shown: ratios hold better than figures, and both
only on a quiet machine. Nothing here is a test.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
from collections.abc import Callable

import harness_cpu
import http_apis
import smtp

Row = tuple[str, str, str, str]


def medians(rates: dict[str, Callable[[], float]], *, rounds: int) -> dict[str, float]:
    """Each one's median over interleaved rounds."""
    seen: dict[str, list[float]] = {name: [] for name in rates}
    for _ in range(rounds):
        for name, measure in rates.items():
            print(f"… {name}", end="    \r", file=sys.stderr, flush=True)
            seen[name].append(measure())
    return {name: statistics.median(values) for name, values in seen.items()}


def _ratios(figure: float, peers: dict[str, float]) -> str:
    return ", ".join(f"{figure / value:.1f} × {name}" for name, value in peers.items())


def http_rows(*, rounds: int, seconds: float) -> list[Row]:
    """The fakes of the APIs."""

    def measuring(name: str, command: list[str]) -> Callable[[], float]:
        return lambda: http_apis.rate(name, command, seconds=seconds)

    servers = http_apis.servers()
    found = medians({n: measuring(n, c) for n, c in servers.items()}, rounds=rounds)
    peers = {name: rate for name, rate in found.items() if name in http_apis.PEER_NAMES}
    return [
        ("HTTP, POST that sends, kept", name, f"{rate:,.0f} /s", _ratios(rate, peers))
        for name, rate in found.items()
        if name not in peers
    ] + [
        ("HTTP, POST that sends, kept", name, f"{rate:,.0f} /s", "") for name, rate in peers.items()
    ]


def smtp_rows(*, rounds: int, seconds: float) -> list[Row]:
    """The SMTP fake."""
    rows: list[Row] = []
    for kind, (security, _) in smtp.KINDS.items():

        def measuring(command: list[str], kind: str = kind) -> Callable[[], float]:
            return lambda: smtp.rate(kind, command, seconds=seconds)

        servers = smtp.servers(security)
        found = medians({n: measuring(c) for n, c in servers.items()}, rounds=rounds)
        peers = {name: rate for name, rate in found.items() if name != smtp.OURS}
        rows.append((kind, "smtp", f"{found[smtp.OURS]:,.0f} /s", _ratios(found[smtp.OURS], peers)))
        rows.extend((kind, name, f"{rate:,.0f} /s", "") for name, rate in peers.items())
    return rows


def cpu_rows(folders: list[str]) -> list[Row]:
    """The whole harness, its start included. The aim is 10 ms of processor a case."""
    rows: list[Row] = []
    for folder in folders:
        cases, cpu, wall = harness_cpu.a_case(folder)
        what = f"harness run, {folder}, {cases} cases"
        rows.append((what, "processor a case", f"{cpu:.1f} ms", f"{cpu / 10:.1f} × the aim"))
        rows.append((what, "wall time a case", f"{wall:.1f} ms", ""))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each measurement")
    parser.add_argument("--folders", nargs="*", default=["starttls", "auth", "tls"])
    given = parser.parse_args()
    rows = [
        *http_rows(rounds=given.rounds, seconds=given.seconds),
        *smtp_rows(rounds=given.rounds, seconds=given.seconds),
        *cpu_rows(given.folders),
    ]
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}\n")
    print("| what | who | figure | ours in terms of the peers |")
    print("|---|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
