"""Senders that say wrong things wherever they are, or send too often."""

from __future__ import annotations

import contextlib
import re

from .anywhere import CARELESS, Anywhere, Document
from .convictions import convicted
from .reckless import WAYS, GoesOnBehindWhatWasInjected


@convicted(
    "api/any/attachment-names[provider=resend,name=long]",
    "api/any/beyond-ascii[provider=mailgun]",
    "api/any/own-headers[provider=mailgun]",
    "api/any/rate-limited[provider=ses,retry_after=not-told]",
    "api/any/recipients[provider=ses]",
    "api/any/text-and-html[provider=mailgun,form=both]",
    "auth0/address-not-allowed-words[moment=greeting,code=554]",
    "auth0/address-not-allowed[style=silence]",
    "auth0/criterion-missed[criterion=login]",
    "auth0/from-forms[form=bare]",
    "auth0/host-international",
    "auth0/port-25-blocked-words",
    "auth0/port-closed-words[network=refused]",
    "extensions/smtputf8-not-needed",
    "message/bare-carriage-returns[where=lines]",
    "message/bare-line-feeds[where=lines]",
    "message/blind-copy",
    "message/commands-in-the-text[ends=crlf]",
    "message/dots[where=first]",
    "message/folded-headers",
    "message/long-lines[what=text]",
    "message/long-recipient-list",
    "message/long-subject",
    "message/null-sender",
    "message/paths",
    "message/quoted-printable[corner=equals]",
    "message/unusual-recipients[kind=tagged]",
    "modes/contradiction-words[told=tls]",
    "network/drip[at=greeting]",
    "network/last-words[moment=greeting,code=554]",
    "network/reset[mode=starttls]",
    "ory/provider-uris[uri=sendgrid]",
    "ory/ses-region-placeholder",
    "ory/ses-region-placeholder-words",
    "ory/tls-failure-words[trouble=no-starttls]",
    "ory/unreachable-server-words[trouble=refused]",
    "replies/endless[what=lines]",
    "replies/no-invitation",
    "replies/unknown-refusal[at=mail,code=459]",
    "session/ehlo-for-now",
    "session/ehlo-refused[code=501]",
    "starttls/ahead-of-reply",
    "starttls/injected-success[mechanism=PLAIN]",
    "starttls/refusal-kind[code=454]",
    "tls/certificate-words[mode=starttls,certificate=expired]",
    check="sender.status",
)
@convicted(
    "api/any/recipients-some-refused[provider=mandrill]",
    check="sender.error.phase sender.status",
)
@convicted(
    "auth0/ports[port=25]",
    "auth0/test-service",
    "extensions/declared-size",
    "extensions/offered-and-not-asked-for",
    "message/end-of-the-text[end=no-line-end]",
    "message/same-recipient-twice",
    "network/declared-addresses",
    "ory/own-server[mode=starttls,port=25]",
    "replies/contradiction-refused[reply=550-and-4]",
    "replies/odd-octets[octets=latin-1]",
    "starttls/offered-again",
    check="honesty sender.status",
)
class SaysTheContrary(Anywhere):
    """Says failed of what was sent, and sent of what failed."""

    def wrongly(self) -> Document:
        answer = self.rightly()
        if answer["status"] == "sent":
            error = {"phase": "quit", "message": "it may not have worked"}
            return {"status": "failed", "attempts": self.attempts, "error": error}
        return {"status": "sent", "attempts": self.attempts}


@convicted(
    "auth/cram-md5-broken[broken=all-but-login]",
    check="sender.error.reply_code",
)
@convicted(
    "auth/token-refused[mechanism=XOAUTH2]",
    "config/half-credentials-uri[form=user-name-only]",
    "config/half-credentials[missing=password]",
    "ory/tls-failure-words[trouble=no-starttls]",
    "replies/greeting-refused[code=554]",
    "starttls/look-alikes[word=host-name]",
    "starttls/refused[code=454,trust=verified]",
    "starttls/stripped[how=removed,trust=verified,login=credentials]",
    "starttls/unannounced[trust=verified]",
    "submission/other/token-refused",
    check="sender.error.phase",
)
@convicted(
    "config/flag-cleared[scheme=smtp,value=false]",
    "config/misspelt-parameter-words[parameter=skip_tls_verify]",
    "network/drip[at=greeting]",
    "network/dropped-in-the-body[octet=1,how=close]",
    "network/late-final-reply",
    "network/outcome-lost[how=closed]",
    "network/redirected-in-clear",
    "network/redirected-without-auth[mode=starttls-unverified]",
    "network/service-closing-unasked[at=rcpt]",
    "starttls/garbage[answer=binary]",
    "starttls/wrong-code[code=221]",
    "submission/ses/certificate-of-another-region",
    "tls/common-name-only[mode=starttls]",
    check="sender.error.class sender.error.phase",
)
@convicted(
    "extensions/address-beyond-ascii",
    "extensions/every-recipient-refused",
    "network/reset[mode=starttls]",
    "session/ehlo-refused[code=501]",
    "submission/any/domain-not-verified[provider=ses]",
    "submission/sendgrid/too-many",
    "submission/ses/null-sender",
    check="sender.error.temporary",
)
@convicted(
    "network/dropped[at=greeting,how=close]",
    "network/stalled[at=greeting]",
    check="sender.error.class sender.error.phase sender.error.temporary",
)
@convicted(
    "network/service-closing[at=greeting]",
    check="sender.error.phase sender.error.reply_code sender.error.temporary",
)
@convicted(
    "replies/contradiction-refused[reply=550-and-4]",
    "replies/elsewhere",
    check="sender.error.class sender.error.phase sender.error.temporary sender.told.reply_code",
)
@convicted(
    "replies/hundreds[at=mail]",
    "replies/odd-octets[octets=latin-1]",
    check="sender.error.class sender.error.phase sender.told.reply_code",
)
class BlamesSomethingElse(Anywhere):
    """Has one sort of error: phase, class, code and whether to try again are made up."""

    def wrongly(self) -> Document:
        answer = self.rightly()
        if answer["status"] == "failed":
            error = answer["error"]
            error |= {"phase": "quit", "class": "smtputf8-required", "reply_code": 299}
            error["temporary"] = not error.get("temporary")
        return answer


@convicted(
    "api/any/recipients-some-refused[provider=mandrill]",
    check="sender.error.class",
)
@convicted(
    "replies/full[reply=452]",
    check="sender.error.class sender.error.phase",
)
class FailsForSomethingElse(Anywhere):
    """Sends nothing, and blames it on what has nothing to do with it."""

    def wrongly(self) -> Document:
        self.come_and_go()
        error = {"phase": "quit", "class": "smtputf8-required", "message": "it did not work"}
        return {"status": "failed", "error": error}


@convicted(
    "api/any/attachment-names[provider=mailgun,name=beyond-ascii]",
    "api/any/beyond-ascii[provider=sparkpost]",
    "api/any/own-headers[provider=mailgun]",
    "api/any/recipients-all-refused[provider=mailgun]",
    "auth/login-missing[mechanism=PLAIN]",
    "auth/prompts-in-clear-text",
    "auth0/from-forms[form=bare]",
    "config/no-port[scheme=smtp,colon=without-colon]",
    "extensions/declared-size",
    "extensions/offered-and-not-asked-for",
    "extensions/some-recipients-refused",
    "message/end-of-the-text[end=no-line-end]",
    "network/declared-addresses",
    "network/slow-final-reply",
    "starttls/ahead-of-reply",
    "starttls/offered-again",
    "tls/revoked-certificate[mode=starttls,certificate=revoked]",
    "tls/weak-certificate-skipped[mode=starttls,certificate=rsa-1024]",
    check="messages",
)
@convicted(
    "auth0/criteria-met[mode=starttls]",
    "auth0/host-forms[form=name]",
    "tls/server-name-form[mode=starttls]",
    "tls/server-name[mode=starttls]",
    check="handshakes",
)
@convicted(
    "auth0/host-international",
    "ory/provider-uris[uri=sendgrid]",
    check="handshakes logged-in",
)
@convicted(
    "auth0/ports[port=25]",
    check="connections handshakes logged-in",
)
@convicted(
    "auth0/test-service",
    check="connections",
)
@convicted(
    "ory/mailgun-uri[host=us,slash=with-slash]",
    "ory/ses-uri[region=eu-central-1]",
    check="connections starttls",
)
@convicted(
    "ory/own-server[mode=starttls,port=25]",
    check="connections logged-in",
)
class SendsAllTwice(Anywhere):
    """Does all of it a second time, which ends as the first."""

    def wrongly(self) -> Document:
        self.once_more()
        return self.rightly()


@convicted(
    "starttls/injected-fragment[fragment=short-list]",
    check="messages",
)
class SendsTwiceBehindWhatWasInjected(Anywhere):
    """Drops what came ahead of TLS, goes on, and sends twice."""

    def wrongly(self) -> Document:
        self.once_more(GoesOnBehindWhatWasInjected)
        self.once_more(GoesOnBehindWhatWasInjected)
        return self.rightly()


@convicted("message/characters-cut-to-line-ends[where=u560d-u560a]", check="messages")
class SpellsAddressesOutTwice(Anywhere):
    """Writes addresses with letters of ASCII where they have others, and sends that twice."""

    def wrongly(self) -> Document:
        boxes = [
            {**box, "address": re.sub(r"[^!-~]", "x", box["address"])} for box in self.asked["to"]
        ]
        self.request = {**self.request, "message": {**self.asked, "to": boxes}}
        self.once_more()
        return self.rightly()


@convicted(
    "message/blind-copy",
    check="messages",
)
@convicted(
    "message/same-recipient-twice",
    check="honesty messages recipients",
)
class SendsNothing(Anywhere):
    """Logs in, leaves, and says sent."""

    def wrongly(self) -> Document:
        with contextlib.suppress(*CARELESS):
            self.to = self.settings()
            self.connect()
            try:
                self.open()
            finally:
                self.quit()
        return {"status": "sent"}


@convicted(
    "api/any/recipients-all-refused[provider=ses]",
    check="requests",
)
@convicted(
    "extensions/every-recipient-refused",
    check="messages",
)
@convicted(
    "submission/any/refused-for-now[refusal=ses-rate]",
    "submission/sendgrid/credits-used-up",
    "submission/sendgrid/too-many",
    "submission/ses/null-sender",
    "submission/ses/too-fast[limit=daily-quota]",
    check="connections",
)
class TriesUntilItIsTaken(Anywhere):
    """Sends again whatever failed, a dozen times."""

    def wrongly(self) -> Document:
        answer = self.rightly()
        for _ in range(12 if answer["status"] == "failed" else 0):
            self.once_more()
        return answer


@convicted(
    "auth/cram-md5-broken[broken=all-but-login]",
    "config/contradicting-flags[flags=cleartext-and-skip]",
    "config/host-with-blanks[place=before]",
    "config/misspelt-parameter-words[parameter=skip_tls_verify]",
    "config/raw-at-sign-in-user-name",
    "config/raw-reserved-characters[character=at-sign]",
    "message/line-break-in-a-file-name[end=crlf]",
    "message/line-break-in-a-header[end=crlf]",
    "message/line-break-in-a-name[end=crlf]",
    "message/line-break-in-reply-to[end=crlf]",
    "message/line-break-in-the-subject[end=crlf]",
    "network/redirected-in-clear",
    "replies/changing-code-of-a-recipient",
    "replies/nobody-left[replies=for-good]",
    "starttls/helo-only[code=500,trust=verified]",
    "starttls/injection[offered=PLAIN]",
    "submission/ses/null-sender",
    "submission/ses/sandbox-recipient",
    "submission/ses/settings[setting=missing-from]",
    "tls/certificate-without-san-words[mode=starttls]",
    check="messages",
)
@convicted("session/ehlo-injection[name=crlf]", check="mail messages")
@convicted("auth/token-refused[mechanism=XOAUTH2]", check="mail")
@convicted(
    "auth0/criterion-missed[criterion=login]", "ory/ses-region-placeholder", check="auth mail"
)
@convicted(
    "message/characters-cut-to-line-ends[where=u560d-u560a]",
    check="line-ends",
)
@convicted(
    "session/ehlo-for-now",
    check="auth mail starttls",
)
@convicted(
    "starttls/injected-fragment[fragment=other-mechanism]",
    check="mechanisms",
)
@convicted(
    "starttls/vanished-auth",
    check="credentials-in-clear",
)
@convicted(
    "submission/other/token-refused",
    check="mail",
)
@convicted(
    "tls/client-certificate-required[mode=starttls]",
    check="auth",
)
@convicted("auth/listed-twice", check="messages")
class HandsItOverSomehow(Anywhere):
    """Where it has failed it tries whatever there is to try, and says that it failed."""

    def wrongly(self) -> Document:
        answer = self.rightly()
        if answer["status"] == "failed":
            for way in WAYS:
                self.once_more(way)
        return answer
