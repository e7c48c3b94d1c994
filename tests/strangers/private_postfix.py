"""Debian's postfix, as an instance of its own: other folders, other ports, nothing of the host's.

It offers submission with STARTTLS and with implicit TLS, asks Cyrus SASL for passwords, and hands
everything that it took to an inbox by SMTP, so that what arrived can be waited for.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from harness.fakes.tls import Authority

from .bare_aiosmtpd import listening
from .stranger import HOST, OTHER_NAME, PASSWORD, UNKNOWN, USERNAME, Inbox, Stranger

_ATTEMPTS = 3

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
cyrus_sasl_config_path = {folder}/etc/sasl
myhostname = {other_name}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
mynetworks =
alias_maps =
local_recipient_maps =
local_transport = error:nobody lives here
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtputf8_enable = no
smtpd_tls_chain_files = {folder}/{host}.pem
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_security_options = noanonymous
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{ {unknown}=REJECT }}
relayhost = [127.0.0.1]:{inbox}
smtp_tls_security_level = none
"""

_MASTER = """
127.0.0.1:{starttls} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
127.0.0.1:{tls} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
127.0.0.1:{renamed} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_tls_chain_files={folder}/{other_name}.pem
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

_SASL = """
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {folder}/etc/sasl/passwords
mech_list: PLAIN LOGIN
"""


@contextmanager
def postfix_stranger(programs: Mapping[str, str]) -> Iterator[Stranger]:
    """A running instance. `programs` are the paths of `postfix` and `saslpasswd2`."""
    inbox = Inbox()
    with ExitStack() as stack:
        # Not below pytest's own folder, which only root may enter: postfix's daemons are not root.
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="stranger-"))
        folder = Path(name)
        folder.chmod(0o755)
        ca_file = _certificates(folder)
        _passwords(folder, programs["saslpasswd2"])
        landing = stack.enter_context(listening(inbox))
        ports = stack.enter_context(_running(folder, programs["postfix"], inbox=landing))
        yield Stranger(ports=ports, ca_file=ca_file, inbox=inbox)


@contextmanager
def _running(folder: Path, postfix: str, *, inbox: int) -> Iterator[Mapping[str, int]]:
    control = (postfix, "-c", str(folder / "etc"))
    for attempt in range(_ATTEMPTS):
        # Its ports have to be in its configuration before it binds them, so one can be lost.
        ports = dict(zip(("starttls", "tls", "renamed"), _free_ports(3), strict=True))
        _configure(folder, ports, inbox=inbox)
        started = subprocess.run([*control, "start"], capture_output=True, text=True, check=False)
        if started.returncode == 0 and _all_answer(ports.values()):
            break
        subprocess.run([*control, "stop"], capture_output=True, check=False)
        if attempt == _ATTEMPTS - 1:
            log = (folder / "log").read_text() if (folder / "log").exists() else ""
            pytest.fail(f"postfix does not start\n{started.stdout}{started.stderr}{log}")
    try:
        yield ports
    finally:
        subprocess.run([*control, "stop"], capture_output=True, check=True)


def _configure(folder: Path, ports: Mapping[str, int], *, inbox: int) -> None:
    words = {
        **ports, "folder": folder, "inbox": inbox, "host": HOST, "other_name": OTHER_NAME,
        "unknown": UNKNOWN,
    }  # fmt: skip
    for name in ("etc", "spool", "data"):
        (folder / name).mkdir(exist_ok=True)
    shutil.chown(folder / "data", "postfix")
    (folder / "etc" / "main.cf").write_text(_MAIN.format(**words))
    (folder / "etc" / "master.cf").write_text(_MASTER.format(**words))


def _certificates(folder: Path) -> Path:
    authority = Authority.create()
    for name in (HOST, OTHER_NAME):
        certificate = authority.issue("good", names=[name])
        file = folder / f"{name}.pem"
        file.touch(mode=0o600)
        file.write_bytes(certificate.key_pem + certificate.chain_pem)
    ca_file = folder / "ca.pem"
    ca_file.write_bytes(authority.certificate_pem)
    return ca_file


def _passwords(folder: Path, saslpasswd2: str) -> None:
    # Debian's postfix looks for it here, whatever `cyrus_sasl_config_path` says.
    sasl = folder / "etc" / "sasl"
    sasl.mkdir(parents=True)
    (sasl / "smtpd.conf").write_text(_SASL.format(folder=folder))
    user, realm = USERNAME.split("@")
    file = sasl / "passwords"
    subprocess.run(
        [saslpasswd2, "-p", "-c", "-f", file, "-u", realm, user],
        input=PASSWORD.encode(),
        check=True,
        capture_output=True,
    )
    shutil.chown(file, "postfix")


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _all_answer(ports: Iterable[int]) -> bool:
    try:
        for port in ports:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True
