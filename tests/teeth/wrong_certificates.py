"""Senders that go wrong about certificates, each in one rule."""

from __future__ import annotations

import ssl
from dataclasses import replace

from cryptography import x509

from .careful import Careful
from .careful_settings import Settings
from .own_verification import OwnVerification


class VerifiesNothing(Careful):
    """Never verifies: any certificate will do."""

    def context(self) -> ssl.SSLContext:
        context = super().context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


class IgnoresTheVerdict(OwnVerification):
    """Verifies, and goes on whatever comes out of it."""

    def verify_peer(self) -> None:
        try:
            super().verify_peer()
        except Exception:  # noqa: BLE001  # this is its fault
            self.wire.in_step = True


class VerifiesAfterLoggingIn(OwnVerification):
    """Looks at the certificate when the log-in is done."""

    def verify_peer(self) -> None:
        pass

    def authenticate(self, capabilities: dict[str, list[str]]) -> None:
        super().authenticate(capabilities)
        super().verify_peer()


class IgnoresTheName(Careful):
    """Checks the chain, not whose certificate it is."""

    def check_name(self, context: ssl.SSLContext) -> None:
        context.check_hostname = False


class IgnoresTheChain(OwnVerification):
    """Checks the name, not who vouches for it."""

    def verify_chain(self, presented: list[x509.Certificate]) -> None:
        pass


class IgnoresExpiry(OwnVerification):
    """Takes certificates that ran out."""

    def check_not_after(self, certificate: x509.Certificate) -> None:
        pass


class IgnoresTheFirstDay(OwnVerification):
    """Takes certificates that are not valid yet."""

    def check_not_before(self, certificate: x509.Certificate) -> None:
        pass


class TrustsSelfSigned(OwnVerification):
    """Takes a certificate that vouches for itself."""

    def untrusted(
        self, path: list[x509.Certificate], presented: list[x509.Certificate]
    ) -> list[x509.Certificate]:
        if presented[0].issuer == presented[0].subject:
            return [presented[0], presented[0]]
        return super().untrusted(path, presented)


class TrustsAnyRoot(OwnVerification):
    """Trusts whatever root the server sends along."""

    def untrusted(
        self, path: list[x509.Certificate], presented: list[x509.Certificate]
    ) -> list[x509.Certificate]:
        if len(path) > 1 and path[-1].issuer == path[-1].subject:
            return path
        return super().untrusted(path, presented)


class TrustsBrokenChains(OwnVerification):
    """Takes a chain that leads nowhere: perhaps an intermediate is missing."""

    def untrusted(
        self, path: list[x509.Certificate], presented: list[x509.Certificate]
    ) -> list[x509.Certificate]:
        if path[-1].issuer != path[-1].subject:
            return [*path, path[-1]]
        return super().untrusted(path, presented)


class TakesLeavesForAuthorities(OwnVerification):
    """Lets any certificate vouch for others."""

    def check_authority(self, issuer: x509.Certificate) -> None:
        pass


class IgnoresNameConstraints(OwnVerification):
    """Lets an authority name what it may not."""

    def check_constraints(self, issuer: x509.Certificate, leaf: x509.Certificate) -> None:
        pass


class IgnoresThePurpose(OwnVerification):
    """Takes a certificate that is for clients."""

    def check_purpose(self, leaf: x509.Certificate) -> None:
        pass


class IgnoresStrength(OwnVerification):
    """Takes keys and digests that can be broken."""

    def check_strength(self, certificate: x509.Certificate) -> None:
        pass


class TakesTheCommonName(OwnVerification):
    """Counts the common name among the names, always."""

    def names(self, leaf: x509.Certificate) -> list[str]:
        return [*super().names(leaf), *self.common_names(leaf)]


class FallsBackToTheCommonName(OwnVerification):
    """Counts the common name where there is no subject alternative name."""

    def names(self, leaf: x509.Certificate) -> list[str]:
        return super().names(leaf) or self.common_names(leaf)


class NeedsTheCommonName(OwnVerification):
    """Compares with the common name alone."""

    def names(self, leaf: x509.Certificate) -> list[str]:
        return self.common_names(leaf)


class WildcardsReachDeep(OwnVerification):
    """Lets a wildcard stand for several labels."""

    def fits(self, name: str, wanted: str) -> bool:
        return super().fits(name, wanted) or (name[:2] == "*." and wanted.endswith(name[1:]))


class WildcardsCoverTheParent(OwnVerification):
    """Lets a wildcard stand for nothing."""

    def fits(self, name: str, wanted: str) -> bool:
        return super().fits(name, wanted) or (name[:2] == "*." and wanted == name[2:])


class WildcardsArePartial(OwnVerification):
    """Lets a wildcard stand for a part of a label."""

    def fits(self, name: str, wanted: str) -> bool:
        first, _, rest = name.partition(".")
        label, _, others = wanted.partition(".")
        before, star, after = first.partition("*")
        is_partial = star and label.startswith(before) and label.endswith(after)
        return super().fits(name, wanted) or (bool(is_partial) and rest == others)


class HasNoWildcards(OwnVerification):
    """Takes `*` for a character like any other."""

    def fits(self, name: str, wanted: str) -> bool:
        return name == wanted


class ReadsNamesToTheFirstNul(OwnVerification):
    """Cuts names at a NUL, as C does."""

    def names(self, leaf: x509.Certificate) -> list[str]:
        return [name.partition("\0")[0] for name in super().names(leaf)]


class ReadsCommonNamesToTheFirstNul(OwnVerification):
    """Cuts the common name at a NUL where it falls back to it."""

    def names(self, leaf: x509.Certificate) -> list[str]:
        names = super().names(leaf) or self.common_names(leaf)
        return [name.partition("\0")[0] for name in names]


class TakesAddressesForNames(OwnVerification):
    """Finds an IP address among the host names of a certificate too."""

    def addresses(self, leaf: x509.Certificate) -> list[str]:
        return [*super().addresses(leaf), *self.dns_names(leaf)]


class FindsAddressesInTheCommonName(OwnVerification):
    """Finds an IP address in the common name."""

    def addresses(self, leaf: x509.Certificate) -> list[str]:
        return [*super().addresses(leaf), *self.common_names(leaf)]


class KnowsNoAddresses(OwnVerification):
    """Looks for an IP address among host names only."""

    def addresses(self, leaf: x509.Certificate) -> list[str]:
        return self.dns_names(leaf)


class VerifiesOnce(OwnVerification):
    """Remembers a server that was right once, and does not look again."""

    def verify_peer(self) -> None:
        if self.to.server not in self.memory:
            super().verify_peer()
            self.memory[self.to.server] = True


class SkipsNothing(Careful):
    """Verifies although it was told not to: the switch does nothing."""

    def settings(self) -> Settings:
        return replace(super().settings(), verify=True)


class HasNoTrustStore(Careful):
    """Trusts nobody: the trust anchor is never loaded."""

    def trust(self, context: ssl.SSLContext) -> None:
        pass


# The name that is sent, and the name that is compared.


class SendsNoName(OwnVerification):
    """Sends no SNI."""

    def sni(self) -> str | None:
        return None


class SendsThePortInTheName(OwnVerification):
    """SNI with the port behind the name."""

    def sni(self) -> str | None:
        return f"{self.tls_name()}:{self.to.port}"


class SendsADotBehindTheName(OwnVerification):
    """SNI with a dot at the end, an IP address too."""

    def sni(self) -> str | None:
        return f"{self.tls_name()}."


class IgnoresTheOtherName(Careful):
    """Reads `server_name` and does nothing with it."""

    def tls_name(self) -> str:
        return self.to.host


class OtherNameForSniOnly(OwnVerification):
    """Sends `server_name` as SNI, and compares the certificate with the host."""

    def sni(self) -> str | None:
        return self.to.server_name or self.to.host

    def tls_name(self) -> str:
        return self.to.host


class OtherNameForTheCertificateOnly(OwnVerification):
    """Compares the certificate with `server_name`, and sends the host as SNI."""

    def sni(self) -> str | None:
        return self.to.host


class EitherNameWillDo(OwnVerification):
    """Takes a certificate for the host as well where it was told another name."""

    def fits(self, name: str, wanted: str) -> bool:
        return super().fits(name, wanted) or super().fits(name, self.to.host)


class OtherNameIsNotVerified(Careful):
    """Takes `server_name` for leave to compare no name at all."""

    def check_name(self, context: ssl.SSLContext) -> None:
        super().check_name(context)
        if self.to.server_name:
            context.check_hostname = False


class ComparesNamesAsTheyCome(OwnVerification):
    """Compares the host as it is configured, not in the form that names have on the wire."""

    def tls_name(self) -> str:
        told = str(self.request["transport"]["host"])
        return self.to.server_name or told.strip("[]")
