"""The pytest plugin: running fakes and whole runs as fixtures.

Every pytest in an environment loads this module, so it imports nothing of ours before a fixture
is used, and it takes the name `harness` out of `sys.modules` again: many a test folder has a
`harness.py` of its own, which has to go on working. Where such a module stands in the way when a
fixture is used, ours is imported beside it, and each keeps its own name for its own code.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.embedding import RunReport

_NAME = "harness"
_SMTP = "smtp"
_HOME = Path(__file__).resolve().parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--harness-sender`, and the ini key of that meaning."""
    group = parser.getgroup(_NAME, "harness: conformance of software that sends email")
    group.addoption(
        "--harness-sender",
        metavar="SPEC",
        help="the sender that harness_run drives unless told otherwise (default: the ini key "
        "harness_sender, else `reference`)",
    )
    parser.addini("harness_sender", "the sender that harness_run drives (default: `reference`)")
    parser.addini(
        "harness_documents",
        "files with requirements of your own, which scenarios run by harness_run can verify",
        type="paths",
        default=[],
    )
    parser.addini(
        "harness_scenarios",
        "files and folders of scenarios to collect as items, below the root directory or bundled",
        type="args",
        default=[],
    )
    parser.addini("harness_baseline", "the file with the failures of items that are expected")
    parser.addini("harness_strict", "a failed SHOULD fails its item", type="bool", default=False)
    parser.addini("harness_time_scale", "stretches every time-out and delay of items", default="1")


class _Hooks:
    """What a conftest.py can say to the harness."""

    @staticmethod
    @pytest.hookspec(firstresult=True)
    def pytest_harness_sender(config: pytest.Config) -> Any:
        """Return the sender that scenario files in this folder are put to.

        A SPEC, or a function from request document to answer document, plain or `async`, which is
        called in the thread that runs the tests.
        """


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Let a conftest.py name the sender."""
    pluginmanager.add_hookspecs(_Hooks)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Leave the name `harness` to whoever imports it next, and see to scenario files."""
    _leave_the_name()
    config.addinivalue_line("markers", "harness_scenario: every case of a scenario file")
    if config.getini("harness_scenarios"):
        _collect_scenarios(config)


def _collect_scenarios(config: pytest.Config) -> None:
    names = _Names(is_guest=True)
    with names.ours():
        scenarios = importlib.import_module("harness.pytest_scenarios")
        usage_error = importlib.import_module("harness.errors").UsageError
        try:
            plugin = scenarios.ScenarioItems(config, names.ours)
            plugin.take_arguments()
        except usage_error as error:
            raise pytest.UsageError(str(error)) from None
    config.pluginmanager.register(plugin, "harness_scenario_items")


def _leave_the_name() -> None:
    ours = sys.modules.get(_NAME)
    loaded = [name for name in sys.modules if name.startswith(f"{_NAME}.")]
    if ours is not None and _is_ours(ours) and loaded == [__name__]:
        del sys.modules[_NAME]


@pytest.fixture(scope="session")
def _harness_names() -> _Names:
    """How the other fixtures import the harness."""
    return _Names()


@pytest.fixture(scope="session")
def _harness_authority(
    _harness_names: _Names, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, Any]:
    """The authority that all fakes of a session issue from, and its files."""
    with _harness_names.ours():
        authority = importlib.import_module("harness.fakes.tls").Authority.create()
        return authority, authority.write(tmp_path_factory.mktemp("harness-trust"))


@pytest.fixture(scope="session")
def harness_trust(_harness_authority: tuple[Any, Any]) -> Any:
    """The session's trust anchor: `ca_file` (PEM), `ca_pkcs12` and `ca_pkcs12_password` (Java)."""
    return _harness_authority[1]


@pytest.fixture
def _harness_fakes(
    _harness_names: _Names, _harness_authority: tuple[Any, Any]
) -> Iterator[Callable[[str], _Fakes]]:
    """Makes a default server and a maker of more: `smtp`, or of a provider."""
    with contextlib.ExitStack() as stack:
        yield lambda kind: _Fakes(kind, _harness_names, _harness_authority, stack)


@pytest.fixture
def harness_smtp(_harness_fakes: Callable[[str], _Fakes]) -> _Fakes:
    """A running fake SMTP server, and a maker of more.

    `harness_smtp.host`, `.port`, `.username`, `.password`, `.ca_file`, `.messages` and
    `.transcript` are those of a server in its default state. `harness_smtp(security="tls",
    certificate="expired")` starts another in the state that the words say, which are those of
    `harness.fakes.Smtp`. All of them end with the test.
    """
    return _harness_fakes(_SMTP)


def _fixture_of(name: str) -> Any:
    """The fixture of a provider, of which nothing but the name is known as yet."""

    def fake(_harness_fakes: Callable[[str], _Fakes]) -> _Fakes:
        return _harness_fakes(name)

    fake.__doc__ = f"""A running fake of the provider `{name}`, and a maker of more.

    `harness_{name}.base_url`, `.credentials`, `.ca_file`, `.messages`, `.requests`,
    `.transcript`, `.account` (which can be set) and `.smtp` (its SMTP service) are those of a
    fake in its default state, in which no sender address is verified.
    `harness_{name}(account={{...}})` starts another in the state that the words say, which are
    those of the vendor's class in `harness.fakes`. All of them end with the test.
    """
    return pytest.fixture(name=f"harness_{name}")(fake)


# Found as the registry of providers finds them, which is not to be imported here.
globals().update(
    (f"harness_{place.parent.name}", _fixture_of(place.parent.name))
    for place in sorted((_HOME / "fakes" / "providers").glob("*/vendor.py"))
)


@pytest.fixture
def harness_run(_harness_names: _Names, pytestconfig: pytest.Config) -> Callable[..., RunReport]:
    """Run scenarios: `harness_run("tls/**", sender=…)` returns a report and raises nothing.

    The globs select cases by id; none means all. `sender` is a SPEC or a function, plain or
    `async`, from request to answer: with `jobs=1` it is called in the test's own thread, where its
    database connections are, else in threads beside. `paths`, `jobs`, `seed`, `time_scale`,
    `strict`, `evidence` and `report` are as for `harness run`. `documents` are files with
    requirements of your own, beside those of the ini key `harness_documents`. The report's
    `assert_passed()` fails the test and shows why.
    """
    default = pytestconfig.getoption("--harness-sender") or pytestconfig.getini("harness_sender")

    def run(
        *globs: str,
        sender: Any = None,
        paths: Sequence[str] = (),
        documents: Sequence[str | Path] = (),
        **options: Any,
    ) -> RunReport:
        with _harness_names.ours():
            report: RunReport = importlib.import_module("harness.embedding").run(
                globs,
                sender=sender if sender is not None else default or None,
                paths=paths,
                documents=[*pytestconfig.getini("harness_documents"), *documents],
                **options,
            )
        return report

    return run


class _Fakes:
    """The default server, started when something is asked of it, and a maker of more."""

    def __init__(
        self, kind: str, names: _Names, trust: tuple[Any, Any], stack: contextlib.ExitStack
    ) -> None:
        self._kind = kind
        self._names = names
        self._trust = trust
        self._stack = stack
        self._default: Any = None

    def __call__(self, **words: Any) -> Any:
        """Start a server in the state that `words` say."""
        authority, trust = self._trust
        with self._names.ours():
            kind = _class_of(self._kind)
            fake = self._stack.enter_context(
                kind(authority=authority, ca_file=trust.ca_file, **words).running()
            )
            if self._names.are_shadowed():
                getattr(fake, "smtp", None)  # later, what it imports could not be found
            return fake

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._running(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            super().__setattr__(name, value)
        else:
            setattr(self._running(), name, value)

    def _running(self) -> Any:
        if self._default is None:
            self._default = self()
        return self._default


def _class_of(kind: str) -> Any:
    """The class of a kind of fake. Ours has to be what `harness` means."""
    if kind == _SMTP:
        return importlib.import_module("harness.fakes.smtp.fake").Smtp
    return importlib.import_module("harness.fakes.apis").fake_of(kind)


class _Names:
    """Imports the harness, whatever else is called `harness` here.

    A guest leaves the name to others in any case: while tests are collected, nobody knows yet
    what else will be called so.
    """

    def __init__(self, *, is_guest: bool = False) -> None:
        self._ours: dict[str, ModuleType] = {}
        self._is_guest = is_guest

    @contextlib.contextmanager
    def ours(self) -> Iterator[None]:
        """Within, `import harness` means this package."""
        if not self.are_shadowed():
            yield
            return
        theirs = _take_out()
        sys.modules.update(self._ours)
        sys.meta_path.insert(0, _Finder)
        try:
            yield
        finally:
            sys.meta_path.remove(_Finder)
            self._ours = _take_out()
            sys.modules.update(theirs)

    def are_shadowed(self) -> bool:
        """Whether something else has the name."""
        if self._ours or self._is_guest:
            return True
        present = sys.modules.get(_NAME)
        if present is not None:
            return not _is_ours(present)
        spec = importlib.util.find_spec(_NAME)
        return spec is None or not _is_home(spec.origin)


class _Finder(PathFinder):
    """Finds this package under its name before anything else of that name."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Any = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname != _NAME:
            return None
        return importlib.util.spec_from_file_location(
            _NAME, _HOME / "__init__.py", submodule_search_locations=[str(_HOME)]
        )


def _take_out() -> dict[str, ModuleType]:
    """Remove whatever is called `harness` or below it, but for this plugin, and return it."""
    names = [name for name in sys.modules if name == _NAME or name.startswith(f"{_NAME}.")]
    return {name: sys.modules.pop(name) for name in names if name != __name__}


def _is_ours(module: ModuleType) -> bool:
    return _is_home(getattr(module, "__file__", None))


def _is_home(file: str | None) -> bool:
    return file is not None and Path(file).resolve() == _HOME / "__init__.py"
