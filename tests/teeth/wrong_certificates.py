"""Senders that go wrong about certificates, each in one rule."""

from __future__ import annotations

import ssl
from dataclasses import replace

from cryptography import x509

from .careful import Careful
from .careful_settings import Settings
from .convictions import convicted
from .own_verification import OwnVerification


@convicted("network/redirected", check="auth")
class VerifiesNothing(Careful):
    """Never verifies: any certificate will do."""

    def context(self) -> ssl.SSLContext:
        context = super().context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


@convicted("network/redirected", check="auth")
class IgnoresTheVerdict(OwnVerification):
    """Verifies, and goes on whatever comes out of it."""

    def verify_peer(self) -> None:
        try:
            super().verify_peer()
        except Exception:  # noqa: BLE001  # this is its fault
            self.wire.in_step = True


@convicted(
    "tls/certificate-other-name[certificate=untrusted-wrong-host]",
    "tls/certificate[mode=*,certificate=untrusted-wrong-host]",
    "tls/certificate[mode=starttls,certificate=expired]",
    check="auth",
)
@convicted("config/ipv6-host[mode=none]", check="answers")
class VerifiesAfterLoggingIn(OwnVerification):
    """Looks at the certificate when the log-in is done."""

    def verify_peer(self) -> None:
        pass

    def authenticate(self, capabilities: dict[str, list[str]]) -> None:
        super().authenticate(capabilities)
        super().verify_peer()


@convicted("modes/other-name-missing", check="auth mail sender.status")
@convicted(
    "network/redirected[mode=starttls]",
    "network/redirected[mode=tls]",
    "tls/certificate[mode=*,certificate=wrong-host]",
    check="auth",
)
class IgnoresTheName(Careful):
    """Checks the chain, not whose certificate it is."""

    def check_name(self, context: ssl.SSLContext) -> None:
        context.check_hostname = False


@convicted(
    "tls/certificate-other-name[certificate=expired]",
    "tls/certificate-other-name[certificate=not-yet-valid]",
    "tls/certificate-other-name[certificate=self-signed]",
    "tls/certificate-other-name[certificate=untrusted-root]",
    "tls/certificate-other-name[certificate=missing-intermediate]",
    "tls/certificate-other-name[certificate=client-auth-only]",
    "tls/certificate-other-name[certificate=name-constraint]",
    "tls/certificate[mode=*,certificate=expired]",
    "tls/certificate[mode=*,certificate=not-yet-valid]",
    "tls/certificate[mode=*,certificate=self-signed]",
    "tls/certificate[mode=*,certificate=untrusted-root]",
    "tls/certificate[mode=*,certificate=missing-intermediate]",
    "tls/certificate[mode=*,certificate=client-auth-only]",
    "tls/certificate[mode=*,certificate=name-constraint]",
    check="auth",
)
class IgnoresTheChain(OwnVerification):
    """Checks the name, not who vouches for it."""

    def verify_chain(self, presented: list[x509.Certificate]) -> None:
        pass


@convicted("tls/certificate[mode=*,certificate=expired]", check="auth")
class IgnoresExpiry(OwnVerification):
    """Takes certificates that ran out."""

    def check_not_after(self, certificate: x509.Certificate) -> None:
        pass


@convicted("tls/certificate[mode=*,certificate=not-yet-valid]", check="auth")
class IgnoresTheFirstDay(OwnVerification):
    """Takes certificates that are not valid yet."""

    def check_not_before(self, certificate: x509.Certificate) -> None:
        pass


@convicted("auth0/no-public-authority[mode=*,certificate=self-signed]", check="auth")
class TrustsSelfSigned(OwnVerification):
    """Takes a certificate that vouches for itself."""

    def untrusted(
        self, path: list[x509.Certificate], presented: list[x509.Certificate]
    ) -> list[x509.Certificate]:
        if presented[0].issuer == presented[0].subject:
            return [presented[0], presented[0]]
        return super().untrusted(path, presented)


@convicted("auth0/no-public-authority[mode=*,certificate=untrusted-root]", check="auth")
class TrustsAnyRoot(OwnVerification):
    """Trusts whatever root the server sends along."""

    def untrusted(
        self, path: list[x509.Certificate], presented: list[x509.Certificate]
    ) -> list[x509.Certificate]:
        if len(path) > 1 and path[-1].issuer == path[-1].subject:
            return path
        return super().untrusted(path, presented)


@convicted(
    "auth0/no-public-authority[mode=*,certificate=missing-intermediate]",
    check="auth mail sender.status",
)
class TrustsBrokenChains(OwnVerification):
    """Takes a chain that leads nowhere: perhaps an intermediate is missing."""

    def untrusted(
        self, path: list[x509.Certificate], presented: list[x509.Certificate]
    ) -> list[x509.Certificate]:
        if path[-1].issuer != path[-1].subject:
            return [*path, path[-1]]
        return super().untrusted(path, presented)


@convicted(
    "tls/certificate-other-name[certificate=leaf-as-ca]",
    "tls/certificate[mode=*,certificate=leaf-as-ca]",
    check="auth mail sender.status",
)
class TakesLeavesForAuthorities(OwnVerification):
    """Lets any certificate vouch for others."""

    def check_authority(self, issuer: x509.Certificate) -> None:
        pass


@convicted("tls/certificate[mode=*,certificate=name-constraint]", check="auth")
class IgnoresNameConstraints(OwnVerification):
    """Lets an authority name what it may not."""

    def check_constraints(self, issuer: x509.Certificate, leaf: x509.Certificate) -> None:
        pass


@convicted("tls/certificate[mode=*,certificate=client-auth-only]", check="auth")
class IgnoresThePurpose(OwnVerification):
    """Takes a certificate that is for clients."""

    def check_purpose(self, leaf: x509.Certificate) -> None:
        pass


@convicted("tls/weak-certificate", check="auth mail sender.status")
class IgnoresStrength(OwnVerification):
    """Takes keys and digests that can be broken."""

    def check_strength(self, certificate: x509.Certificate) -> None:
        pass


@convicted("ory/sendgrid-hostname[certificate=cn-right-san-other]", check="auth mail sender.status")
@convicted("tls/certificate[mode=*,certificate=cn-right-san-other]", check="auth")
class TakesTheCommonName(OwnVerification):
    """Counts the common name among the names, always."""

    def names(self, leaf: x509.Certificate) -> list[str]:
        return [*super().names(leaf), *self.common_names(leaf)]


@convicted("tls/common-name-only", check="auth mail sender.status")
class FallsBackToTheCommonName(OwnVerification):
    """Counts the common name where there is no subject alternative name."""

    def names(self, leaf: x509.Certificate) -> list[str]:
        return super().names(leaf) or self.common_names(leaf)


@convicted(
    "tls/certificate-good[mode=*,certificate=san-right-cn-other]",
    check="message logged-in messages sender.status",
)
class NeedsTheCommonName(OwnVerification):
    """Compares with the common name alone."""

    def names(self, leaf: x509.Certificate) -> list[str]:
        return self.common_names(leaf)


@convicted("tls/wildcard-words[mode=*,certificate=wildcard-too-deep]", check="sender.status")
@convicted("tls/wildcard-refused[mode=*,certificate=wildcard-too-deep]", check="auth")
class WildcardsReachDeep(OwnVerification):
    """Lets a wildcard stand for several labels."""

    def fits(self, name: str, wanted: str) -> bool:
        return super().fits(name, wanted) or (name[:2] == "*." and wanted.endswith(name[1:]))


@convicted("tls/wildcard-words[mode=*,certificate=wildcard-parent]", check="sender.status")
@convicted("tls/wildcard-refused[mode=*,certificate=wildcard-parent]", check="auth")
class WildcardsCoverTheParent(OwnVerification):
    """Lets a wildcard stand for nothing."""

    def fits(self, name: str, wanted: str) -> bool:
        return super().fits(name, wanted) or (name[:2] == "*." and wanted == name[2:])


@convicted(
    "tls/wildcard-refused[mode=*,certificate=wildcard-partial]", check="auth mail sender.status"
)
@convicted("tls/wildcard-words[mode=*,certificate=wildcard-partial]", check="sender.status")
class WildcardsArePartial(OwnVerification):
    """Lets a wildcard stand for a part of a label."""

    def fits(self, name: str, wanted: str) -> bool:
        first, _, rest = name.partition(".")
        label, _, others = wanted.partition(".")
        before, star, after = first.partition("*")
        is_partial = star and label.startswith(before) and label.endswith(after)
        return super().fits(name, wanted) or (bool(is_partial) and rest == others)


@convicted(
    "tls/wildcard[mode=starttls]",
    "tls/wildcard[mode=tls]",
    check="logged-in messages sender.status",
)
@convicted("tls/wildcard[mode=other-name]", check="logged-in messages sender.status")
class HasNoWildcards(OwnVerification):
    """Takes `*` for a character like any other."""

    def fits(self, name: str, wanted: str) -> bool:
        return name == wanted


@convicted("tls/certificate[mode=*,certificate=nul-in-san]", check="auth")
class ReadsNamesToTheFirstNul(OwnVerification):
    """Cuts names at a NUL, as C does."""

    def names(self, leaf: x509.Certificate) -> list[str]:
        return [name.partition("\0")[0] for name in super().names(leaf)]


@convicted(
    "tls/certificate[mode=*,certificate=nul-in-san]",
    "tls/certificate[mode=*,certificate=nul-in-cn]",
    check="auth",
)
class ReadsCommonNamesToTheFirstNul(OwnVerification):
    """Cuts the common name at a NUL where it falls back to it."""

    def names(self, leaf: x509.Certificate) -> list[str]:
        names = super().names(leaf) or self.common_names(leaf)
        return [name.partition("\0")[0] for name in names]


@convicted(
    "tls/address-certificate-refused[mode=*,certificate=ip-as-dns]", check="auth mail sender.status"
)
class TakesAddressesForNames(OwnVerification):
    """Finds an IP address among the host names of a certificate too."""

    def addresses(self, leaf: x509.Certificate) -> list[str]:
        return [*super().addresses(leaf), *self.dns_names(leaf)]


@convicted("tls/address-certificate-refused[mode=*,certificate=ip-as-cn]", check="auth")
class FindsAddressesInTheCommonName(OwnVerification):
    """Finds an IP address in the common name."""

    def addresses(self, leaf: x509.Certificate) -> list[str]:
        return [*super().addresses(leaf), *self.common_names(leaf)]


@convicted(
    "tls/address-certificate[mode=starttls]",
    "tls/address-certificate[mode=tls]",
    check="logged-in messages sender.status",
)
@convicted("tls/server-name-form[mode=starttls]", check="messages sender.status")
@convicted("tls/server-name-form[mode=tls]", check="messages sender.status")
@convicted(
    "config/ipv6-host[mode=starttls]",
    "config/ipv6-host[mode=tls]",
    check="logged-in messages sender.status",
)
class KnowsNoAddresses(OwnVerification):
    """Looks for an IP address among host names only."""

    def addresses(self, leaf: x509.Certificate) -> list[str]:
        return self.dns_names(leaf)


@convicted("network/redirected", check="auth")
class VerifiesOnce(OwnVerification):
    """Remembers a server that was right once, and does not look again."""

    def verify_peer(self) -> None:
        if self.to.server not in self.memory:
            super().verify_peer()
            self.memory[self.to.server] = True


@convicted(
    "tls/certificate-skipped[mode=*,certificate=expired]",
    "tls/certificate-skipped[mode=*,certificate=not-yet-valid]",
    "tls/certificate-skipped[mode=*,certificate=self-signed]",
    "tls/certificate-skipped[mode=*,certificate=untrusted-root]",
    "tls/certificate-skipped[mode=*,certificate=wrong-host]",
    "tls/certificate-skipped[mode=*,certificate=cn-only]",
    "tls/certificate-skipped[mode=*,certificate=cn-right-san-other]",
    "tls/certificate-skipped[mode=*,certificate=missing-intermediate]",
    "tls/certificate-skipped[mode=*,certificate=leaf-as-ca]",
    "tls/certificate-skipped[mode=*,certificate=name-constraint]",
    "tls/certificate-skipped[mode=*,certificate=nul-in-san]",
    "tls/certificate-skipped[mode=*,certificate=nul-in-cn]",
    check="message logged-in messages sender.status",
)
@convicted(
    "tls/address-certificate-skipped",
    "tls/wildcard-skipped",
    check="logged-in messages sender.status",
)
@convicted("config/flag-set[scheme=*,value=true]", check="handshakes")
@convicted(
    "tls/address-certificate-skipped[mode=tls,certificate=ip-as-cn]",
    "tls/wildcard-skipped[mode=tls,certificate=wildcard-too-deep]",
    check="handshakes",
)
class SkipsNothing(Careful):
    """Verifies although it was told not to: the switch does nothing."""

    def settings(self) -> Settings:
        return replace(super().settings(), verify=True)


@convicted("auth0/public-authority", check="logged-in messages sender.status")
@convicted("tls/offered-versions", check="messages sender.status")
@convicted("auth0/public-authority[mode=starttls,certificate=good]", check="handshakes")
class HasNoTrustStore(Careful):
    """Trusts nobody: the trust anchor is never loaded."""

    def trust(self, context: ssl.SSLContext) -> None:
        pass


# The name that is sent, and the name that is compared.


@convicted(
    "config/host-in-upper-case",
    "ory/sendgrid-hostname",
    "tls/server-name[mode=starttls]",
    "tls/server-name[mode=tls]",
    check="sni",
)
class SendsNoName(OwnVerification):
    """Sends no SNI."""

    def sni(self) -> str | None:
        return None


@convicted("tls/server-name-form", check="sni")
class SendsThePortInTheName(OwnVerification):
    """SNI with the port behind the name."""

    def sni(self) -> str | None:
        return f"{self.tls_name()}:{self.to.port}"


@convicted("tls/server-name-form", check="sni")
class SendsADotBehindTheName(OwnVerification):
    """SNI with a dot at the end, an IP address too."""

    def sni(self) -> str | None:
        return f"{self.tls_name()}."


@convicted(
    "tls/certificate-good[mode=other-name,certificate=good]",
    "tls/certificate-good[mode=other-name,certificate=chain]",
    check="message",
)
class IgnoresTheOtherName(Careful):
    """Reads `server_name` and does nothing with it."""

    def tls_name(self) -> str:
        return self.to.host


@convicted("tls/certificate-good[mode=other-name,certificate=*]", check="message")
class OtherNameForSniOnly(OwnVerification):
    """Sends `server_name` as SNI, and compares the certificate with the host."""

    def sni(self) -> str | None:
        return self.to.server_name or self.to.host

    def tls_name(self) -> str:
        return self.to.host


@convicted("tls/server-name[mode=other-name]", check="sni messages sender.status")
class OtherNameForTheCertificateOnly(OwnVerification):
    """Compares the certificate with `server_name`, and sends the host as SNI."""

    def sni(self) -> str | None:
        return self.to.host


@convicted(
    "modes/other-name-only",
    "modes/other-name-subdomain",
    "modes/other-name-wildcard",
    "tls/address-certificate-other-name[certificate=ip-as-dns]",
    check="auth mail sender.status",
)
class EitherNameWillDo(OwnVerification):
    """Takes a certificate for the host as well where it was told another name."""

    def fits(self, name: str, wanted: str) -> bool:
        return super().fits(name, wanted) or super().fits(name, self.to.host)


@convicted("network/redirected[mode=other-name]", check="auth mail sender.status")
@convicted(
    "tls/address-certificate-other-name[certificate=ip-san]",
    "tls/address-certificate-other-name[certificate=ip-as-cn]",
    "tls/certificate-other-name[certificate=wrong-host]",
    "tls/certificate-other-name[certificate=wildcard-too-deep]",
    "tls/certificate-other-name[certificate=wildcard-parent]",
    "tls/certificate-other-name[certificate=wildcard-partial]",
    "tls/certificate-other-name[certificate=cn-right-san-other]",
    "tls/certificate-other-name[certificate=nul-in-san]",
    "tls/certificate-other-name[certificate=nul-in-cn]",
    check="auth",
)
@convicted("tls/certificate-other-name-words", check="sender.status")
class OtherNameIsNotVerified(Careful):
    """Takes `server_name` for leave to compare no name at all."""

    def check_name(self, context: ssl.SSLContext) -> None:
        super().check_name(context)
        if self.to.server_name:
            context.check_hostname = False


@convicted("config/host-with-final-dot", check="sni logged-in messages sender.status")
class ComparesNamesAsTheyCome(OwnVerification):
    """Compares the host as it is configured, not in the form that names have on the wire."""

    def tls_name(self) -> str:
        told = str(self.request["transport"]["host"])
        return self.to.server_name or told.strip("[]")
