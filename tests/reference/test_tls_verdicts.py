"""Certificates, versions and handshakes, and the words for each fault."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from harness.fakes.tls import Authority, CertificateKind, ExpectedReaction
from harness.protocol import ErrorClass, Phase, Security
from harness.reference.failure import ConfigError, DeliveryError
from harness.reference.smtp import Delivery

pytestmark = pytest.mark.wire

Play = Callable[..., AbstractContextManager[Any]]
Send = Callable[..., Delivery]
MakeContext = Callable[..., ssl.SSLContext]

HOST = "smtp.mail.example.com"
REFUSED = {
    CertificateKind.EXPIRED: (ErrorClass.CERTIFICATE_EXPIRED, "expired"),
    CertificateKind.NOT_YET_VALID: (ErrorClass.CERTIFICATE_NOT_YET_VALID, "not valid yet"),
    CertificateKind.SELF_SIGNED: (ErrorClass.CERTIFICATE_UNTRUSTED, "signed by itself"),
    CertificateKind.UNTRUSTED_ROOT: (ErrorClass.CERTIFICATE_UNTRUSTED, "not signed by"),
    CertificateKind.UNTRUSTED_WRONG_HOST: (ErrorClass.CERTIFICATE_UNTRUSTED, "not signed by"),
    CertificateKind.MISSING_INTERMEDIATE: (ErrorClass.CERTIFICATE_UNTRUSTED, "intermediate"),
    CertificateKind.WRONG_HOST: (ErrorClass.CERTIFICATE_HOSTNAME_MISMATCH, "another name"),
    CertificateKind.WILDCARD_TOO_DEEP: (ErrorClass.CERTIFICATE_HOSTNAME_MISMATCH, "another"),
    CertificateKind.WILDCARD_PARENT: (ErrorClass.CERTIFICATE_HOSTNAME_MISMATCH, "another"),
    CertificateKind.WILDCARD_PARTIAL: (ErrorClass.CERTIFICATE_HOSTNAME_MISMATCH, "another"),
    CertificateKind.CN_ONLY: (ErrorClass.CERTIFICATE_HOSTNAME_MISMATCH, "(SAN)"),
    CertificateKind.CN_RIGHT_SAN_OTHER: (ErrorClass.CERTIFICATE_HOSTNAME_MISMATCH, "(CN)"),
    CertificateKind.NUL_IN_SAN: (ErrorClass.CERTIFICATE_HOSTNAME_MISMATCH, "another name"),
    CertificateKind.NUL_IN_CN: (ErrorClass.CERTIFICATE_HOSTNAME_MISMATCH, "another name"),
    CertificateKind.RSA_1024: (ErrorClass.CERTIFICATE_UNSUITABLE, "too weak"),
    CertificateKind.SHA1: (ErrorClass.CERTIFICATE_UNSUITABLE, "too weak"),
    CertificateKind.MD5: (ErrorClass.CERTIFICATE_UNSUITABLE, "too weak"),
    CertificateKind.CLIENT_AUTH_ONLY: (ErrorClass.CERTIFICATE_UNSUITABLE, "not meant for"),
    CertificateKind.LEAF_AS_CA: (ErrorClass.CERTIFICATE_INVALID, "not valid"),
    CertificateKind.NAME_CONSTRAINT: (ErrorClass.CERTIFICATE_INVALID, "not valid"),
}
ACCEPTED = [
    CertificateKind.GOOD,
    CertificateKind.CHAIN,
    CertificateKind.WILDCARD,
    CertificateKind.SAN_RIGHT_CN_OTHER,
    CertificateKind.REVOKED,
    CertificateKind.MUST_STAPLE,
]


def context_of(kinds: Authority, kind: CertificateKind, *names: str) -> ssl.SSLContext:
    certificate = kinds.issue(kind, names=names or (HOST,))
    return certificate.server_context(shared=False)


def options(implicit: bool, ca_file: str) -> dict[str, Any]:
    security = Security.TLS if implicit else Security.STARTTLS
    return {"host": HOST, "security": security, "ca_file": ca_file, "timeout": 2.0}


@pytest.mark.parametrize("implicit", [True, False])
@pytest.mark.parametrize("kind", REFUSED)
def test_a_bad_certificate_is_refused_before_credentials_by_its_own_name(
    kind: CertificateKind,
    implicit: bool,
    play: Play,
    send: Send,
    kinds: Authority,
    kinds_ca_file: str,
) -> None:
    context = context_of(kinds, kind)
    with (
        play(context=context, implicit=implicit) as seen,
        pytest.raises(DeliveryError) as caught,
    ):
        send(seen.port, **options(implicit, kinds_ca_file))
    class_, words = REFUSED[kind]
    assert (caught.value.phase, caught.value.class_) == (Phase.TLS, class_)
    assert caught.value.temporary is False
    assert words in str(caught.value)
    assert f"expected a certificate for {HOST}" in str(caught.value)
    assert seen.verbs == ([] if implicit else ["EHLO", "STARTTLS"])


@pytest.mark.parametrize("kind", ACCEPTED)
def test_a_right_certificate_is_accepted(
    kind: CertificateKind, play: Play, send: Send, kinds: Authority, kinds_ca_file: str
) -> None:
    with play(context=context_of(kinds, kind), implicit=True) as seen:
        send(seen.port, **options(implicit=True, ca_file=kinds_ca_file))
    assert len(seen.bodies) == 1


@pytest.mark.parametrize("implicit", [True, False])
@pytest.mark.parametrize("kind", [*REFUSED, *ACCEPTED])
def test_any_certificate_will_do_where_verification_is_skipped(
    kind: CertificateKind,
    implicit: bool,
    play: Play,
    send: Send,
    kinds: Authority,
    kinds_ca_file: str,
) -> None:
    assert kind.facts.skipped in (ExpectedReaction.ACCEPT, ExpectedReaction.EITHER)
    with play(context=context_of(kinds, kind), implicit=implicit) as seen:
        send(seen.port, verify=False, **options(implicit, kinds_ca_file))
    assert len(seen.bodies) == 1


def test_every_kind_of_certificate_is_asked_about() -> None:
    by_name = {"ip-san", "ip-as-dns", "ip-as-cn", "parent-only", "subdomain-only"}
    assert {*REFUSED, *ACCEPTED, *map(CertificateKind, by_name)} == set(CertificateKind)


@pytest.mark.parametrize(
    ("kind", "class_"),
    [
        (CertificateKind.IP_SAN, None),
        (CertificateKind.IP_AS_DNS, ErrorClass.CERTIFICATE_HOSTNAME_MISMATCH),
        (CertificateKind.IP_AS_CN, ErrorClass.CERTIFICATE_HOSTNAME_MISMATCH),
    ],
)
def test_an_address_is_compared_with_addresses_and_is_no_sni(
    kind: CertificateKind,
    class_: ErrorClass | None,
    play: Play,
    send: Send,
    kinds: Authority,
    kinds_ca_file: str,
) -> None:
    context = context_of(kinds, kind, "192.0.2.1")
    with play(context=context, implicit=True) as seen:
        wanted = {**options(implicit=True, ca_file=kinds_ca_file), "host": "192.0.2.1"}
        if class_ is None:
            send(seen.port, **wanted)
        else:
            with pytest.raises(DeliveryError) as caught:
                send(seen.port, **wanted)
            assert caught.value.class_ is class_
    assert seen.names == [None]


@pytest.mark.parametrize("implicit", [True, False])
@pytest.mark.parametrize(
    ("on_certificate", "server_name", "good"),
    [
        ("my-mailserver.com", "my-mailserver.com", True),
        ("my-mailserver.com", None, False),
        ("sub.my-mailserver.com", "my-mailserver.com", False),
        ("*.my-mailserver.com", "my-mailserver.com", False),
        ("*.my-mailserver.com", None, True),
    ],
)
def test_the_server_name_replaces_the_host_in_sni_and_comparison(
    on_certificate: str,
    server_name: str | None,
    good: bool,
    implicit: bool,
    play: Play,
    send: Send,
    good_context: MakeContext,
    ca_file: str,
) -> None:
    host = "sub.my-mailserver.com"
    wanted = {**options(implicit, ca_file), "host": host, "server_name": server_name}
    with play(context=good_context(on_certificate), implicit=implicit) as seen:
        if good:
            send(seen.port, **wanted)
        else:
            with pytest.raises(DeliveryError) as caught:
                send(seen.port, **wanted)
            assert caught.value.class_ is ErrorClass.CERTIFICATE_HOSTNAME_MISMATCH
            assert (server_name or host) in str(caught.value)
    assert seen.names == [server_name or host]


@pytest.mark.parametrize("host", ["MAIL.Example.com.", "mail.bücher.example"])
def test_sni_is_the_normalised_name(
    host: str, play: Play, send: Send, good_context: MakeContext, ca_file: str
) -> None:
    name = {"MAIL.Example.com.": "mail.example.com"}.get(host, "mail.xn--bcher-kva.example")
    with play(context=good_context(name), implicit=True) as seen:
        send(seen.port, **{**options(implicit=True, ca_file=ca_file), "host": host})
    assert seen.names == [name]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_versions_of_today_work(
    version: ssl.TLSVersion, play: Play, send: Send, good_context: MakeContext, ca_file: str
) -> None:
    context = good_context(HOST)
    context.minimum_version = context.maximum_version = version
    with play(context=context, implicit=True) as seen:
        send(seen.port, **options(implicit=True, ca_file=ca_file))
    assert len(seen.bodies) == 1


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.parametrize("verify", [True, False])
def test_the_versions_of_yesterday_do_not(
    version: ssl.TLSVersion,
    verify: bool,
    shake_hands: Play,
    send: Send,
    kinds: Authority,
    kinds_ca_file: str,
) -> None:
    certificate = kinds.issue("good", names=(HOST,))
    context = certificate.server_context(maximum_version=version, shared=False)
    with shake_hands(context) as seen, pytest.raises(DeliveryError) as caught:
        send(seen.port, verify=verify, **options(implicit=True, ca_file=kinds_ca_file))
    assert (caught.value.phase, caught.value.class_) == (Phase.TLS, ErrorClass.PROTOCOL_VERSION)
    assert "1.2" in str(caught.value)


def test_no_common_cipher_is_a_failed_handshake(
    shake_hands: Play, send: Send, good_context: MakeContext, ca_file: str
) -> None:
    context = good_context(HOST)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-CAMELLIA128-SHA256:ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")
    with shake_hands(context) as seen, pytest.raises(DeliveryError) as caught:
        send(seen.port, **options(implicit=True, ca_file=ca_file))
    assert (caught.value.phase, caught.value.class_) == (Phase.TLS, ErrorClass.HANDSHAKE_FAILED)
    assert "HANDSHAKE_FAILURE" in str(caught.value)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_insists_on_a_client_certificate_is_named_as_such(
    version: ssl.TLSVersion,
    shake_hands: Play,
    send: Send,
    good_context: MakeContext,
    ca_file: str,
) -> None:
    context = good_context(HOST)
    context.load_verify_locations(ca_file)
    context.verify_mode, context.maximum_version = ssl.CERT_REQUIRED, version
    with shake_hands(context) as seen, pytest.raises(DeliveryError) as caught:
        send(seen.port, **options(implicit=True, ca_file=ca_file))
    assert (caught.value.phase, caught.value.class_) == (Phase.TLS, ErrorClass.HANDSHAKE_FAILED)
    assert "ALERT" in str(caught.value)


def test_a_server_that_would_like_a_client_certificate_goes_without(
    play: Play, send: Send, good_context: MakeContext, ca_file: str
) -> None:
    context = good_context(HOST)
    context.load_verify_locations(ca_file)
    context.verify_mode = ssl.CERT_OPTIONAL
    with play(context=context, implicit=True) as seen:
        send(seen.port, **options(implicit=True, ca_file=ca_file))
    assert len(seen.bodies) == 1


@pytest.mark.parametrize("verify", [True, False])
def test_a_plain_banner_on_an_implicit_tls_port_is_explained(
    verify: bool, play: Play, send: Send, ca_file: str
) -> None:
    with play() as seen, pytest.raises(DeliveryError) as caught:
        send(seen.port, verify=verify, **options(implicit=True, ca_file=ca_file))
    assert (caught.value.phase, caught.value.class_) == (Phase.TLS, ErrorClass.HANDSHAKE_FAILED)
    assert "220 mx.example ESMTP" in str(caught.value)
    assert "STARTTLS" in str(caught.value)
    assert seen.connections == 1


LOST = (Phase.TLS, ErrorClass.CONNECTION_LOST)
RESET = (Phase.CONNECT, ErrorClass.CONNECTION_RESET)


@pytest.mark.parametrize(
    ("end", "verdicts"),
    [
        # A server that closes with our hello unread resets, or not, as its kernel finds time.
        ("CLOSE", [LOST, RESET]),
        ("RESET", [RESET]),
        ("SILENCE", [(Phase.TLS, ErrorClass.STALLED)]),
    ],
)
def test_a_handshake_that_nobody_answers_is_bounded(
    end: str,
    verdicts: list[tuple[Phase, ErrorClass]],
    play: Play,
    send: Send,
    ca_file: str,
) -> None:
    wanted = {**options(implicit=True, ca_file=ca_file), "timeout": 0.2}
    with play({"greeting": end}) as seen, pytest.raises(DeliveryError) as caught:
        send(seen.port, **wanted)
    assert (caught.value.phase, caught.value.class_) in verdicts


@pytest.mark.parametrize("drop", ["CLOSE", "RESET"])
@pytest.mark.parametrize("stage", ["greeting", "MAIL", "message", "QUIT"])
def test_a_connection_cut_under_tls_is_judged_as_one_in_clear(
    stage: str, drop: str, play: Play, send: Send, good_context: MakeContext, ca_file: str
) -> None:
    wanted = options(implicit=True, ca_file=ca_file)
    with play({stage: drop}, context=good_context(HOST), implicit=True) as seen:
        if stage == "QUIT":
            assert send(seen.port, **wanted).final_reply.startswith("250")
            return
        with pytest.raises(DeliveryError) as caught:
            send(seen.port, **wanted)
    expected = ErrorClass.OUTCOME_UNKNOWN if stage == "message" else ErrorClass.CONNECTION_LOST
    assert caught.value.class_ is expected


@pytest.mark.parametrize(
    ("stage", "class_"),
    [("MAIL", ErrorClass.PROTOCOL_ERROR), ("message", ErrorClass.OUTCOME_UNKNOWN)],
)
def test_clear_text_slipped_into_tls_is_not_listened_to(
    stage: str,
    class_: ErrorClass,
    play: Play,
    send: Send,
    good_context: MakeContext,
    ca_file: str,
) -> None:
    script = {stage: "JUNK"}
    with (
        play(script, context=good_context(HOST), implicit=True) as seen,
        pytest.raises(DeliveryError) as caught,
    ):
        send(seen.port, **options(implicit=True, ca_file=ca_file))
    assert caught.value.class_ is class_
    assert "TLS" in str(caught.value)


def test_a_trust_anchor_that_cannot_be_read_is_a_fault_of_the_configuration(
    play: Play, send: Send
) -> None:
    with play() as seen, pytest.raises(ConfigError, match=r"no-such\.pem"):
        send(seen.port, **options(implicit=True, ca_file="no-such.pem"))
    assert seen.connections == 0
