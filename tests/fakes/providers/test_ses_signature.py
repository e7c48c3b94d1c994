"""AWS Signature Version 4 and SMTP passwords, judged by published vectors and by botocore."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta
from posixpath import normpath
from unittest.mock import patch
from urllib.parse import parse_qsl, quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.fakes.http.exchange import Request
from harness.fakes.providers.ses import legacy_smtp_password, smtp_password
from harness.fakes.providers.ses.account import AccessKey, SesAccount
from harness.fakes.providers.ses.answers import SesError
from harness.fakes.providers.ses.authentication import authenticated
from harness.fakes.providers.ses.signature import read_signature
from harness.fakes.providers.ses.sigv4 import canonical_request, signing_key, verifies

from .ses_requests import FORM, HOST, KEY, NOW, REGION, SECRET, signed, with_header

_ACCOUNT = SesAccount(keys=(AccessKey(access_key_id=KEY, secret_access_key=SECRET),))


# Published vectors.

_BODY = (
    b"Action=SendRawEmail&Version=2010-12-01&RawMessage.Data=RnJvbTogYUBleGFtcGxlLmNvbQ0KDQpoaQ%3D"
    b"%3D&Source=a%40example.com&Destinations.member.1=b%40example.net"
)


@pytest.mark.parametrize(
    ("host", "value"),
    [
        ("127.0.0.1:34969", "07be7297a3e7eeed2d4c764d739e23d1eb05ea328deef61cc2a2e17f8342af29"),
        (HOST, "5c8d6eba0eb0bfc4fc9d29609478efc74868914cb498bd63f86e21fb45c46e2e"),
    ],
)
def test_the_published_signature_verifies(host: str, value: str) -> None:
    assert len(_BODY) == 156
    names = "content-type;host;x-amz-date"
    scope = f"{KEY}/20261120/{REGION}/ses/aws4_request"
    said = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={value}"
    headers = (
        ("content-type", FORM[1]),
        ("host", host),
        ("X-Amz-Date", "20261120T205650Z"),
        ("Authorization", said),
    )
    request = Request(method="POST", target="/", headers=headers, body=_BODY)
    signature = read_signature(request)
    assert signature is not None
    assert not isinstance(signature, str)
    assert verifies(request, signature, SECRET, service="ses")
    assert not verifies(request, signature, SECRET[:-1], service="ses")


@pytest.mark.parametrize(
    ("region", "password"),
    [
        ("us-east-1", "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9"),
        ("us-west-2", "BF2PynzbSCAjX08zhZZnP/kW+T9P5zs/1Er0pi5vTEmd"),
        ("eu-central-1", "BF0/eIJm0ruTHsSjOkRuOGzGF+zeSyE3aiRzrzUQ8LwG"),
        ("eu-west-1", "BMW5RDrXmmVs0lV7GpI4oLkHXpZ4stDsk6q91z1g38Pk"),
        ("ap-southeast-2", "BLNVIwl1Vk66qi8YP1q44PSaqUtaoyrS/0LT79VaGBfa"),
    ],
)
def test_the_published_smtp_passwords_are_derived(region: str, password: str) -> None:
    assert smtp_password(SECRET, region) == password


def test_the_published_legacy_smtp_password_is_derived() -> None:
    assert legacy_smtp_password(SECRET) == "An60U4ZD3sd4fg+FvXUjayOipTt8LO4rUUmhpdX6ctDy"


@given(st.text(min_size=1), st.sampled_from(["us-east-1", "eu-north-1"]))
def test_an_smtp_password_has_44_characters_and_a_region(secret: str, region: str) -> None:
    password = smtp_password(secret, region)
    assert len(password) == 44
    assert password.startswith("B")
    assert password != smtp_password(secret, "eu-west-3")


# What botocore signs.

_names = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=8).map("x-h{}".format)
_values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12)
_segments = st.text("abz.~-_ %/é@+:", min_size=1, max_size=6).map(lambda s: quote(s, safe="~"))
_pairs = st.tuples(st.text(max_size=4), st.text(max_size=4)).map(
    lambda pair: f"{quote(pair[0], safe='~')}={quote(pair[1], safe='~')}"
)


@st.composite
def _requests(draw: st.DrawFn) -> Request:
    path = "/" + "/".join(draw(st.lists(_segments, max_size=3)))
    query = "&".join(draw(st.lists(_pairs, max_size=3)))
    return signed(
        draw(st.sampled_from(["GET", "POST", "PUT"])),
        f"{path}?{query}" if query else path,
        body=draw(st.binary(max_size=20)),
        headers=draw(st.dictionaries(_names, _values, max_size=3)).items(),
        host=draw(st.sampled_from([HOST, "localhost:4711", "127.0.0.1:34969"])),
        token=draw(st.none() | st.just("IQoJb3JpZ2luX2Vj+/=")),
    )


def _judged(request: Request) -> AccessKey | SesError:
    token = request.header("x-amz-security-token")
    key = _ACCOUNT.keys[0].model_copy(update={"session_token": token})
    account = _ACCOUNT.model_copy(update={"keys": (key,)})
    return authenticated(account, request, region=REGION, now=NOW)


@given(_requests())
def test_whatever_botocore_signs_verifies(request: Request) -> None:
    assert isinstance(_judged(request), AccessKey)


def _flipped(text: str, place: int, octet: int) -> str:
    return f"{text[:place]}{chr(octet)}{text[place + 1 :]}"


@given(_requests(), st.data())
def test_one_flipped_octet_anywhere_does_not_verify(request: Request, data: st.DataObject) -> None:
    signature = read_signature(request)
    assert signature is not None
    assert not isinstance(signature, str)
    where = data.draw(st.sampled_from(["method", "target", "body", "authorization", "header"]))
    octet = data.draw(st.integers(0x21, 0x7E))
    if where == "body":
        assume(request.body)
        place = data.draw(st.integers(0, len(request.body) - 1))
        body = bytearray(request.body)
        body[place] ^= data.draw(st.integers(1, 255))
        changed = replace(request, body=bytes(body))
    elif where in {"method", "target"}:
        before = getattr(request, where)
        place = data.draw(st.integers(0, len(before) - 1))
        after = _flipped(before, place, octet)
        assume(where == "method" or _meaning(after) != _meaning(before))
        changed = _with(request, where, after)
    else:
        names = ["authorization"] if where == "authorization" else list(signature.headers)
        name = data.draw(st.sampled_from(names))
        value = request.header(name) or ""
        assume(value)
        after = _flipped(value, data.draw(st.integers(0, len(value) - 1)), octet)
        # The token is the account's here, whatever it is; what is asked is the signature.
        assume(" ".join(after.split()) != " ".join(value.split()))
        changed = with_header(request, name, after)
    assume(changed != request)
    assert isinstance(_judged(changed), SesError)


def _with(request: Request, where: str, text: str) -> Request:
    return replace(request, method=text) if where == "method" else replace(request, target=text)


def _meaning(target: str) -> tuple[str, bool, list[tuple[str, str]]]:
    """What is signed of a target: paths and queries in normal form."""
    path, _, query = target.partition("?")
    normal = normpath(f"/{path.lstrip('/')}")
    pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
    return normal, path.endswith("/") and normal != "/", sorted(pairs)


def test_octets_of_utf8_in_a_header_are_signed_as_they_are() -> None:
    # A client that signs UTF-8 and sends UTF-8: "à" has an octet that is white space in Latin-1.
    request = signed(headers=[("x-name", "voil\xe0 l\xe0")])
    octets = "voilà là".encode().decode("latin-1")
    text = with_header(request, "x-name", octets)
    signature = read_signature(text)
    assert signature is not None
    assert not isinstance(signature, str)
    with patch("botocore.auth.get_current_datetime", return_value=NOW.replace(tzinfo=None)):
        made = AWSRequest("POST", f"https://{HOST}/", {"x-name": "voilà là"}, b"")
        SigV4Auth(Credentials(KEY, SECRET), "ses", REGION).add_auth(made)
    resigned = with_header(text, "Authorization", made.headers["Authorization"])
    assert isinstance(_judged(resigned), AccessKey)


def test_a_date_header_will_do_for_the_time() -> None:
    request = signed(headers=[("Date", "today")])
    assert request.header("x-amz-date") is None
    assert isinstance(_judged(request), AccessKey)


# What is refused, and how.


@pytest.mark.parametrize(
    ("request_", "case"),
    [
        (with_header(signed(), "Authorization", None), "no-signature"),
        (with_header(signed(), "Authorization", "Bearer x"), "no-signature"),
        (with_header(signed(), "Authorization", "AWS4-HMAC-SHA256 x"), "malformed-signature"),
        (with_header(signed(), "X-Amz-Date", None), "malformed-signature"),
        (with_header(signed(), "X-Amz-Date", "yesterday"), "malformed-signature"),
        (signed(region="us-east-1"), "wrong-region"),
        (signed(key="AKIAAAAAAAAAAAAAAAAA"), "unknown-key"),
        (signed(token="a token"), "unknown-key"),
        (signed(secret=f"{SECRET} "), "wrong-secret"),
        (signed(secret=smtp_password(SECRET, REGION)), "wrong-secret"),
        (signed(service="email"), "wrong-secret"),
        (signed(at=NOW - timedelta(minutes=15, seconds=1)), "expired-clock"),
        (signed(at=NOW + timedelta(minutes=15, seconds=1)), "early-clock"),
    ],
)
def test_credentials_that_are_wrong_are_told_apart(request_: Request, case: str) -> None:
    refused = authenticated(_ACCOUNT, request_, region=REGION, now=NOW)
    assert isinstance(refused, SesError)
    assert refused.case == case


@pytest.mark.parametrize("minutes", [-15, 15])
def test_fifteen_minutes_of_skew_are_borne(minutes: int) -> None:
    request = signed(at=NOW + timedelta(minutes=minutes))
    assert isinstance(authenticated(_ACCOUNT, request, region=REGION, now=NOW), AccessKey)


def _by_hand(request: Request, *, without: str = "", date: str = "20261120") -> Request:
    """The request with a signature that is right, over fewer headers or for another day."""
    names = [n for n in ("host", "x-amz-date", "x-amz-security-token") if request.header(n)]
    names = [name for name in names if name != without]
    digest = hashlib.sha256(canonical_request(request, names)).hexdigest()
    scope = f"{date}/{REGION}/ses/aws4_request"
    text = f"AWS4-HMAC-SHA256\n20261120T205650Z\n{scope}\n{digest}"
    key = signing_key(SECRET, date=date, region=REGION, service="ses")
    value = hmac.digest(key, text.encode(), "sha256").hex()
    said = f"Credential={KEY}/{scope}, SignedHeaders={';'.join(names)}, Signature={value}"
    return with_header(request, "Authorization", f"AWS4-HMAC-SHA256 {said}")


@pytest.mark.parametrize(
    ("words", "case"),
    [
        ({}, None),
        ({"without": "host"}, "wrong-secret"),
        ({"without": "x-amz-security-token"}, "wrong-secret"),
        ({"date": "20261119"}, "wrong-secret"),
    ],
)
def test_host_token_and_day_have_to_be_signed(words: dict[str, str], case: str | None) -> None:
    found = _judged(_by_hand(signed(token="a token", headers=()), **words))
    assert (found.case if isinstance(found, SesError) else None) == case


@pytest.mark.parametrize(
    ("key", "token", "case"),
    [
        ({"session_token": "t"}, "t", None),
        ({"session_token": "t"}, None, "unknown-key"),
        ({"session_token": "t"}, "u", "unknown-key"),
        ({"session_token": "t", "token_expired": True}, "t", "expired-token"),
        ({"active": False}, None, "unknown-key"),
    ],
)
def test_temporary_credentials_need_their_token(
    key: dict[str, object], token: str | None, case: str | None
) -> None:
    given_key = AccessKey.model_validate({"access_key_id": KEY, "secret_access_key": SECRET, **key})
    account = SesAccount(keys=(given_key,))
    found = authenticated(account, signed(token=token), region=REGION, now=NOW)
    assert (found.case if isinstance(found, SesError) else None) == case
