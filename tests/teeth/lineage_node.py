"""Wrong senders on nodemailer; what they do is in `node/senders.cjs`, under the same names.

They share nothing with the others, not even the language.
"""

from __future__ import annotations

from .convictions import convicted
from .on_node import NodeSender


@convicted("tls/common-name-only[*", check="sender.status auth mail")
@convicted("tls/weak-certificate[*,certificate=rsa-1024]", check="sender.status auth mail")
@convicted(
    "tls/certificate-other-name[certificate=wildcard-partial]",
    check="credentials-to-a-stranger content-to-a-stranger sender.status auth mail",
)
@convicted("auth/not-offered[*", check="sender.error.class auth")
@convicted("auth/initial-response[habit=ignored]", check="sender.status messages")
@convicted("session/helo-and-credentials[*", check="auth")
@convicted("replies/extra", "replies/changing-code[*", check="honesty sender.status")
@convicted("replies/changing-code-of-a-recipient", check="recipients sender.told.refused")
@convicted("starttls/wrong-code[code=221]", "starttls/wrong-code[code=250]", check="client-hellos")
class OnNodemailer(NodeSender):
    """`SMTPConnection`: `connect`, `login(…)`, `send(…)`: what is wrong is its own, or Node's.

    Node takes a name from the CN, a wildcard for a part of a label, and a key of 1024 bits.
    nodemailer logs in with PLAIN where nothing is offered, answers a second prompt with an empty
    line, goes by the first line of a reply, counts any reply for the next one that is due, and
    takes any 2xx for the go-ahead to TLS.
    """


@convicted(
    "starttls/stripped[*login=credentials]",
    check="credentials-in-clear content-in-clear sender.status auth mail",
)
class UpgradesIfOffered(NodeSender):
    """Leaves `requireTLS` out: nodemailer upgrades where it is offered."""


@convicted("starttls/refused[*code=5*]", check="content-in-clear sender.status mail")
class IsOpportunistic(NodeSender):
    """`opportunisticTLS: true`, which goes on in clear where STARTTLS is refused."""


@convicted(
    "tls/certificate[*,certificate=expired]",
    "tls/certificate[*,certificate=self-signed]",
    check="credentials-to-a-stranger content-to-a-stranger sender.status auth mail",
)
class RejectsNobody(NodeSender):
    """`tls: { rejectUnauthorized: false }`."""


@convicted(
    "tls/certificate[*,certificate=wrong-host]",
    check="credentials-to-a-stranger content-to-a-stranger sender.status auth mail",
)
class IdentifiesNobody(NodeSender):
    """Has a `checkServerIdentity` that finds nothing wrong."""


@convicted(
    "tls/certificate-good[mode=starttls,certificate=good]",
    "tls/certificate-good[mode=tls,certificate=good]",
    check="sender.status messages logged-in",
)
class TrustsWhatNodeBrings(NodeSender):
    """Trusts the authorities that Node brings, and not the one that it was told of."""


@convicted("tls/certificate-skipped[*,certificate=expired]", check="sender.status messages")
class RejectsAnyway(NodeSender):
    """Verifies whatever it was told."""


@convicted("tls/old-versions[*", check="sender.status messages auth")
class SpeaksTls1(NodeSender):
    """Takes every version of TLS that there ever was."""


@convicted("modes/other-name", check="sender.status messages")
class IgnoresTheServerName(NodeSender):
    """Verifies the host that it connects to, though another name was configured."""


@convicted("modes/cleartext-upgrade[*", check="starttls")
class EncryptsUnasked(NodeSender):
    """Encrypts in cleartext mode, since it is offered."""


@convicted("auth/rejected[*", check="sender.status mail")
class SendsAsNobody(NodeSender):
    """Sends without being logged in where the log-in fails."""


@convicted("auth/login-only[*", check="sender.status messages logged-in")
class AsksForPlain(NodeSender):
    """Names the mechanism itself: PLAIN."""


@convicted("auth/rejected[*", check="discretion")
class DumpsItsOptions(NodeSender):
    """Puts the options of the transport into the words of an error."""


@convicted(
    "ory/sent-means-handed-over[reply=451]",
    "ory/sent-means-handed-over[reply=552]",
    check="honesty sender.status",
)
class IgnoresTheLastReply(NodeSender):
    """Does not look at what the server says of the message."""


@convicted("network/refused[mode=starttls*", check="honesty sender.status")
@convicted("ory/sent-means-handed-over[reply=452]", check="honesty sender.status")
class LosesItsErrors(NodeSender):
    """Loses its errors, and says sent."""


@convicted("extensions/some-recipients-refused", check="sender.told.refused")
class CountsTheAcceptedAlone(NodeSender):
    """Says nothing of recipients who were refused."""


@convicted("ory/sent-once-taken[*", check="messages")
class RunsTwice(NodeSender):
    """Sends two messages for one."""


@convicted("starttls/no-handshake[end=silence,trust=*]", check="answers")
class LeavesTheTimeouts(NodeSender):
    """Sets no time-outs; nodemailer's own are minutes."""


@convicted("message/blind-copy", check="bcc")
class PrintsBcc(NodeSender):
    """Shows blind copies in the header."""


@convicted("message/line-break-in-the-subject[end=crlf]", check="added-headers")
class PastesTheSubject(NodeSender):
    """Writes the subject into the head as it is."""


@convicted("message/dots[where=first]", check="lines message")
class WritesToTheSocket(NodeSender):
    """Undoes the doubling of dots."""


@convicted("auth0/from-forms[form=named]", check="from")
class ForgetsNames(NodeSender):
    """Hands over the address alone."""


@convicted("auth/rejected[*", check="sender.error.temporary")
class AlwaysTriesAgain(NodeSender):
    """Means to try again whatever the code."""


@convicted("auth/rejected-words[*", check="sender.error.says")
class SaysTheCodeAlone(NodeSender):
    """Says what nodemailer calls it, and not what the server said."""


@convicted("auth/rejected[*", check="sender.error.phase sender.error.class")
class CallsEverythingADeadLine(NodeSender):
    """Blames the network for everything."""
