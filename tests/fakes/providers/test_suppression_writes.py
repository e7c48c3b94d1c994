"""Recipients are put on a vendor's lists and taken off by its own calls, and mail heeds that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .vendor_caller import TO, VendorCaller, calling

pytestmark = pytest.mark.wire


def _sendgrid(caller: VendorCaller, *, on: bool) -> None:
    path = "/v3/asm/suppressions/global"
    if on:
        given = {"recipient_emails": [TO]}
        assert caller.told("POST", path, given) == given
        assert caller.told("GET", f"{path}/{TO}") == {"recipient_email": TO}
        assert [row["email"] for row in caller.told("GET", "/v3/suppression/unsubscribes")] == [TO]
    else:
        assert caller.call("DELETE", f"{path}/{TO}").status_code == 204
        assert caller.told("GET", f"{path}/{TO}") == {}


def _sparkpost(caller: VendorCaller, *, on: bool) -> None:
    path = f"/api/v1/suppression-list/{TO}"
    if on:
        entry = {"type": "non_transactional", "description": "d"}
        assert "updated" in caller.told("PUT", path, entry)["results"]["message"]
        (row,) = caller.told("GET", path)["results"]
        assert (row["type"], row["description"]) == ("non_transactional", "d")
    else:
        assert caller.call("DELETE", path).status_code == 204
        assert caller.call("GET", path).status_code == 404


def _mailgun(caller: VendorCaller, *, on: bool) -> None:
    path = "/v3/sender.test/bounces"
    if on:
        told = caller.told("POST", path, address=TO, code="550")
        assert told == {"message": "Address has been added to the bounces table", "address": TO}
    else:
        told = caller.told("DELETE", f"{path}/{TO}")
        assert told == {"message": "Bounced address has been removed", "address": TO}


def _mandrill(caller: VendorCaller, *, on: bool) -> None:
    if on:
        told = caller.told("POST", "/api/1.0/rejects/add", {"email": TO})
        assert told == {"email": TO, "added": True}
    else:
        told = caller.told("POST", "/api/1.0/rejects/delete", {"email": TO})
        assert told == {"email": TO, "deleted": True, "subaccount": None}


def _postmark(caller: VendorCaller, *, on: bool) -> None:
    path = f"/message-streams/outbound/suppressions{'' if on else '/delete'}"
    told = caller.told("POST", path, {"Suppressions": [{"EmailAddress": TO}]})
    status = "Suppressed" if on else "Deleted"
    assert told == {"Suppressions": [{"EmailAddress": TO, "Status": status, "Message": None}]}
    (row,) = caller.told("GET", "/message-streams/outbound/suppressions/dump")["Suppressions"] or [
        None
    ]
    reason = row and (row["SuppressionReason"], row["Origin"])
    assert reason == (("ManualSuppression", "Customer") if on else None)


def _resend(caller: VendorCaller, *, on: bool) -> None:
    if on:
        made = caller.call("POST", "/suppressions", {"email": TO})
        assert made.status_code == 201
        assert caller.told("GET", f"/suppressions/{made.json()['id']}")["email"] == TO
    else:
        assert caller.told("DELETE", f"/suppressions/{TO}")["deleted"] is True
        assert caller.call("GET", f"/suppressions/{TO}").status_code == 404


WRITES: dict[str, Callable[..., None]] = {
    "sendgrid": _sendgrid,
    "sparkpost": _sparkpost,
    "mailgun": _mailgun,
    "mandrill": _mandrill,
    "postmark": _postmark,
    "resend": _resend,
}


def _sent(caller: VendorCaller) -> str:
    """What becomes of a message: `sent`, `dropped` in silence, or the word of the refusal."""
    before = len(caller.fake.messages)
    try:
        answer = caller.send()
    except AssertionError:
        body = caller.answers[-1].json()
        return str(body.get("ErrorCode") or body["errors"][0]["code"])
    if len(caller.fake.messages) == before:
        return str(answer.json()[0]["reject_reason"])
    return "dropped" if caller.fake.messages[-1].dropped else "sent"


@pytest.mark.parametrize(
    ("vendor", "outcome"),
    [
        ("sendgrid", "dropped"),
        ("mailgun", "dropped"),
        ("resend", "dropped"),
        ("sparkpost", "1902"),
        ("mandrill", "custom"),
        ("postmark", "406"),
    ],
)
def test_mail_to_who_was_suppressed_is_treated_as_documented_until_they_are_released(
    vendor: str, outcome: str
) -> None:
    with calling(vendor) as caller:
        seen = [_sent(caller)]
        for on in (True, False):
            WRITES[vendor](caller, on=on)
            seen.append(_sent(caller))
        assert seen == ["sent", outcome, "sent"]


def test_a_list_of_sendgrids_is_cleared_of_some_or_of_all() -> None:
    gone = ["a@b.test", "c@b.test", "d@b.test"]
    with calling("sendgrid", suppressed=gone, complained=["e@b.test"]) as caller:
        path = "/v3/suppression/bounces"
        assert caller.call("DELETE", path, {"emails": ["A@b.test"]}).status_code == 204
        assert [row["email"] for row in caller.told("GET", path)] == gone[1:]
        assert caller.call("DELETE", f"{path}/c@b.test").status_code == 204
        assert caller.call("DELETE", path, {"delete_all": True}).status_code == 204
        assert caller.told("GET", path) == []
        (report,) = caller.told("GET", "/v3/suppression/spam_reports")
        assert (report["email"], report["ip"]) == ("e@b.test", "192.0.2.1")
        assert caller.told("GET", "/v3/suppression/blocks") == []


def test_an_entry_of_sparkposts_holds_for_one_kind_of_mail() -> None:
    with calling("sparkpost") as caller:
        entry = {"type": "transactional"}
        caller.told("PUT", f"/api/v1/suppression-list/{TO}", entry)
        caller.send()
        answer = caller.call(
            "POST",
            "/api/v1/transmissions",
            {
                "recipients": [{"address": TO}],
                "content": {"from": "a@sender.test", "subject": "s", "text": "t"},
                "options": {"transactional": True},
            },
        )
        assert answer.json()["errors"][0]["code"] == "1902"


def test_sparkposts_list_is_searched_and_summed_up() -> None:
    with calling("sparkpost", suppressed=["a@b.test"]) as caller:
        path = "/api/v1/suppression-list"
        recipients = [
            {"recipient": "c@other.test", "type": "non_transactional", "description": "words"},
            {"recipient": "d@b.test", "type": "transactional", "list_id": "news"},
        ]
        caller.told("PUT", path, {"recipients": recipients})

        def found(query: str) -> list[str]:
            return [row["recipient"] for row in caller.told("GET", f"{path}{query}")["results"]]

        assert found("") == ["a@b.test", "c@other.test", "d@b.test"]
        assert found("?domain=other.test") == ["c@other.test"]
        assert found("?types=transactional") == ["a@b.test", "d@b.test"]
        assert found("?list_id=news") == ["d@b.test"]
        assert found("?list_id=") == ["a@b.test", "c@other.test"]
        assert found("?description=word") == ["c@other.test"]
        assert found("?description=word&description_strict=true") == []
        summary = caller.told("GET", f"{path}/summary")["results"]
        assert (summary["manually_added"], summary["compliance"], summary["total"]) == (3, 0, 3)
        # One of a mailing list does not hold for other mail.
        caller.send(to="d@b.test")


def test_postmark_releases_nobody_who_complained_and_knows_no_bad_address() -> None:
    with calling("postmark", complained=["spam@b.test"]) as caller:
        given = [{"EmailAddress": each} for each in ("spam@b.test", "nobody", "good@b.test")]
        path = "/message-streams/outbound/suppressions"
        for suffix, done in (("", "Suppressed"), ("/delete", "Deleted")):
            rows = caller.told("POST", f"{path}{suffix}", {"Suppressions": given})["Suppressions"]
            assert [(row["Status"], row["Message"]) for row in rows] == [
                ("Failed", "You do not have the required authority to change this suppression."),
                ("Failed", "An invalid email address was provided."),
                (done, None),
            ]
        dump = caller.told("GET", f"{path}/dump?suppressionreason=SpamComplaint")["Suppressions"]
        assert [row["EmailAddress"] for row in dump] == ["spam@b.test"]


def test_resend_adds_and_removes_in_batches() -> None:
    with calling("resend") as caller:
        emails = {"emails": ["a@b.test", "c@b.test"]}
        made = caller.told("POST", "/suppressions/batch/add", emails)["data"]
        ids: dict[str, Any] = {"ids": [made[0]["id"], made[0]["id"]]}
        gone = caller.told("POST", "/suppressions/batch/remove", ids)["data"]
        assert [each["deleted"] for each in gone] == [True, False]
        rows = caller.told("GET", "/suppressions?origin=manual")["data"]
        assert [row["email"] for row in rows] == ["c@b.test"]
        assert caller.told("GET", "/suppressions?origin=bounce")["data"] == []


def test_mailgun_takes_several_addresses_and_clears_a_list() -> None:
    with calling("mailgun") as caller:
        path = "/v3/sender.test/complaints"
        told = caller.told("POST", path, [{"address": "a@b.test"}, {"address": "c@b.test"}])
        expected = "2 complaint addresses have been added to the complaints table"
        assert told == {"message": expected}
        caller.send(to="a@b.test")
        assert caller.fake.messages[0].dropped == ("a@b.test",)
        caller.told("DELETE", path)
        assert caller.told("GET", path)["items"] == []
        tagged = caller.call("POST", "/v3/sender.test/unsubscribes", address=TO, tag="news")
        assert tagged.status_code == 501
        assert caller.fake.account.unsubscribed == ()
