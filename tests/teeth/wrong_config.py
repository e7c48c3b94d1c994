"""Senders that read a configuration wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, unquote_plus, unquote_to_bytes

from .careful import Careful
from .careful_settings import Settings, invalid
from .careful_wire import Failure, Reply


class DecodesTwice(Careful):
    """Percent-decodes user name and password twice."""

    def decoded(self, text: str) -> str:
        return unquote(super().decoded(text))


class DecodesNothing(Careful):
    """Takes user name and password as they stand in the URI."""

    def decoded(self, text: str) -> str:
        return text


class DecodesThePasswordOnly(Careful):
    """Takes the user name as it stands in the URI."""

    def credentials(self, text: str) -> tuple[str | None, str | None]:
        return text.partition(":")[0], super().credentials(text)[1]


class TakesPlusForBlank(Careful):
    """Decodes credentials as if they were a form."""

    def decoded(self, text: str) -> str:
        return unquote_plus(text)


class EndsThePasswordAtAColon(Careful):
    """Splits user information at every colon."""

    def credentials(self, text: str) -> tuple[str | None, str | None]:
        username, password = super().credentials(text)
        is_raw = text.count(":") > 1
        return username, (password or "").partition(":")[0] if is_raw else password


class SplitsAtTheLastColon(Careful):
    """Takes what stands behind the last colon for the password."""

    def credentials(self, text: str) -> tuple[str | None, str | None]:
        super().credentials(text)
        username, _, password = text.rpartition(":")
        return self.decoded(username), self.decoded(password)


class WantsLettersAndDigits(Careful):
    """Refuses everything but letters, digits and escapes in user information."""

    def credentials(self, text: str) -> tuple[str | None, str | None]:
        if not re.fullmatch(r"(?:[A-Za-z0-9_.~:-]|%[0-9A-Fa-f]{2})*", text):
            raise invalid("the user name or password holds a strange character")
        return super().credentials(text)


class WantsDashlessPasswords(Careful):
    """Refuses dots, dashes and tildes in a password."""

    def credentials(self, text: str) -> tuple[str | None, str | None]:
        if re.search(r"[~._-]", text.partition(":")[2]) and "%" not in text:
            raise invalid("the password holds a strange character")
        return super().credentials(text)


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


class LeavesBadEscapesAlone(Careful):
    """Logs in with what is left of a password whose escapes are broken."""

    def credentials(self, text: str) -> tuple[str | None, str | None]:
        return super().credentials(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text).replace("%re", "?"))


class TakesAnyFlagForTrue(Careful):
    """Takes every value of a flag but `false` for true."""

    def flag(self, text: str) -> bool:
        return text.lower() not in {"false", "0", "f"}

    def parameters(self, query: str) -> dict[str, str]:
        pairs = (item.partition("=") for item in query.split("&") if item)
        return {name: value for name, _, value in pairs}


class TakesAnyFlagForFalse(Careful):
    """Takes every value of a flag but `true` for false."""

    def flag(self, text: str) -> bool:
        return text.lower() in {"true", "1", "t"}

    def parameters(self, query: str) -> dict[str, str]:
        pairs = (item.partition("=") for item in query.split("&") if item)
        return {name: value for name, _, value in pairs}


class TakesThePresenceOfAFlag(Careful):
    """A flag that is there is true, whatever its value."""

    def flag(self, text: str) -> bool:
        return text != "false" or self.is_there

    def from_uri(self, uri: str) -> dict[str, Any]:
        self.is_there = False
        found = super().from_uri(uri)
        found["verify"] = "skip_ssl_verify=" not in uri
        return found


class KnowsTrueInLowerCase(Careful):
    """Knows flags in lower case only, and takes the others for false."""

    def flag(self, text: str) -> bool:
        return text in {"true", "1", "t"}


class KnowsOneSpellingOnly(Careful):
    """Knows `true` and `false`, in any case, and nothing else."""

    def flag(self, text: str) -> bool:
        if text.lower() not in {"true", "false"}:
            raise invalid("a flag is true or false")
        return text.lower() == "true"


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


class RefusesParametersInSilence(Careful):
    """Refuses an unknown parameter, and does not say what it refuses."""

    def parameters(self, query: str) -> dict[str, str]:
        try:
            return super().parameters(query)
        except Failure:
            raise invalid("invalid configuration") from None


class RefusesTheUriInSilence(Careful):
    """Refuses a URI, and does not say what is wrong with it."""

    def settings(self) -> Settings:
        try:
            return super().settings()
        except Failure as failure:
            failure.words = "something is wrong"
            raise


class TakesHalfAPair(Careful):
    """Logs in with a user name and no password, or the other way round."""

    def credentials(self, text: str) -> tuple[str | None, str | None]:
        username, _, password = text.partition(":")
        return self.decoded(username), self.decoded(password)

    def check(self, settings: Settings) -> None:
        pass


class LeavesHalfAPairOut(Careful):
    """Sends without credentials where one half of them is missing."""

    def credentials(self, text: str) -> tuple[str | None, str | None]:
        username, _, password = text.partition(":")
        if not username or not password:
            return None, None
        return super().credentials(text)


class TakesTheWorseFlag(Careful):
    """Where flags contradict each other it takes the one that secures less, for `smtps` too."""

    def security(self, scheme: str, parameters: Mapping[str, str]) -> str:
        if self.flag(parameters.get("disable_starttls", "false")):
            return "none"
        return super().security(scheme, {})


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


class BlamesTheLogInForTheUri(Careful):
    """Says of a URI that cannot be read that the log-in failed."""

    def settings(self) -> Settings:
        try:
            return super().settings()
        except Failure:
            words = "authentication failed"
            raise Failure("auth", "auth-rejected", words, temporary=False) from None


class UsesPort25ByDefault(Careful):
    """A URI without a port means 25."""

    def port(self, text: str | None, security: str) -> int:
        return 25 if text is None else super().port(text, security)


class TakesAnyPort(Careful):
    """Takes a port that cannot be for the usual one."""

    def port(self, text: str | None, security: str) -> int:
        try:
            return super().port(text, security)
        except Failure:
            return super().port(None, security)


class TakesAnyScheme(Careful):
    """Takes every scheme but `smtps`, or none, for `smtp`."""

    def from_uri(self, uri: str) -> dict[str, Any]:
        scheme, separator, rest = uri.partition("://")
        if not separator:
            rest = uri
        return super().from_uri(f"{'smtps' if scheme == 'smtps' else 'smtp'}://{rest}")


class TakesNoHostForLocalhost(Careful):
    """Takes a URI without a host for this machine."""

    def host_and_port(self, text: str) -> tuple[str, str | None]:
        host, _, port = text.rpartition(":")
        return super().host_and_port(text if host else f"localhost:{port}")


class ConnectsToFindOut(Careful):
    """Looks at a URI that cannot be read for a host, and connects to see what happens."""

    def settings(self) -> Settings:
        try:
            return super().settings()
        except Failure:
            transport = self.request["transport"]
            self.to = Settings(
                host=self.host(transport["host"].strip("[]")),
                port=transport["port"],
                username=None,
                password=None,
                security="none",
                verify=True,
                server_name=None,
                ehlo_name=None,
            )
            self.connect()
            self.wire.close()
            raise


class NeedsASlash(Careful):
    """Wants a slash at the end of the URI."""

    def from_uri(self, uri: str) -> dict[str, Any]:
        if uri.count("/") < 3:
            raise invalid("the URI has to end in a slash")
        return super().from_uri(uri)


class NeedsNoSlash(Careful):
    """Wants no slash at the end of the URI."""

    def from_uri(self, uri: str) -> dict[str, Any]:
        if uri.count("/") > 2:
            raise invalid("the URI has a path")
        return super().from_uri(uri)


class KnowsNoBrackets(Careful):
    """Does not know IPv6 addresses."""

    def host_and_port(self, text: str) -> tuple[str, str | None]:
        host, _, port = text.partition(":")
        return super().host_and_port(f"{host}:{port}")


class SendsBracketsToTheResolver(Careful):
    """Looks up an IPv6 address with its brackets on."""

    def endpoint(self) -> tuple[str, int]:
        host, port = super().endpoint()
        return (f"[{host}]" if ":" in self.to.host else host), port


class KeepsTheFinalDot(Careful):
    """Leaves a final dot in the name for SNI and the certificate."""

    def tls_name(self) -> str:
        told = str(self.request["transport"]["host"])
        return f"{super().tls_name()}." if told.endswith(".") else super().tls_name()


class KeepsTheCaseOfNames(Careful):
    """Takes a host in upper case for another host."""

    def host(self, text: str) -> str:
        if text != text.lower():
            raise invalid("the host is no host name")
        return super().host(text)


class CutsTheHostAtABlank(Careful):
    """Breaks on a host with a blank."""

    def check_characters(self, uri: str) -> None:
        if " " in uri:
            raise ValueError(uri)
        super().check_characters(uri)


class FillsPlaceholders(Careful):
    """Takes what stands in braces for a part of the name, and verifies no such certificate."""

    def host(self, text: str) -> str:
        self.is_filled = "{" in text
        return super().host(re.sub(r"[{}]", "", text))

    def settings(self) -> Settings:
        settings = super().settings()
        return replace(settings, verify=False) if self.is_filled else settings


class BlamesTheLogInForThePlaceholder(Careful):
    """Says of a host that cannot be that the log-in failed."""

    def settings(self) -> Settings:
        try:
            return super().settings()
        except Failure:
            raise Failure("auth", "auth-rejected", "the log-in failed") from None


class UsesTheFirstProviderItKnows(Careful):
    """Goes to the United States whatever region is configured."""

    def tls_name(self) -> str:
        return re.sub(r"\beu-central-1\b", "us-east-1", super().tls_name()).replace(".eu.", ".")


class RewritesTheUserName(Careful):
    """Logs in as `api` at a provider whose user name is a constant."""

    def username(self) -> str:
        return super().username().replace("apikey", "api")


class CutsThePasswordAtADot(Careful):
    """Takes the first two parts of a key with dots."""

    def password(self) -> str:
        parts = super().password().split(".")
        return ".".join(parts[:2])


class TrimsEqualsSigns(Careful):
    """Takes the padding off a password in base64."""

    def password(self) -> str:
        return super().password().rstrip("=")


class NeedsUserAndPasswordToDiffer(Careful):
    """Refuses a password that is the user name."""

    def check(self, settings: Settings) -> None:
        super().check(settings)
        if settings.username is not None and settings.username == settings.password:
            raise invalid("the password is the user name")


class DecodesBytesInLatin1(Careful):
    """Decodes percent-escapes as Latin-1."""

    def decoded(self, text: str) -> str:
        return unquote_to_bytes(text).decode("latin-1")


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
