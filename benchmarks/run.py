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
import plugins
import smtp

Row = tuple[str, str, str, str]
_HELD = 10_000


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
    what = f"SMTP, memory for each octet of {_HELD:,} letters held"
    holding = {n: smtp.held(c, messages=_HELD) for n, c in smtp.servers("none").items()}
    return rows + _in_terms(what, "octets", holding)


def cpu_rows(folders: list[str]) -> list[Row]:
    """The whole harness, its start included. The aim is 10 ms of processor a case."""
    rows: list[Row] = []
    for folder in folders:
        cases, cpu, wall = harness_cpu.a_case(folder)
        what = f"harness run, {folder}, {cases} cases"
        rows.append((what, "processor a case", f"{cpu:.1f} ms", f"{cpu / 10:.1f} × the aim"))
        rows.append((what, "wall time a case", f"{wall:.1f} ms", ""))
    return rows


def plugin_rows(*, rounds: int) -> list[Row]:
    """The pytest plugin. Its aim is to cost nothing where it is not used."""
    pythons = plugins.prepare()
    users = {name: python for name, python in pythons.items() if name != plugins.ALONE}

    def overhead(name: str) -> Callable[[], float]:
        return lambda: plugins.overhead(pythons[name], name)

    def unused(name: str) -> Callable[[], float]:
        return lambda: plugins.unused(pythons[name])

    tests = medians({name: overhead(name) for name in users}, rounds=rounds)
    starts = medians({name: unused(name) for name in pythons}, rounds=3 * rounds)
    weights = {name: plugins.megabytes(python) for name, python in pythons.items()}
    rows = _in_terms("pytest, processor a test that sends a mail", "ms", tests)
    for what, unit, figures in (
        ("pytest, processor of a start unused, beyond pytest's own", "ms", starts),
        ("pytest, installed beside it", "MB", weights),
    ):
        beyond = {name: figures[name] - figures[plugins.ALONE] for name in users}
        rows += _in_terms(what, unit, beyond)
    return rows


def _in_terms(what: str, unit: str, figures: dict[str, float]) -> list[Row]:
    ours = figures[plugins.OURS]
    # A start costs some peers nothing: there is no ratio to it.
    peers = {name: value for name, value in figures.items() if name != plugins.OURS and value > 1}
    return [
        (what, name, f"{value:.1f} {unit}", _ratios(ours, peers) if name == plugins.OURS else "")
        for name, value in sorted(figures.items(), key=lambda item: item[0] != plugins.OURS)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each measurement")
    parser.add_argument("--folders", nargs="*", default=["starttls", "auth", "tls"])
    parser.add_argument("--only", choices=["http", "smtp", "cpu", "pytest"])
    given = parser.parse_args()
    measured: dict[str, Callable[[], list[Row]]] = {
        "http": lambda: http_rows(rounds=given.rounds, seconds=given.seconds),
        "smtp": lambda: smtp_rows(rounds=given.rounds, seconds=given.seconds),
        "cpu": lambda: cpu_rows(given.folders),
        "pytest": lambda: plugin_rows(rounds=given.rounds),
    }
    rows = [row for name, make in measured.items() if given.only in {None, name} for row in make()]
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}\n")
    print("| what | who | figure | ours in terms of the peers |")
    print("|---|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
