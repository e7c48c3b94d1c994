"""Mail that is scheduled shows when it is to go out, and can be called off as its vendor has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from harness.fakes import FakeError, SendGrid
from harness.fakes.meant_message import meant
from harness.fakes.transcript import MessageCaptured, MessageChanged

from .vendor_caller import NOW, TO, StoppedClock, VendorCaller, calling, client_in_clear

pytestmark = pytest.mark.wire

LATER = NOW + timedelta(hours=1)
CASES = "/v3/user/scheduled_sends"


def _batch(caller: VendorCaller) -> str:
    made = caller.call("POST", "/v3/mail/batch")
    assert made.status_code == 201
    identifier: str = made.json()["batch_id"]
    assert caller.told("GET", f"/v3/mail/batch/{identifier}") == {"batch_id": identifier}
    return identifier


def _at_sendgrid(caller: VendorCaller) -> None:
    batch = _batch(caller)
    caller.send(at=LATER, batch_id=batch)
    status = {"batch_id": batch, "status": "cancel"}
    stopped = caller.call("POST", CASES, status)
    assert (stopped.status_code, stopped.json()) == (201, status)
    assert caller.told("GET", CASES) == [status]
    assert caller.told("GET", f"{CASES}/{batch}") == [status]


def _at_sparkpost(caller: VendorCaller) -> None:
    identifier = caller.send(at=LATER).json()["results"]["id"]
    path = f"/api/v1/transmissions/{identifier}"
    told = caller.told("GET", path)["results"]["transmission"]
    assert (told["state"], told["num_rcpts"], told["num_generated"]) == ("submitted", 1, 0)
    assert [row["id"] for row in caller.told("GET", "/api/v1/transmissions")["results"]] == [
        identifier
    ]
    assert caller.call("DELETE", path).status_code == 204
    assert caller.call("GET", path).status_code == 404


def _at_mailgun(caller: VendorCaller) -> None:
    caller.send(at=LATER)
    assert caller.told("DELETE", "/v3/sender.test/envelopes") == {"message": "done"}


def _at_mandrill(caller: VendorCaller) -> None:
    (item,) = caller.send(at=LATER).json()
    assert item["status"] == "scheduled"
    (row,) = caller.told("POST", "/api/1.0/messages/list-scheduled")
    assert (row["_id"], row["send_at"]) == (item["_id"], "2026-11-20 13:00:00")
    assert caller.told("POST", "/api/1.0/messages/cancel-scheduled", {"id": item["_id"]}) == row
    assert caller.told("POST", "/api/1.0/messages/list-scheduled") == []


def _at_resend(caller: VendorCaller) -> None:
    identifier = caller.send(at=LATER).json()["id"]
    assert caller.told("POST", f"/emails/{identifier}/cancel")["id"] == identifier
    assert caller.told("GET", f"/emails/{identifier}")["last_event"] == "canceled"


CANCELLED: dict[str, Callable[[VendorCaller], None]] = {
    "sendgrid": _at_sendgrid,
    "sparkpost": _at_sparkpost,
    "mailgun": _at_mailgun,
    "mandrill": _at_mandrill,
    "resend": _at_resend,
}


@pytest.mark.parametrize("vendor", CANCELLED)
def test_a_message_that_was_called_off_is_marked_on_messages_and_in_the_record(vendor: str) -> None:
    with calling(vendor) as caller:
        CANCELLED[vendor](caller)
        caller.send(to="another@recipient.test")
        fake = caller.fake
        assert [message.cancelled for message in fake.messages] == [True, False]
        assert [message.send_at for message in fake.messages] == [LATER, None]
    facts = [event.fact for event in fake.transcript]
    first = next(fact for fact in facts if isinstance(fact, MessageCaptured))
    (changed,) = [fact for fact in facts if isinstance(fact, MessageChanged)]
    assert (changed.index, changed.before, changed.cancelled) == (0, first.message, True)
    assert changed.after is fake.messages[0]


@pytest.mark.parametrize("vendor", CANCELLED)
def test_what_has_gone_out_cannot_be_called_off(vendor: str) -> None:
    with calling(vendor) as caller:
        identifier = _identifier(caller, caller.send(at=LATER, **_batched(caller)))
        caller.clock.goes_on(hours=2)
        answer = _cancel(caller, identifier)
        assert not caller.fake.messages[0].cancelled
        expected = {
            "sendgrid": "cancel",
            "mailgun": "done",
            "sparkpost": "(state=Success)",
            "mandrill": "Unknown_Message",
            "resend": "not scheduled",
        }
        assert expected[vendor] in answer.text


def _batched(caller: VendorCaller) -> dict[str, Any]:
    return {"batch_id": _batch(caller)} if caller.fake.vendor.name == "sendgrid" else {}


def _identifier(caller: VendorCaller, answer: httpx.Response) -> str:
    match caller.fake.vendor.name:
        case "sendgrid":
            return str(caller.fake.account.batches[-1].id)
        case "sparkpost":
            return str(answer.json()["results"]["id"])
        case "mandrill":
            return str(answer.json()[0]["_id"])
    return str(answer.json()["id"])


def _cancel(caller: VendorCaller, identifier: str) -> httpx.Response:
    match caller.fake.vendor.name:
        case "sendgrid":
            return caller.call("POST", CASES, {"batch_id": identifier, "status": "cancel"})
        case "sparkpost":
            return caller.call("DELETE", f"/api/v1/transmissions/{identifier}")
        case "mailgun":
            return caller.call("DELETE", "/v3/sender.test/envelopes")
        case "mandrill":
            return caller.call("POST", "/api/1.0/messages/cancel-scheduled", {"id": identifier})
    return caller.call("POST", f"/emails/{identifier}/cancel")


def test_a_batch_that_is_resumed_goes_out_again() -> None:
    with calling("sendgrid") as caller:
        batch = _batch(caller)
        caller.send(at=LATER, batch_id=batch)
        caller.told("POST", CASES, {"batch_id": batch, "status": "cancel"})
        seen = [caller.fake.messages[0].cancelled]
        for status in ("pause", "cancel"):
            caller.told("PATCH", f"{CASES}/{batch}", {"status": status})
            seen.append(caller.fake.messages[0].cancelled)
        assert caller.call("DELETE", f"{CASES}/{batch}").status_code == 204
        seen.append(caller.fake.messages[0].cancelled)
        assert seen == [True, False, True, False]
        assert caller.told("GET", f"{CASES}/{batch}") == []


def test_what_comes_for_a_cancelled_batch_is_called_off_as_it_comes() -> None:
    with calling("sendgrid") as caller:
        batch = _batch(caller)
        caller.told("POST", CASES, {"batch_id": batch, "status": "cancel"})
        caller.send(at=LATER, batch_id=batch)
        caller.send(batch_id=batch)
        assert [message.cancelled for message in caller.fake.messages] == [True, False]


@pytest.mark.parametrize(("minutes", "cancelled"), [(9, False), (11, True)])
def test_sendgrid_does_not_stop_what_goes_out_within_ten_minutes(
    minutes: int, *, cancelled: bool
) -> None:
    with calling("sendgrid") as caller:
        batch = _batch(caller)
        caller.send(at=NOW + timedelta(minutes=minutes), batch_id=batch)
        caller.told("POST", CASES, {"batch_id": batch, "status": "cancel"})
        assert caller.fake.messages[0].cancelled is cancelled


def test_a_batch_id_is_good_for_ten_days() -> None:
    with calling("sendgrid") as caller:
        batch = _batch(caller)
        caller.clock.goes_on(days=10)
        assert caller.call("GET", f"/v3/mail/batch/{batch}").status_code == 400
        stop = {"batch_id": batch, "status": "pause"}
        assert caller.call("POST", CASES, stop).status_code == 400


def test_a_transmission_is_deleted_by_its_campaign_and_bounces() -> None:
    with calling("sparkpost") as caller:
        caller.send(at=LATER, campaign_id="fall")
        caller.send(at=LATER, campaign_id="winter")
        answer = caller.call("DELETE", "/api/v1/transmissions?campaign_id=fall")
        assert answer.status_code == 204
        assert [message.cancelled for message in caller.fake.messages] == [True, False]
        (event,) = caller.told("GET", "/api/v1/events/message")["results"]
        assert (event["type"], event["raw_reason"]) == (
            "bounce",
            "554 5.7.1 [internal] Campaign cancelled",
        )
        caller.clock.goes_on(hours=1)
        types = [row["type"] for row in caller.told("GET", "/api/v1/events/message")["results"]]
        assert types == ["bounce", "injection"]


def test_a_transmission_that_is_about_to_be_made_is_not_deleted() -> None:
    with calling("sparkpost") as caller:
        identifier = caller.send(at=LATER).json()["results"]["id"]
        caller.clock.goes_on(minutes=50)
        answer = caller.call("DELETE", f"/api/v1/transmissions/{identifier}")
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["code"]) == (409, "2003")
        assert "(660 seconds) doesn't permit" in error["description"]
        caller.clock.goes_on(minutes=10)
        told = caller.told("GET", f"/api/v1/transmissions/{identifier}")["results"]["transmission"]
        assert (told["state"], told["num_generated"]) == ("Success", 1)
        assert caller.told("GET", "/api/v1/transmissions")["results"] == []


def test_a_scheduled_message_to_a_suppressed_recipient_is_taken_at_first() -> None:
    with calling("sparkpost", suppressed=["to@recipient.test"]) as caller:
        caller.send(at=LATER)
        assert caller.fake.messages[0].dropped == ("to@recipient.test",)


def test_mandrill_sends_at_once_what_is_moved_into_the_past() -> None:
    with calling("mandrill") as caller:
        identifier = caller.send(at=LATER).json()[0]["_id"]
        info = {"id": identifier}
        assert caller.call("POST", "/api/1.0/messages/info", info).status_code == 500
        moved = {**info, "send_at": "2026-11-20 14:00:00"}
        assert caller.told("POST", "/api/1.0/messages/reschedule", moved)["_id"] == identifier
        assert caller.fake.messages[0].send_at == NOW + timedelta(hours=2)
        moved = {**info, "send_at": "2026-11-20 11:00:00"}
        caller.told("POST", "/api/1.0/messages/reschedule", moved)
        assert caller.told("POST", "/api/1.0/messages/info", info)["state"] == "sent"
        assert caller.call("POST", "/api/1.0/messages/cancel-scheduled", info).status_code == 500


def test_mail_that_has_been_moved_at_resend_goes_out_then() -> None:
    with calling("resend") as caller:
        identifier = caller.send(at=LATER).json()["id"]
        held = caller.fake.messages[0]
        caller.told("PATCH", f"/emails/{identifier}", {"scheduled_at": "2026-11-20T15:00:00Z"})
        assert caller.fake.messages[0].send_at == NOW + timedelta(hours=3)
        assert not caller.fake.messages[0].cancelled
        assert held.send_at == LATER
        caller.clock.goes_on(hours=2)
        assert caller.told("GET", f"/emails/{identifier}")["last_event"] == "scheduled"
        caller.clock.goes_on(hours=1)
        assert caller.told("GET", f"/emails/{identifier}")["last_event"] == "delivered"
        late = {"scheduled_at": "2026-12-25T12:00:00Z"}
        assert caller.call("PATCH", f"/emails/{identifier}", late).status_code == 422


def test_mailgun_empties_the_queue_of_one_domain_only() -> None:
    domains = [{"name": "sender.test"}, {"name": "other.test"}]
    with calling("mailgun", domains=domains) as caller:
        caller.send(at=LATER)
        caller.told("DELETE", "/v3/other.test/envelopes")
        assert not caller.fake.messages[0].cancelled


def test_a_template_that_a_transmission_waits_for_cannot_be_deleted() -> None:
    content = {"from": "a@sender.test", "subject": "s", "text": "t"}
    with calling("sparkpost", templates=[{"id": "w", "content": content}]) as caller:
        caller.send(at=LATER, content={"template_id": "w"})
        answer = caller.call("DELETE", "/api/v1/templates/w")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "1602")
        caller.clock.goes_on(hours=1)
        assert caller.told("DELETE", "/api/v1/templates/w") == {}


def test_what_was_held_before_it_was_moved_is_still_that_message() -> None:
    with calling("resend") as caller:
        identifier = caller.send(at=LATER).json()["id"]
        held = caller.fake.messages[0]
        moved = {"scheduled_at": "2026-11-20T15:00:00Z"}
        caller.told("PATCH", f"/emails/{identifier}", moved)
        mail, recipient = meant(caller.fake.messages, held, None)
        assert (mail, recipient) == (caller.fake.messages[0].mail, "to@recipient.test")
        caller.told("POST", f"/emails/{identifier}/cancel")
        with pytest.raises(FakeError, match="was called off, and went to nobody"):
            meant(caller.fake.messages, held, None)


def test_nothing_happens_by_itself_to_what_is_to_go_out_later() -> None:
    words: dict[str, Any] = {"domains": [{"name": "sender.test"}], "suppressed": [TO]}
    hook = {"url": "http://127.0.0.1:9/hook"}
    fake = SendGrid(account=words, webhook=hook, clock=lambda: NOW, secure=False)
    with fake.running(), client_in_clear() as client:
        caller = VendorCaller(fake=fake, client=client, clock=StoppedClock())
        caller.send(at=LATER)
        assert not fake._posting
        caller.send()
        assert fake._posting
