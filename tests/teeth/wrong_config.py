"""Senders that read a configuration wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, unquote_plus

from .careful import Careful
from .careful_settings import Settings, invalid
from .careful_wire import Failure, Reply
from .convictions import convicted


@convicted("ory/encoded-credentials[secret=percent]", check="wrong-credentials")
class DecodesTwice(Careful):
    """Percent-decodes user name and password twice."""

    def decoded(self, text: str) -> str:
        return unquote(super().decoded(text))


@convicted("ory/encoded-credentials", check="wrong-credentials")
class DecodesNothing(Careful):
    """Takes user name and password as they stand in the URI."""

    def decoded(self, text: str) -> str:
        return text


@convicted("config/host-in-upper-case", check="logged-in messages sender.status")
@convicted("ory/sent-once-taken", check="message messages")
@convicted("ory/six-modes", check="wrong-credentials")
class DecodesThePasswordOnly(Careful):
    """Takes the user name as it stands in the URI."""

    def credentials(self, text: str) -> tuple[str | None, str | None]:
        return text.partition(":")[0], super().credentials(text)[1]


@convicted(
    "ory/literal-credentials[character=plus]",
    check="wrong-credentials logged-in messages sender.status",
)
class TakesPlusForBlank(Careful):
    """Decodes credentials as if they were a form."""

    def decoded(self, text: str) -> str:
        return unquote_plus(text)


@convicted("ory/literal-credentials[character=colon]", check="wrong-credentials")
class EndsThePasswordAtAColon(Careful):
    """Splits user information at every colon."""

    def credentials(self, text: str) -> tuple[str | None, str | None]:
        username, password = super().credentials(text)
        is_raw = text.count(":") > 1
        return username, (password or "").partition(":")[0] if is_raw else password


@convicted("ory/literal-credentials[character=colon]", check="wrong-credentials")
class SplitsAtTheLastColon(Careful):
    """Takes what stands behind the last colon for the password."""

    def credentials(self, text: str) -> tuple[str | None, str | None]:
        super().credentials(text)
        username, _, password = text.rpartition(":")
        return self.decoded(username), self.decoded(password)


@convicted(
    "ory/literal-credentials[character=plus]",
    "ory/literal-credentials[character=sub-delimiters]",
    check="logged-in",
)
class WantsLettersAndDigits(Careful):
    """Refuses everything but letters, digits and escapes in user information."""

    def credentials(self, text: str) -> tuple[str | None, str | None]:
        if not re.fullmatch(r"(?:[A-Za-z0-9_.~:-]|%[0-9A-Fa-f]{2})*", text):
            raise invalid("the user name or password holds a strange character")
        return super().credentials(text)


@convicted(
    "ory/sendgrid-uri",
    check="starttls connections sni first-octets message logged-in messages sender.status",
)
@convicted(
    "ory/postmark-uri", check="starttls connections sni message logged-in messages sender.status"
)
@convicted("ory/sendgrid-starttls", check="starttls handshakes logged-in messages sender.status")
@convicted("ory/literal-credentials[character=unreserved]", check="logged-in")
class WantsDashlessPasswords(Careful):
    """Refuses dots, dashes and tildes in a password."""

    def credentials(self, text: str) -> tuple[str | None, str | None]:
        if re.search(r"[~._-]", text.partition(":")[2]) and "%" not in text:
            raise invalid("the password holds a strange character")
        return super().credentials(text)


@convicted(
    "config/raw-reserved-characters",
    check="wrong-credentials sender.error.class sender.error.phase",
)
class ReadsRawTextWrong(Careful):
    """Reads user information up to the first reserved character, whatever is raw in it."""

    def check_characters(self, uri: str) -> None:
        pass

    def from_uri(self, uri: str) -> dict[str, Any]:
        try:
            return super().from_uri(uri)
        except Failure:
            scheme, _, rest = uri.partition("://")
            before, _, after = rest.rpartition("@")
            cut = re.split(r"[@/?#%\[]", before)[0]
            if not cut.partition(":")[2]:
                raise
            return super().from_uri(f"{scheme}://{cut}@{after}")


@convicted(
    "config/raw-at-sign-in-user-name",
    check="wrong-credentials sender.error.class sender.error.phase",
)
class ReadsTheFirstAtSign(Careful):
    """Ends user information at the first @ and logs in with what stands before it."""

    def from_uri(self, uri: str) -> dict[str, Any]:
        try:
            return super().from_uri(uri)
        except Failure:
            found = re.fullmatch(r"(smtps?://)([^@]*)@[^@]*?:([^@]*)@(.*)", uri)
            if found is None:
                raise
            return super().from_uri(f"{found[1]}{found[2]}:{found[3]}@{found[4]}")


@convicted(
    "config/flag-unknown-value[flag=skip_ssl_verify,value=*]", check="auth mail sender.status"
)
@convicted(
    "config/flag-unknown-value[flag=disable_starttls,value=*]",
    check="sender.error.class sender.error.phase",
)
class TakesAnyFlagForTrue(Careful):
    """Takes every value of a flag but `false` for true."""

    def flag(self, text: str) -> bool:
        return text.lower() not in {"false", "0", "f"}

    def parameters(self, query: str) -> dict[str, str]:
        pairs = (item.partition("=") for item in query.split("&") if item)
        return {name: value for name, _, value in pairs}


@convicted("config/flag-unknown-value", check="auth")
class TakesAnyFlagForFalse(Careful):
    """Takes every value of a flag but `true` for false."""

    def flag(self, text: str) -> bool:
        return text.lower() in {"true", "1", "t"}

    def parameters(self, query: str) -> dict[str, str]:
        pairs = (item.partition("=") for item in query.split("&") if item)
        return {name: value for name, _, value in pairs}


@convicted("config/flag-cleared", check="auth mail sender.status")
class TakesThePresenceOfAFlag(Careful):
    """A flag that is there is true, whatever its value."""

    def flag(self, text: str) -> bool:
        return text != "false" or self.is_there

    def from_uri(self, uri: str) -> dict[str, Any]:
        self.is_there = False
        found = super().from_uri(uri)
        found["verify"] = "skip_ssl_verify=" not in uri
        return found


@convicted(
    "config/flag-set[scheme=*,value=TRUE]",
    "config/flag-set[scheme=*,value=True]",
    "config/flag-set[scheme=*,value=T]",
    check="handshakes logged-in messages sender.status",
)
class KnowsTrueInLowerCase(Careful):
    """Knows flags in lower case only, and takes the others for false."""

    def flag(self, text: str) -> bool:
        return text in {"true", "1", "t"}


@convicted(
    "config/flag-set[scheme=*,value=1]", "config/flag-set[scheme=*,value=t]", check="handshakes"
)
class KnowsOneSpellingOnly(Careful):
    """Knows `true` and `false`, in any case, and nothing else."""

    def flag(self, text: str) -> bool:
        if text.lower() not in {"true", "false"}:
            raise invalid("a flag is true or false")
        return text.lower() == "true"


@convicted("config/misspelt-parameter", check="auth mail sender.status")
class GuessesParameters(Careful):
    """Takes a parameter that looks like one it knows for that one."""

    def parameters(self, query: str) -> dict[str, str]:
        known: dict[str, str] = {}
        for item in query.split("&") if query else []:
            name, _, value = item.partition("=")
            if re.search("skip|insecure", name):
                name = "skip_ssl_verify"
            if "disable" in name:
                name = "disable_starttls"
            known[name] = value
        return {name: value for name, value in known.items() if name != "servername"}


@convicted("config/misspelt-parameter-words", check="sender.error.says")
class RefusesParametersInSilence(Careful):
    """Refuses an unknown parameter, and does not say what it refuses."""

    def parameters(self, query: str) -> dict[str, str]:
        try:
            return super().parameters(query)
        except Failure:
            raise invalid("invalid configuration") from None


@convicted("ory/ses-region-placeholder-words", check="sender.error.says")
class RefusesTheUriInSilence(Careful):
    """Refuses a URI, and does not say what is wrong with it."""

    def settings(self) -> Settings:
        try:
            return super().settings()
        except Failure as failure:
            failure.words = "something is wrong"
            raise


@convicted("config/half-credentials-uri", "config/half-credentials", check="auth")
class TakesHalfAPair(Careful):
    """Logs in with a user name and no password, or the other way round."""

    def credentials(self, text: str) -> tuple[str | None, str | None]:
        username, _, password = text.partition(":")
        return self.decoded(username), self.decoded(password)

    def check(self, settings: Settings) -> None:
        pass


@convicted("config/half-credentials-uri", "config/half-credentials", check="mail sender.status")
@convicted(
    "auth0/setting-missing[setting=user-name]",
    "auth0/setting-missing[setting=password]",
    check="messages sender.status",
)
class LeavesHalfAPairOut(Careful):
    """Sends without credentials where one half of them is missing."""

    def credentials(self, text: str) -> tuple[str | None, str | None]:
        username, _, password = text.partition(":")
        if not username or not password:
            return None, None
        return super().credentials(text)


@convicted("config/contradicting-flags-in-clear", check="auth mail sender.status")
@convicted("config/contradicting-flags[flags=smtps-and-cleartext]", check="sender.error.phase")
class TakesTheWorseFlag(Careful):
    """Where flags contradict each other it takes the one that secures less, for `smtps` too."""

    def security(self, scheme: str, parameters: Mapping[str, str]) -> str:
        if self.flag(parameters.get("disable_starttls", "false")):
            return "none"
        return super().security(scheme, {})


@convicted(
    "config/contradicting-flags[flags=cleartext-and-skip]",
    "config/contradicting-flags[flags=cleartext-and-server-name]",
    "config/contradicting-flags[flags=smtps-and-cleartext]",
    "config/contradicting-flags[flags=skip-and-server-name]",
    "config/contradicting-flags[flags=server-name-under-smtp]",
    check="answers",
)
class BreaksOnContradictions(Careful):
    """Raises where flags contradict each other."""

    def security(self, scheme: str, parameters: Mapping[str, str]) -> str:
        if len(parameters) > 1:
            raise KeyError("security")
        return super().security(scheme, parameters)

    def parameters(self, query: str) -> dict[str, str]:
        found = super().parameters(query)
        if "server_name" in found and not self.is_smtps:
            raise KeyError("server_name")
        if "disable_starttls" in found and self.is_smtps:
            raise KeyError("disable_starttls")
        return found

    @property
    def is_smtps(self) -> bool:
        return str(self.request["transport"]["uri"]).startswith("smtps")


@convicted(
    "config/host-with-blanks",
    "config/no-port[scheme=*,colon=with-colon]",
    "ory/ses-region-placeholder",
    check="sender.error.class sender.error.phase",
)
@convicted("config/half-credentials", "config/half-credentials-uri", check="sender.error.class")
@convicted(
    "auth0/setting-missing[setting=host]",
    "config/contradicting-flags-in-clear",
    "config/contradicting-flags[flags=set-and-cleared]",
    "config/misspelt-parameter",
    check="sender.error.phase",
)
class BlamesTheLogInForTheUri(Careful):
    """Says of a URI that cannot be read that the log-in failed."""

    def settings(self) -> Settings:
        try:
            return super().settings()
        except Failure:
            words = "authentication failed"
            raise Failure("auth", "auth-rejected", words, temporary=False) from None


@convicted("config/no-port[scheme=*,colon=without-colon]", check="elsewhere")
class UsesPort25ByDefault(Careful):
    """A URI without a port means 25."""

    def port(self, text: str | None, security: str) -> int:
        return 25 if text is None else super().port(text, security)


@convicted(
    "config/impossible-uri[mistake=port-0]",
    "config/impossible-uri[mistake=port-65536]",
    "config/impossible-uri[mistake=port-abc]",
    "config/impossible-uri[mistake=negative-port]",
    check="connections sender.status",
)
class TakesAnyPort(Careful):
    """Takes a port that cannot be for the usual one."""

    def port(self, text: str | None, security: str) -> int:
        try:
            return super().port(text, security)
        except Failure:
            return super().port(None, security)


@convicted(
    "config/impossible-uri[mistake=scheme-smtpx]",
    "config/impossible-uri[mistake=scheme-http]",
    "config/impossible-uri[mistake=no-scheme]",
    check="connections",
)
class TakesAnyScheme(Careful):
    """Takes every scheme but `smtps`, or none, for `smtp`."""

    def from_uri(self, uri: str) -> dict[str, Any]:
        scheme, separator, rest = uri.partition("://")
        if not separator:
            rest = uri
        return super().from_uri(f"{'smtps' if scheme == 'smtps' else 'smtp'}://{rest}")


@convicted("config/impossible-uri[mistake=no-host]", check="sender.error.phase sender.error.class")
@convicted("auth0/setting-missing[setting=host]", check="messages sender.status")
class TakesNoHostForLocalhost(Careful):
    """Takes a URI without a host for this machine."""

    def host_and_port(self, text: str) -> tuple[str, str | None]:
        host, _, port = text.rpartition(":")
        return super().host_and_port(text if host else f"localhost:{port}")

    def host(self, text: str) -> str:
        return super().host(text or "localhost")


@convicted("auth0/setting-missing[setting=host]", check="elsewhere messages sender.status")
class LooksForNoHostAtLocalhost(TakesNoHostForLocalhost):
    """Takes a URI without a host for this machine, and looks for it at its usual address."""

    def endpoint(self) -> tuple[str, int]:
        real = self.request.get("connect_to", {}).get(self.to.server)
        if real is None:
            return super().endpoint()
        host, _, port = real.rpartition(":")
        return host, int(port)


@convicted("config/trailing-slash[mode=*,slash=without-slash]", check="sender.status")
class NeedsASlash(Careful):
    """Wants a slash at the end of the URI."""

    def from_uri(self, uri: str) -> dict[str, Any]:
        if uri.count("/") < 3:
            raise invalid("the URI has to end in a slash")
        return super().from_uri(uri)


@convicted("config/ipv6-host", check="sender.status")
@convicted("config/ipv6-host[mode=tls]", check="connections")
class SendsBracketsToTheResolver(Careful):
    """Looks up an IPv6 address with its brackets on."""

    def endpoint(self) -> tuple[str, int]:
        host, port = super().endpoint()
        return (f"[{host}]" if ":" in self.to.host else host), port


@convicted("config/host-with-final-dot", check="sni")
class KeepsTheFinalDot(Careful):
    """Leaves a final dot in the name for SNI and the certificate."""

    def tls_name(self) -> str:
        told = str(self.request["transport"]["host"])
        return f"{super().tls_name()}." if told.endswith(".") else super().tls_name()


@convicted("config/host-in-upper-case", check="sender.status")
class KeepsTheCaseOfNames(Careful):
    """Takes a host in upper case for another host."""

    def host(self, text: str) -> str:
        if text != text.lower():
            raise invalid("the host is no host name")
        return super().host(text)


@convicted("config/host-with-blanks", check="answers")
class CutsTheHostAtABlank(Careful):
    """Breaks on a host with a blank."""

    def check_characters(self, uri: str) -> None:
        if " " in uri:
            raise ValueError(uri)
        super().check_characters(uri)


@convicted("ory/ses-region-placeholder", check="sender.error.phase sender.error.class")
class BlamesTheLogInForThePlaceholder(Careful):
    """Says of a host that cannot be that the log-in failed."""

    def settings(self) -> Settings:
        try:
            return super().settings()
        except Failure:
            raise Failure("auth", "auth-rejected", "the log-in failed") from None


@convicted("ory/ses-uri[region=eu-central-1]", check="sni")
class UsesTheFirstProviderItKnows(Careful):
    """Goes to the United States whatever region is configured."""

    def tls_name(self) -> str:
        return re.sub(r"\beu-central-1\b", "us-east-1", super().tls_name()).replace(".eu.", ".")


@convicted("ory/sendgrid-uri", check="wrong-credentials")
class RewritesTheUserName(Careful):
    """Logs in as `api` at a provider whose user name is a constant."""

    def username(self) -> str:
        return super().username().replace("apikey", "api")


@convicted("ory/sendgrid-uri", check="wrong-credentials")
class CutsThePasswordAtADot(Careful):
    """Takes the first two parts of a key with dots."""

    def password(self) -> str:
        parts = super().password().split(".")
        return ".".join(parts[:2])


@convicted("ory/ses-uri", check="wrong-credentials")
class TrimsEqualsSigns(Careful):
    """Takes the padding off a password in base64."""

    def password(self) -> str:
        return super().password().rstrip("=")


@convicted("ory/postmark-uri", check="sender.status")
class NeedsUserAndPasswordToDiffer(Careful):
    """Refuses a password that is the user name."""

    def check(self, settings: Settings) -> None:
        super().check(settings)
        if settings.username is not None and settings.username == settings.password:
            raise invalid("the password is the user name")


@convicted("ory/sendgrid-port", check="elsewhere")
class TriesOtherPorts(Careful):
    """Tries the usual ports before the one that it was told."""

    def connect(self) -> None:
        told = self.to
        for port in (25, 465, 2525):
            if f"{told.host}:{port}" in self.request.get("connect_to", {}):
                self.to = replace(told, port=port)
                super().connect()
                self.wire.close()
        self.to = told
        super().connect()


@convicted("auth0/port-25-blocked", check="elsewhere")
class TriesAnotherPortWhenItFails(Careful):
    """Where the port that it was told does not answer it tries the other usual ones."""

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure as failure:
            if failure.phase != "connect":
                raise
            return self.elsewhere(failure)

    def elsewhere(self, failure: Failure) -> Reply:
        for port in (25, 587, 465, 2525):
            other = f"{self.to.host}:{port}"
            if port != self.to.port and other in self.request.get("connect_to", {}):
                self.other_port = port
                return super().deliver()
        raise failure

    other_port: int | None = None

    def settings(self) -> Settings:
        settings = super().settings()
        return replace(settings, port=self.other_port) if self.other_port else settings
