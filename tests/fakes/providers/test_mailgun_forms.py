"""Forms as clients write them, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.http.exchange import Request
from harness.fakes.providers.mailgun.form import Form, parsed
from harness.fakes.providers.mailgun.refusals import REFUSALS
from harness.fakes.providers.refusal import Refuse

from .mailgun_asking import BOUNDARY, multipart

# How clients write parts, and what is read: (name, value, file name).
PARTS: list[tuple[str, tuple[str, bytes, str | None]]] = [
    ('name="to"', ("to", b"v", None)),
    ("name=to", ("to", b"v", None)),
    ('name="a"; filename="b c.txt"', ("a", b"v", "b c.txt")),
    ('name="a"; filename=""', ("a", b"v", "")),
    ("name=\"a\"; filename*=UTF-8''%e2%82%ac.txt", ("a", b"v", "\u20ac.txt")),
    ('name="a"; filename="\u20ac.txt"', ("a", b"v", "\u20ac.txt")),
    ('name="v:\u20ac"\r\nContent-Type: text/plain', ("v:\u20ac", b"v", None)),
    ('name="a"; filename="m"\r\nContent-Type: message/rfc822', ("a", b"v", "m")),
]


@pytest.mark.parametrize(("written", "read"), PARTS)
def test_a_part_is_read_however_it_is_written(
    written: str, read: tuple[str, bytes, str | None]
) -> None:
    form = parsed(request_of(**multipart((written, read[1]))))
    assert isinstance(form, Form)
    assert [(part.name, part.value, part.filename) for part in form.parts] == [read]


def request_of(raw: bytes, content_type: str) -> Request:
    return Request(method="POST", target="/", headers=(("Content-Type", content_type),), body=raw)


@given(values=st.lists(st.binary(), min_size=1, max_size=4))
def test_any_value_of_a_part_comes_through(values: list[bytes]) -> None:
    sound = [value for value in values if BOUNDARY.encode() not in value]
    form = parsed(request_of(**multipart(*(('name="a"; filename="f"', value) for value in sound))))
    assert isinstance(form, Form)
    assert [part.value for part in form.parts] == sound


@pytest.mark.parametrize("boundary", ['"a b(c)"', "x'+_,-./:=?"])
def test_a_boundary_may_be_quoted_and_strange(boundary: str) -> None:
    line = boundary.strip('"')
    disposition = 'Content-Disposition: form-data; name="a"'
    raw = f"preamble\r\n--{line} \r\n{disposition}\r\n\r\nv\r\n--{line}--\r\nepilogue".encode()
    form = parsed(request_of(raw, f'Multipart/Form-Data; charset=utf-8; boundary="{line}"'))
    assert isinstance(form, Form)
    assert form.get("a") == "v"


def test_an_empty_form_has_no_fields() -> None:
    assert parsed(request_of(b"--b--", "multipart/form-data; boundary=b")) == Form(())


def test_a_urlencoded_form_is_read() -> None:
    form = parsed(request_of(b"a=1&a=%C3%A9+x&b=&c", "application/x-www-form-urlencoded"))
    assert isinstance(form, Form)
    assert form.all("a") == ["1", "\u00e9 x"]
    assert (form.get("b"), form.get("c")) == (None, None)


MULTIPART = "multipart/form-data; boundary=b"
WHOLE: bytes = multipart(('name="to"', b"a@b"))["raw"]
NO_FORM: list[tuple[str, bytes, str]] = [
    ("malformed", b"", "multipart/form-data"),
    ("malformed", b"no delimiter", MULTIPART),
    ("malformed", b"--b\r\nX: y\r\n\r\nv\r\n--b--", MULTIPART),
    ("malformed", b"--b\r\nContent-Disposition: form-data\r\n\r\nv\r\n--b--", MULTIPART),
    ("malformed", b'--b\r\nContent-Disposition: x; name="a"\r\n--b--', MULTIPART),
    *(
        ("cut-off", WHOLE[:-cut], f"multipart/form-data; boundary={BOUNDARY}")
        for cut in (3, 5, len(BOUNDARY) + 4, len(BOUNDARY) + 10)
    ),
    *(
        ("url-escape", raw, "application/x-www-form-urlencoded")
        for raw in (b"from=%zz", b"a=%", b"a=%4")
    ),
    ("content-type", b"{}", "application/json"),
    ("content-type", b"", ""),
]


@pytest.mark.parametrize(("name", "raw", "kind"), NO_FORM)
def test_what_is_no_form_is_refused(name: str, raw: bytes, kind: str) -> None:
    with pytest.raises(Refuse) as raised:
        parsed(request_of(raw, kind))
    assert raised.value.case == name
    assert REFUSALS.told(raised.value).status == 400
