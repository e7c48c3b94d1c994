"""The vendors' tables are read strictly: what is wrong is told with file, entry and choices."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.fakes.providers.refusal import Refusals
from harness.fakes.providers.registry import provider, provider_names, submission
from harness.fakes.providers.table import TableError
from harness.fakes.providers.vendor_replies import VendorReplies

REFUSAL = """
[refusals.gone]
when = "it is gone"
status = 410
body = '{"message":"<thing> is gone"}'
example = { thing = "the list" }
mark = "seen"
source = "a recording"
date = "2026-01"
"""
DIALECT = """
[dialect]
source = "a session"
greeting = "mx.example.com ESMTP"
clear = ["mx.example.com"]
secure = ["mx.example.com"]
starttls = "220 Go ahead"
authenticated = "235 Ok"
sender = "250 Ok"
recipient = "250 Ok"
go_ahead = "354 Go ahead"
bye = "221 Bye"
done = "250 Ok"
unauthenticated = ["MAIL", "530 Log in"]
too_large = "552 Too large"
size = 1000
"""
REPLY = """
[replies.full]
when = "the mailbox is full"
text = "452 <box> is full"
example = { box = "anna" }
mark = "seen"
source = "a session"
"""


def refusals_of(text: str, folder: Path) -> Refusals:
    file = folder / "refusals.toml"
    file.write_text(text, encoding="utf-8")
    return Refusals(file)


def replies_of(text: str, folder: Path) -> VendorReplies:
    file = folder / "smtp.toml"
    file.write_text(text, encoding="utf-8")
    return VendorReplies(file)


def test_a_refusal_is_answered_from_its_table(tmp_path: Path) -> None:
    headers = '[headers]\nContent-Type = "application/problem+json"\n'
    response = refusals_of(headers + REFUSAL, tmp_path)["gone"].response(thing="it")
    assert (response.status, response.body) == (410, b'{"message":"it is gone"}')
    assert response.headers == (("Content-Type", "application/problem+json"),)
    assert (response.case, response.source) == ("gone", "a recording (2026-01)")


def test_headers_of_an_entry_stand_in_place_of_those_of_the_file(tmp_path: Path) -> None:
    row = REFUSAL.replace("status = 410", 'status = 410\nheaders = { X-Code = "7" }')
    found = refusals_of('[headers]\nContent-Type = "text/plain"\n' + row, tmp_path)
    assert found["gone"].headers == (("X-Code", "7"),)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('mark = "seen"', 'mark = "sen"', ("gone: mark:", "'documented', 'seen', 'measured'")),
        ('mark = "seen"', 'mrak = "seen"', ("mrak: there is no such word, did you mean mark?",)),
        ('source = "a recording"\n', "", ("gone: source: Field required",)),
        ('source = "a recording"', 'source = ""', ("gone: source:",)),
        ("status = 410", "status = 777", ("gone: status:", "less than or equal to 599")),
        ("status = 410", 'status = "410"', ("gone: status:", "valid integer")),
        ('date = "2026-01"', 'date = "January"', ("gone: date:",)),
        ("example = { thing =", "example = { think =", ("gone:", "has no value for <thing>")),
        ('"the list" }', '"a", it = "b" }', ("gone:", "no variable <it>: choose from thing")),
        ("[refusals.gone]", 'name = 1\n[refusals.gone]', ("name: there is no such table",)),
        ("status = 410", 'status = 410\nname = "gone"', ("its heading is its name",)),
        ("[refusals.gone]", "[refusal.gone]", ("refusal: there is no such table", "not_modelled")),
        ("status = 410", "status 410", ("line 4",)),
        ("[refusals.gone]", "[not_modelled]\nthis = 1\n[refusals.gone]", ("this: a text is due",)),
        ("[refusals.gone]", "headers = 1\n[refusals.gone]", ("headers: a table is due",)),
        ('[refusals.gone]', '[refusals]\ngone = 1\n[not_modelled]', ("gone: a table is due",)),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_table_of_refusals_is_named(
    tmp_path: Path, before: str, after: str, said: tuple[str, ...]
) -> None:
    assert before in REFUSAL
    with pytest.raises(TableError) as told:
        len(refusals_of(REFUSAL.replace(before, after, 1), tmp_path))
    for part in (f"{tmp_path.name}/refusals.toml: ", *said):
        assert part in str(told.value)


def test_an_entry_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"refusals\.toml: Cannot declare .*gone"):
        len(refusals_of(REFUSAL + REFUSAL, tmp_path))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("452 <box>", "<box>", ("full: text:",)),
        ("452 <box>", "652 <box>", ("full: text:",)),
        ("452 <box>", "452 <name>", ("full:", "has no value for <name>")),
        ('sender = "250 Ok"\n', "", ("dialect: sender: Field required",)),
        ('sender = "250 Ok"', 'sender = "Ok"', ("dialect: sender:",)),
        ('"MAIL"', '"DATA"', ("dialect: unauthenticated.0:", "'MAIL' or 'RCPT'")),
        ("size = 1000", "size = 1000\nbanner = 1", ("dialect: banner: there is no such word",)),
        (
            "[replies.full]",
            "[asides.full]",
            ("full: there is no such table (choose from helo, help",),
        ),
    ],
)
def test_what_is_wrong_in_a_service_is_named(
    tmp_path: Path, before: str, after: str, said: tuple[str, ...]
) -> None:
    text = DIALECT + REPLY
    assert before in text
    with pytest.raises(TableError) as told:
        len(replies_of(text.replace(before, after, 1), tmp_path))
    for part in (f"{tmp_path.name}/smtp.toml: ", *said):
        assert part in str(told.value)


def test_asides_are_the_vendors_where_they_are_known(tmp_path: Path) -> None:
    own = REPLY.replace("[replies.full]", "[asides.expn]").replace("452 <box>", "550 <box>")
    asides = replies_of(DIALECT + own, tmp_path).dialect.asides
    assert asides["expn"].text == "550 <box> is full"
    assert asides["vrfy"].text == "252 Cannot verify the user"


@pytest.mark.parametrize("name", provider_names())
def test_every_table_of_ours_is_right(name: str) -> None:
    assert provider(name).refusals
    assert provider(name).refusals.not_modelled
    assert submission(name).replies["accepted"].is_positive
    assert submission(name).dialect.asides


def test_a_vendor_that_only_answers_well_has_not_read_its_refusals() -> None:
    code = (
        "import sys; from harness.fakes import SendGrid; SendGrid(); "
        "print('tomllib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
