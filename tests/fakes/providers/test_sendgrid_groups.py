"""SendGrid's groups of unsubscribes: who is in the group of a message does not get it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from .sendgrid_requests import account, ask, letter


def test_who_left_the_group_of_a_message_gets_none_of_that_group() -> None:
    owner = account(unsubscribe_groups=[{"id": 12, "unsubscribed": ["TO@recipient.test"]}])
    for group, dropped in ((12, ("to@recipient.test",)), (13, ())):
        (mail,) = ask(owner, body=letter(asm={"group_id": group})).accepted
        assert mail.dropped == dropped
    (mail,) = ask(owner).accepted
    assert mail.dropped == ()


def test_an_account_has_a_group_of_unsubscribes_once() -> None:
    with pytest.raises(ValidationError, match="12 is here twice"):
        account(unsubscribe_groups=[{"id": 12}, {"id": 12}])
