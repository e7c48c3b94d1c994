"""The pytest plugin: running fakes and whole runs as fixtures.

Every pytest in an environment loads this module, so it imports nothing of ours but `names` before a
fixture is used, and it takes the name `harness` out of `sys.modules` again: many a test folder has
a `harness.py` of its own, which has to go on working. Where such a module stands in the way when a
fixture is used, ours is imported beside it, and each keeps its own name for its own code.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .names import HOME, MAILPIT, NAME, Names, leave_the_name
from .scenario_files import SenderHook, add_scenario_keys, collect_scenarios, named_sender

if TYPE_CHECKING:
    from harness.embedding import RunReport
    from harness.testing.fixtures import FakeFactory, FakeFixture

    from .fakes_in_use import FakesInUse

_SMTP = "smtp"
_KINDS = (
    _SMTP,
    # Found as the registry of providers finds them, which is not to be imported here.
    *sorted(place.parent.name for place in (HOME / "fakes" / "providers").glob("*/vendor.py")),
)
_LEFTOVERS = {
    "broken_fake": ("fail", "where a fake broke: whatever the test saw proves nothing"),
    "unused_fault": ("fail", "where a fault never acted: what the test is about never happened"),
    "unseen_mail": ("ignore", "where nobody looked at the mail that a fake took"),
}
_VERDICTS = ("fail", "warn", "ignore")
_IN_USE = pytest.StashKey["FakesInUse"]()


class LeftoverWarning(UserWarning):
    """Something that a test left behind, and was told to be warned of."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--harness-sender`, and the ini keys."""
    group = parser.getgroup(NAME, "harness: conformance of software that sends email")
    group.addoption(
        "--harness-sender",
        metavar="SPEC",
        help="the sender that harness_run drives unless told otherwise (default: the ini key "
        "harness_sender, else `reference`)",
    )
    group.addoption(
        "--harness-mailpit",
        metavar="auto|docker|URL",
        help="put a copy of all mail that fakes and scenario items take into Mailpit "
        "(default: the ini key harness_mailpit, else none)",
    )
    parser.addini("harness_mailpit", "the Mailpit that shows all mail: auto, docker or its URL")
    parser.addini("harness_sender", "the sender that harness_run drives (default: `reference`)")
    parser.addini(
        "harness_documents",
        "files with requirements of your own, which scenarios run by harness_run can verify",
        type="paths",
        default=[],
    )
    add_scenario_keys(parser)
    for name, (default, when) in _LEFTOVERS.items():
        choices = ", ".join(_VERDICTS)
        parser.addini(
            f"harness_{name}",
            f"what becomes of a test {when}: {choices} (default: {default})",
            default=default,
        )


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Let a conftest.py name the sender."""
    pluginmanager.add_hookspecs(SenderHook)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Leave the name `harness` to whoever imports it next; what the ini file says makes sense."""
    leave_the_name()
    for name in _LEFTOVERS:
        _verdict(config, f"harness_{name}")
    if word := config.getoption("--harness-mailpit") or config.getini("harness_mailpit"):
        from .mail_in_mailpit import MailInMailpit  # noqa: PLC0415  # only where used

        shown = MailInMailpit(config, word, fakes=lambda: config.stash.get(_IN_USE, None))
        config.pluginmanager.register(shown, MAILPIT)
    collect_scenarios(config)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Show a test nothing of what came to fakes of wider scope before it."""
    in_use = item.config.stash.get(_IN_USE, None)
    if in_use is not None:
        in_use.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Look at what a test leaves behind, where it would pass otherwise."""
    returned = yield
    in_use = item.config.stash.get(_IN_USE, None)
    if in_use is not None:
        _hold_against(item, dict(in_use.leftovers()))
    return returned


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Attach the conversation of each fake to a test that failed."""
    report = yield
    in_use = item.config.stash.get(_IN_USE, None)
    if in_use is not None and report.failed and report.when != "teardown":
        report.sections += in_use.sections()
    return report


def _hold_against(item: pytest.Item, found: Mapping[str, str]) -> None:
    __tracebackhide__ = True
    failing = []
    for name, what in found.items():
        key = f"harness_{name}"
        verdict = _verdict(item.config, key)
        said = f"{what}\n(ini key {key} = {verdict}; it may be {', '.join(_VERDICTS)})"
        if verdict == "warn":
            item.warn(LeftoverWarning(said))
        elif verdict == "fail":
            failing.append(said)
    if failing:
        pytest.fail("\n".join(failing), pytrace=False)


def _verdict(config: pytest.Config, key: str) -> str:
    given = str(config.getini(key)).strip()
    if given not in _VERDICTS:
        raise pytest.UsageError(f"{key}: {given!r} (choose from {', '.join(_VERDICTS)})")
    return given


@pytest.fixture(scope="session")
def _harness_in_use(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FakesInUse]:
    """Starts the fakes of a session, and knows those that run."""
    from .fakes_in_use import FakesInUse  # noqa: PLC0415  # nobody needs it unless a fake is used

    in_use = FakesInUse(Names(), tmp_path_factory.mktemp("harness-trust"))
    pytestconfig.stash[_IN_USE] = in_use
    yield in_use
    del pytestconfig.stash[_IN_USE]


@pytest.fixture(scope="session")
def harness_trust(_harness_in_use: FakesInUse) -> Any:
    """The session's trust anchor: `ca_file` (PEM), `ca_pkcs12` and `ca_pkcs12_password` (Java)."""
    return _harness_in_use.trust


def _factory_of(scope: Any, name: str) -> Any:
    """The fixture that starts fakes which run as long as a scope."""

    def factory(_harness_in_use: FakesInUse) -> Iterator[FakeFactory]:
        with _harness_in_use.starting(scope) as start:
            yield _harness_in_use.ours("harness.testing.fixtures").FakeFactory(start)

    factory.__doc__ = f"""Starts fakes that run until the {scope} ends.

    `{name}.smtp(security="none")`, or a provider's name with `(account={{...}})`, with the words
    of that fake's class in `harness.fakes`. Before each test a fake that runs longer than it is
    cleared: its messages, requests and record, and what a test has changed of it.
    """
    return pytest.fixture(name=name, scope=scope)(factory)


harness_fakes = _factory_of("function", "harness_fakes")
harness_fakes_module = _factory_of("module", "harness_fakes_module")
harness_fakes_session = _factory_of("session", "harness_fakes_session")


def _words_of(kind: str) -> Any:
    """The fixture with the words of a default fake."""

    def words() -> Mapping[str, Any]:
        return {}

    words.__doc__ = f"The words that `harness_{kind}` is made with; override it."
    return pytest.fixture(name=f"harness_{kind}_words", scope="session")(words)


def _fixture_of(kind: str) -> Any:
    """The fixture of a kind of fake, of which nothing but the name is known as yet."""

    def fake(request: pytest.FixtureRequest, _harness_in_use: FakesInUse) -> Iterator[FakeFixture]:
        words = request.getfixturevalue(f"harness_{kind}_words")
        with _harness_in_use.starting("function") as start:
            yield _harness_in_use.ours("harness.testing.fixtures").FakeFixture(kind, words, start)

    fake.__doc__ = _ABOUT_SMTP if kind == _SMTP else _ABOUT_API.format(kind=kind)
    return pytest.fixture(name=f"harness_{kind}")(fake)


_ABOUT_SMTP = """A running fake SMTP server, and a maker of more.

    `harness_smtp.host`, `.port`, `.username`, `.password`, `.ca_file`, `.messages`, `.wait_for(…)`
    and `.transcript` are those of a server in its default state (or the one that the fixture
    `harness_smtp_words` says). `harness_smtp(security="tls", certificate="expired")` starts another
    in the state that the words say, which are those of `harness.fakes.Smtp`. All end with the test.
    """
_ABOUT_API = """A running fake of the provider `{kind}`, and a maker of more.

    `harness_{kind}.base_url`, `.credentials`, `.ca_file`, `.messages`, `.wait_for(…)`, `.requests`,
    `.transcript`, `.account` (which can be set) and `.smtp` (its SMTP service) are those of a
    fake in its default state (or the one that the fixture `harness_{kind}_words` says), in which no
    sender address is verified. `harness_{kind}(account={{...}})` starts another in the state that
    the words say, which are those of the vendor's class in `harness.fakes`. All end with the test.
    """

globals().update((f"harness_{kind}_words", _words_of(kind)) for kind in _KINDS)
globals().update((f"harness_{kind}", _fixture_of(kind)) for kind in _KINDS)


@pytest.fixture
def harness_run(request: pytest.FixtureRequest) -> Callable[..., RunReport]:
    """Run scenarios: `harness_run("tls/**", sender=…)` returns a report and raises nothing.

    The globs select cases by id; none means all. `sender` is a SPEC or a function, plain or
    `async`, from request to answer: with `jobs=1` it is called in the test's own thread, where its
    database connections are, else in threads beside; None is the one that `--harness-sender`, the
    hook `pytest_harness_sender` or the ini key names. `paths`, `jobs`, `seed`, `time_scale`,
    `strict`, `baseline`, `evidence` and `report` are as for `harness run`. `documents` are files
    with requirements of your own, beside those of the ini key `harness_documents`. The report's
    `assert_passed()` fails the test and shows why.
    """
    names = Names()
    config = request.config
    mailpit: Any = config.pluginmanager.get_plugin(MAILPIT)

    def run(
        *globs: str,
        sender: Any = None,
        paths: Sequence[str] = (),
        documents: Sequence[str | Path] = (),
        **options: Any,
    ) -> RunReport:
        with names.ours(), contextlib.ExitStack() as stack:
            if mailpit is not None:
                options.setdefault("mirror", stack.enter_context(mailpit.mirror()))
            report: RunReport = importlib.import_module("harness.embedding").run(
                globs,
                sender=sender if sender is not None else named_sender(request.node),
                paths=paths,
                documents=[*config.getini("harness_documents"), *documents],
                **options,
            )
        return report

    return run
