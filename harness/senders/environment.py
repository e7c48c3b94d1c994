"""The environment that a program under test is started with.

It names the run's only trust anchor in the variables that TLS libraries read, so that a program
can be judged as it is, without an option of its own for a CA file.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.fakes.providers.registry import vendors
from harness.protocol import Trust

STATE_DIR = "HARNESS_STATE_DIR"

# Where whoever runs the harness puts what is for the harness alone, like the URI, password and all,
# of a real server (`harness send`).
OWN_PREFIX = "HARNESS_"

CA_FILE_VARIABLES = (
    "SSL_CERT_FILE",  # OpenSSL, Go, Ruby, PHP, .NET
    "REQUESTS_CA_BUNDLE",  # Python: requests
    "CURL_CA_BUNDLE",  # curl, and requests again
    "NODE_EXTRA_CA_CERTS",  # Node
    *(name for vendor in vendors().values() for name in vendor.variables.ca_file),
)


def sender_environment(
    base: Mapping[str, str],
    trust: Trust,
    *,
    state_dir: str | None = None,
) -> dict[str, str]:
    """`base`, changed so that a program trusts the run's anchor and reaches only the fakes.

    Proxy variables are removed in any spelling, or else a proxy of the developer's would be judged
    in the sender's place. So are the harness's own (`OWN_PREFIX`), but for the one that the
    protocol gives to a sender, `state_dir`. SSL_CERT_DIR is removed because OpenSSL and Go read it
    beside SSL_CERT_FILE: a private CA in such a folder would be a second anchor, and a sender that
    rightly accepts its certificates would be convicted.

    Variables of the providers are removed too (`SenderVariables`, in any spelling): a sender that
    falls back on them would show the developer's real keys to the fakes and in the evidence, and be
    judged by an account or a region that no request told it. Other places where an SDK would look
    are put out of its reach. A sender that needs one of these has it in its file, under
    `environment`.
    """
    environment = {
        name: value
        for name, value in base.items()
        if not name.lower().endswith("_proxy")
        and name != "SSL_CERT_DIR"
        and not name.upper().startswith(OWN_PREFIX)
        and not _is_a_vendors(name)
    }
    for vendor in vendors().values():
        environment |= vendor.variables.instead
    environment.update(dict.fromkeys(CA_FILE_VARIABLES, trust.ca_file))
    environment["JAVA_TOOL_OPTIONS"] = _java_options(base.get("JAVA_TOOL_OPTIONS", ""), trust)
    if state_dir is not None:
        environment[STATE_DIR] = state_dir
    return environment


def with_state(environment: Mapping[str, str], folder: str) -> dict[str, str]:
    """The environment of a program that keeps its state in that folder."""
    return {**environment, STATE_DIR: folder}


def _is_a_vendors(name: str) -> bool:
    return any(
        name.upper().startswith(vendor.variables.prefixes) and name not in vendor.variables.harmless
        for vendor in vendors().values()
    )


def _java_options(given: str, trust: Trust) -> str:
    """The options that were there, and the trust store; the last of two equal options holds."""
    store = {
        "javax.net.ssl.trustStore": trust.ca_pkcs12,
        "javax.net.ssl.trustStoreType": "PKCS12",
        "javax.net.ssl.trustStorePassword": trust.ca_pkcs12_password,
    }
    options = [_quoted(f"-D{name}={value}") for name, value in store.items()]
    return " ".join([given, *options] if given else options)


def _quoted(option: str) -> str:
    """As the JVM splits this variable: at blanks, with quotes of either kind, without escapes."""
    if not any(mark.isspace() or mark in "'\"" for mark in option):
        return option
    quote = '"' if "'" in option else "'"
    return f"{quote}{option}{quote}"
