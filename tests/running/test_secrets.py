"""Secrets are found and hidden, whatever form they take and whatever stands around them."""

from __future__ import annotations

import asyncio
import html
import json
import random
import re
from base64 import b64encode, encodebytes, urlsafe_b64encode
from pathlib import Path
from quopri import encodestring
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.fakes.tls import Authority
from harness.protocol import Trust
from harness.run_context import RunContext
from harness.scenario.library import load_library
from harness.secrets import PasswordFamily, Secrets
from harness.world import opened

CANARY = "pw-0123456789abcdef01234567"
AWKWARD = "p@ß \"w'o/r\\d&<+>%"
SECRETS = Secrets({"password": CANARY})
AUTHORITY = Authority.create()
TRUST = Trust(ca_file="", ca_pkcs12="", ca_pkcs12_password="")


def each(text: str, form: str) -> str:
    return "".join(form.format(octet) for octet in text.encode())


octets = st.binary(max_size=40)
texts = st.text(max_size=40)


@given(before=octets, after=octets)
@example(b"", b"")
@example(b"\0user@example.test\0", b"")
def test_the_octets_are_found_and_hidden(before: bytes, after: bytes) -> None:
    data = before + CANARY.encode() + after
    assert SECRETS.found_in(data) == ("password",)
    assert CANARY.encode() not in SECRETS.redact(data)
    assert SECRETS.redact(data) == before + b"[password]" + after


@given(before=octets, after=octets)
def test_the_base64_of_anything_around_it_is_found_and_hidden(before: bytes, after: bytes) -> None:
    for encode in (b64encode, urlsafe_b64encode):
        data = encode(before + CANARY.encode() + after)
        assert SECRETS.found_in(data) == ("password",)
        hidden = SECRETS.redact(data)
        assert SECRETS.found_in(hidden) == ()
        # Of the encoded secret at most the characters at its rims are left.
        assert len(hidden) <= len(data) - len(CANARY) * 4 // 3 + len(b"[password]") + 2


@given(before=octets, after=octets, secret=st.binary(min_size=8, max_size=40))
def test_any_secret_is_found_in_any_base64(before: bytes, after: bytes, secret: bytes) -> None:
    text = secret.hex()
    found = Secrets({"password": text}).found_in(b64encode(before + text.encode() + after))
    assert found == ("password",)


@pytest.mark.parametrize("secret", [CANARY, AWKWARD])
@pytest.mark.parametrize(
    "form",
    [
        lambda text: text,
        lambda text: quote(text, safe=""),
        quote,
        quote_plus,
        lambda text: quote(text, safe="!*'()"),
        lambda text: re.sub("%..", lambda match: match[0].lower(), quote(text, safe="")),
        json.dumps,
        lambda text: json.dumps(text, ensure_ascii=False),
        repr,
        lambda text: str({"password": text}),
        html.escape,
        lambda text: text.encode().hex(),
        lambda text: text.encode().hex().upper(),
        lambda text: b64encode(text.encode()).decode(),
        lambda text: f"smtp://user:{quote(text, safe='')}@host/",
        # Every octet escaped, needful or not.
        lambda text: each(text, "%{:02X}"),
        lambda text: each(text, "%{:02x}"),
        lambda text: each(text, "={:02X}"),
        lambda text: encodestring(each(text, "={:02X}").encode()).decode().replace("=3D", "="),
        lambda text: each(text, r"\x{:02x}"),
        lambda text: each(text, r"\x{:02X}").replace("\\", "\\\\"),
        lambda text: each(text, r"\{:03o}"),
        lambda text: "".join(rf"\u{ord(letter):04x}" for letter in text),
        lambda text: "".join(rf"\u{ord(letter):04X}" for letter in text),
        lambda text: "".join(rf"\u{{{ord(letter):x}}}" for letter in text),
        lambda text: "".join(rf"\U{ord(letter):08x}" for letter in text),
        lambda text: "".join(f"%u{ord(letter):04X}" for letter in text),
        lambda text: "".join(f"&#{ord(letter)};" for letter in text),
        lambda text: "".join(f"&#x{ord(letter):04X};" for letter in text),
        # Some of them only, and one escape beside another.
        lambda text: each(text[:5], "%{:02x}") + each(text[5:9], r"\x{:02x}") + quote(text[9:]),
        # Digits with something in between.
        lambda text: text.encode().hex(" "),
        lambda text: text.encode().hex(":").upper(),
        lambda text: text.encode().hex("-"),
        lambda text: text.encode().hex(" ", 2),
        lambda text: each(text, "0x{:02x}, "),
        lambda text: each(text, "0X{:02X},\n"),
        lambda text: str(list(text.encode())),
        lambda text: str(list(text.encode())).replace(",", ""),
        # Twice.
        lambda text: b64encode(b64encode(text.encode())).decode(),
        lambda text: b64encode(b"a" + b64encode(b"bc" + text.encode() + b"d") + b"ef").decode(),
        lambda text: urlsafe_b64encode(urlsafe_b64encode(b"x" + text.encode())).decode(),
        lambda text: quote(b64encode(text.encode() + b"?>")),
        lambda text: json.dumps(json.dumps(text)),
        # Wrapped, and escaped.
        lambda text: "\n    ".join(re.findall(".{1,4}", text)),
        lambda text: "\n".join(re.findall(".{1,30}", each(text, "%{:02x}"))),
    ],
)  # fmt: skip
def test_every_escape_of_a_secret_is_found_and_hidden(secret: str, form: object) -> None:
    assert callable(form)
    secrets = Secrets({"password": secret})
    written = f"before {form(secret)} after"
    assert secrets.found_in(written) == ("password",)
    assert secrets.found_in(secrets.redact_text(written)) == ()
    assert secrets.redact_text(written).startswith("before ")


@pytest.mark.parametrize(
    "wrapped",
    [
        encodebytes(b"\0" + b"user" * 9 + b"\0" + CANARY.encode()),
        encodebytes(b"\0" + b"user" * 10 + b"\0" + CANARY.encode()).replace(b"\n", b"\r\n"),
        encodestring(b"x" * 60 + CANARY.encode()),
        CANARY.encode()[:5] + b"\n" + CANARY.encode()[5:],
    ],
)
def test_a_secret_that_is_wrapped_over_lines_is_found_and_hidden(wrapped: bytes) -> None:
    assert b"\n" in wrapped.strip()
    assert SECRETS.found_in(wrapped) == ("password",)
    hidden = SECRETS.redact(wrapped)
    assert b"[password]" in hidden
    assert SECRETS.found_in(hidden) == ()


@given(text=st.text())
@example("%zz =3D &#x; \\x \\u{} aa:bb:cc:dd:ee:ff:00 &amp;lt;")
def test_text_without_a_secret_is_left_alone(text: str) -> None:
    assert SECRETS.redact_text(text) == text
    assert SECRETS.found_in(text) == ()


@given(before=st.text(st.characters()), after=st.text(st.characters()))
@example("\ud800", "\udcff")
def test_lone_surrogates_do_no_harm(before: str, after: str) -> None:
    assert SECRETS.redact_text(before + CANARY + after) == f"{before}[password]{after}"


def test_documents_are_redacted_in_keys_and_values_at_every_depth() -> None:
    document = {
        f"key {CANARY}": [CANARY, {"deep": (CANARY, 5, None, True, 2.5)}],
        "uri": f"smtp://u:{CANARY}@h/",
    }
    assert SECRETS.redact_document(document) == {
        "key [password]": ["[password]", {"deep": ["[password]", 5, None, True, 2.5]}],
        "uri": "smtp://u:[password]@h/",
    }


@pytest.mark.parametrize("told", [f"{CANARY}\n", f"  {CANARY}", f"\t{CANARY} \r\n", CANARY])
def test_a_secret_without_the_white_space_at_its_ends_is_found_and_hidden(told: str) -> None:
    secrets = Secrets({"password": told})
    for text in (told, CANARY, quote(told), repr(told), f"key={CANARY};"):
        assert secrets.found_in(text) == ("password",)
        assert CANARY not in secrets.redact_text(text)
    assert secrets.found_in(b64encode(f"api:{CANARY}".encode())) == ("password",)
    assert secrets.redact_text(f"key={CANARY};") == "key=[password];"


@pytest.mark.parametrize("blank", ["       ", "\n\n\n\n\n\n\n", " 12345 "])
def test_of_a_blank_secret_nothing_else_is_looked_for(blank: str) -> None:
    secrets = Secrets({"password": blank})
    assert secrets.found_in("nothing, 12345, to hide") == ()


@pytest.mark.parametrize("short", ["", "p", "p+w", "12345"])
def test_a_short_secret_is_not_looked_for_because_chance_would_find_it(short: str) -> None:
    secrets = Secrets({"password": short})
    assert secrets.found_in(f"x{short}y") == ()
    assert secrets.redact_text("nothing to hide") == "nothing to hide"


@pytest.mark.parametrize("code", ["utf-16-le", "utf-16-be"])
def test_a_secret_in_two_octets_a_letter_is_found_and_hidden(code: str) -> None:
    written = f"cannot use {CANARY}".encode(code)
    assert SECRETS.found_in(written) == ("password",)
    assert SECRETS.redact(written).replace(b"\0", b"") == b"cannot use [password]"


@given(before=octets, after=octets, escaped=st.sets(st.integers(0, len(CANARY) - 1)))
def test_whichever_octets_are_escaped_exactly_these_places_are_hidden(
    before: bytes, after: bytes, escaped: set[int]
) -> None:
    pieces = (f"%{ord(c):02x}" if n in escaped else c for n, c in enumerate(CANARY))
    data = before + b"~" + "".join(pieces).encode() + b"~" + after
    assert SECRETS.redact(data) == before + b"~[password]~" + after


def test_a_document_that_is_nested_without_end_is_shown_down_to_a_depth() -> None:
    document: list[object] = [CANARY]
    for _ in range(5_000):
        document = [document]
    shown = SECRETS.redact_document(document)
    for _ in range(200):
        [shown] = shown
    assert shown == "…"


def test_a_secret_of_six_characters_is_looked_for() -> None:
    secrets = Secrets({"password": "s3cr3t"})
    assert secrets.found_in("s3cr3t") == ("password",)
    assert secrets.found_in(b64encode(b"\0u\0s3cr3t")) == ("password",)


def test_several_secrets_keep_their_names() -> None:
    secrets = Secrets({"password": "first-one", "password-1": "first-one-longer"})
    assert secrets.redact_text("a first-one b first-one-longer") == "a [password] b [password-1]"
    assert secrets.found_in("first-one-longer") == ("password-1", "password")


def test_no_secrets_hide_nothing() -> None:
    assert Secrets({}).redact(b"octets") == b"octets"
    assert Secrets({}).found_in(b"octets") == ()


@given(before=octets, after=octets)
def test_spans_say_where_secrets_stand(before: bytes, after: bytes) -> None:
    data = before + CANARY.encode() + after + CANARY.encode()
    spans = list(SECRETS.spans(data))
    assert [data[start:end] for start, end, _ in spans] == [CANARY.encode()] * 2
    assert {name for _, _, name in spans} == {"password"}


# Passwords of other cases.


@given(before=octets, after=st.binary(max_size=8), seed=st.integers(0, 3))
def test_a_password_of_another_case_is_hidden_in_each_alignment(
    before: bytes, after: bytes, seed: int
) -> None:
    context = ground_of(seed)
    own, other = context.account("a").password, context.account("b").password
    secrets = Secrets({"password": own}, context.family)
    raw = before + other.encode() + after
    assert Secrets({"other": other}).found_in(secrets.redact(raw)) == ()
    encoded = secrets.redact(b64encode(raw))
    assert Secrets({"other": other}).found_in(encoded) == ()
    assert secrets.redact(before + own.encode()) == before + b"[password]"


def test_what_only_begins_like_a_family_is_left_alone() -> None:
    secrets = Secrets({}, PasswordFamily(prefix="pw-0123456789", length=29))
    assert secrets.redact(b"pw-0123456789abcdef") == b"pw-0123456789abcdef"
    assert secrets.redact(b"pw-0123456789abcdef0123456789") == b"[a password]"


def test_the_accounts_of_a_run_are_all_different_and_come_again_with_the_seed() -> None:
    names = [f"case-{number}" for number in range(200)]
    first = [ground_of(7).account(name) for name in names]
    assert len({account.password for account in first}) == 200
    assert len({account.username for account in first}) == 200
    assert first == [ground_of(7).account(name) for name in names]
    assert not {a.password for a in first} & {ground_of(8).account(n).password for n in names}
    prefix, length = ground_of(7).family.prefix, ground_of(7).family.length
    assert all(a.password.startswith(prefix) and len(a.password) == length for a in first)


def test_what_is_guarded_is_hidden_and_found_nowhere() -> None:
    secrets = Secrets({"password": "first-one"}, guarded={"name": CANARY, "other": "first-one"})
    said = f"{CANARY} and first-one and {b64encode(CANARY.encode()).decode()}"
    assert secrets.redact_text(said).startswith("[name] and [password] and [name]")
    assert secrets.found_in(said) == ("password",)


@pytest.mark.wire
@pytest.mark.parametrize(
    ("scenario", "guarded"),
    [
        # The secret stands where the id is due.
        ("api/ses/keys-swapped", {"access_key_id", "access_key_id-0"}),
        ("api/ses/secret-padded", {"access_key_id"}),
        ("api/ses/accepted", {"access_key_id"}),
    ],
)
def test_a_key_id_is_hidden_and_whoever_shows_it_has_betrayed_nothing(
    scenario: str, guarded: set[str]
) -> None:
    case = next(c for c in load_library().cases if c.scenario == scenario and not c.is_control)

    async def secrets() -> Secrets:
        async with opened(case, ground_of(1), logical=True) as world:
            return world.secrets

    found = asyncio.run(secrets())
    assert set(found.guarded) == guarded
    assert {name.partition("-")[0] for name in found.values} == {"secret_access_key"}


def ground_of(seed: int) -> RunContext:
    return RunContext(authority=AUTHORITY, trust=TRUST, seed=seed, timeout=1.0, folder=Path())


def test_a_large_body_without_secrets_stays_as_it_is() -> None:
    noise = random.Random(5).randbytes(300_000)
    data = b64encode(noise) + b"\r\n" + noise
    assert SECRETS.found_in(data) == ()
    assert SECRETS.redact(data) == data
