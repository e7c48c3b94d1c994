"""The connection URI of the Ory document."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.protocol import ErrorClass, Phase, Security
from harness.reference.failure import ConfigError
from harness.reference.settings import SmtpSettings, smtp_settings
from harness.reference.uri import parse_smtp_uri

SECRET = "canary-4711"
UUID = "df2a2c4e-5caa-4f04-85b9-72d54a2468ad"


def pair(settings: SmtpSettings) -> tuple[str | None, str | None]:
    return settings.username, settings.password


def place(settings: SmtpSettings) -> tuple[str, int]:
    return settings.host, settings.port


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_smtp_uri(text)
    assert (caught.value.phase, caught.value.class_) == (Phase.CONFIG, ErrorClass.CONFIG_INVALID)
    assert caught.value.temporary is False
    return str(caught.value)


# Every URI that the document shows, with its placeholders filled in where they cannot stay.
SHOWN = [
    (
        "smtp://apikey:SG.xxxxxxxx.xxxxxxxxx@smtp.sendgrid.net:587/",
        "apikey",
        "SG.xxxxxxxx.xxxxxxxxx",
    ),
    (
        f"smtp://some-user%40mailgun.example.org:{UUID}@smtp.eu.mailgun.org:587",
        "some-user@mailgun.example.org",
        UUID,
    ),
    (
        "smtp://theuser:the-password@email-smtp.eu-central-1.amazonaws.com:587/",
        "theuser",
        "the-password",
    ),
    ("smtp://thetoken:thetoken@smtp.postmarkapp.com:587/", "thetoken", "thetoken"),
]


@pytest.mark.parametrize(("text", "username", "password"), SHOWN)
def test_the_examples_of_the_document_are_verified_starttls_on_587(
    text: str, username: str, password: str
) -> None:
    settings = parse_smtp_uri(text)
    assert settings == SmtpSettings(
        host=text.rpartition("@")[2].split(":")[0],
        port=587,
        username=username,
        password=password,
        security=Security.STARTTLS,
        verify=True,
        server_name=None,
    )
    assert parse_smtp_uri(text.rstrip("/")) == parse_smtp_uri(text.rstrip("/") + "/") == settings


@pytest.mark.parametrize(
    ("scheme", "query", "security", "verify", "server_name"),
    [
        ("smtp", "", Security.STARTTLS, True, None),
        ("smtp", "?", Security.STARTTLS, True, None),
        ("smtp", "?skip_ssl_verify=true", Security.STARTTLS, False, None),
        ("smtp", "?disable_starttls=true", Security.NONE, True, None),
        ("smtps", "", Security.TLS, True, None),
        ("SMTPS", "?skip_ssl_verify=true", Security.TLS, False, None),
        ("smtps", "?server_name=Example.COM.", Security.TLS, True, "example.com"),
        ("smtp", "?server_name=example.com", Security.STARTTLS, True, "example.com"),
        (
            "smtps",
            "?server_name=example.com&skip_ssl_verify=1",
            Security.TLS,
            False,
            "example.com",
        ),
        ("smtps", "?disable_starttls=false", Security.TLS, True, None),
        ("smtp", "?disable_starttls=true&skip_ssl_verify=0", Security.NONE, True, None),
    ],
)
def test_scheme_and_parameters_make_the_mode(
    scheme: str, query: str, security: Security, verify: bool, server_name: str | None
) -> None:
    for slash in ("/", ""):
        settings = parse_smtp_uri(f"{scheme}://u:p@mail.example.com:1234{slash}{query}")
        assert (settings.security, settings.verify) == (security, verify)
        assert settings.server_name == server_name
        assert place(settings) == ("mail.example.com", 1234)


@pytest.mark.parametrize("value", ["true", "TRUE", "True", "1", "t", "T"])
def test_a_flag_that_is_set(value: str) -> None:
    assert parse_smtp_uri(f"smtp://h/?skip_ssl_verify={value}").verify is False


@pytest.mark.parametrize("value", ["false", "False", "0", "f", "F"])
def test_a_flag_that_is_not_set(value: str) -> None:
    assert parse_smtp_uri(f"smtp://h/?skip_ssl_verify={value}").verify is True


@pytest.mark.parametrize("value", ["yes", "no", "on", "2", "tru", "true%20", "%31", "", "=1"])
@pytest.mark.parametrize("flag", ["skip_ssl_verify", "disable_starttls"])
def test_any_other_value_of_a_flag_is_refused(flag: str, value: str) -> None:
    assert flag in refusal(f"smtp://h/?{flag}={value}")


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("smtp://h/", 587),
        ("smtps://h", 465),
        ("smtp://h/?disable_starttls=t", 587),
        ("smtps://h:587/", 587),
        ("smtp://h:465", 465),
        ("smtp://h:1", 1),
        ("smtp://h:65535", 65535),
    ],
)
def test_the_port_has_a_default_and_never_changes_the_mode(text: str, port: int) -> None:
    settings = parse_smtp_uri(text)
    assert settings.port == port
    assert (settings.security is Security.TLS) is text.startswith("smtps")


@pytest.mark.parametrize(
    ("raw", "username", "password"),
    [
        ("u:a+b", "u", "a+b"),
        ("u:a%2Bb", "u", "a+b"),
        ("u:a%252Bb", "u", "a%2Bb"),
        ("u:a:b:", "u", "a:b:"),
        ("u%3Av:p", "u:v", "p"),
        ("u%40x:%40%2f%23%3F%25%20", "u@x", "@/#?% "),
        ("u:p%C3%A4%C2%A7%E2%82%AC", "u", "pä§€"),
        ("u:-._~!$&'()*+,;=:", "u", "-._~!$&'()*+,;=:"),
        ("AKIA:BM1+/".replace("/", "%2F") + "x=", "AKIA", "BM1+/x="),
        ("u:%20p%20", "u", " p "),
    ],
)
def test_user_information_is_decoded_exactly_once(raw: str, username: str, password: str) -> None:
    assert pair(parse_smtp_uri(f"smtp://{raw}@mail.example.com/")) == (username, password)


@pytest.mark.parametrize(
    ("host", "normal"),
    [
        ("MAIL.Example.com.", "mail.example.com"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("[0:0:0:0:0:0:0:1]", "::1"),
        ("[2001:DB8::A]", "2001:db8::a"),
        ("mail.bücher.example", "mail.xn--bcher-kva.example"),
        ("mail.BÜCHER.example", "mail.xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("my_host", "my_host"),
        ("localhost", "localhost"),
    ],
)
def test_a_host_has_one_normal_form(host: str, normal: str) -> None:
    assert parse_smtp_uri(f"smtp://{host}:25/").host == normal


@pytest.mark.parametrize(
    "raw", ["pa@ss", "pa/ss", "pa#ss", "pa?ss", "pa%ss", "pa%2", "100%", "@", "/", "a@b/c#d?e%f"]
)
@pytest.mark.parametrize("rest", ["@mail.example.com:587/", "@mail.example.com"])
def test_a_character_left_raw_says_what_to_encode(raw: str, rest: str) -> None:
    for text in (f"smtp://user:{SECRET}{raw}{rest}", f"smtps://{raw}z{SECRET}:pw{rest}"):
        assert "percent-encode" in refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mail.example.com",
        "//u:p@h",
        "smtpx://u:canary-4711@h/",
        "http://u:canary-4711@h/",
        "smtp:/u:canary-4711@h",
        "smtp:u:canary-4711@h",
        " smtp://u:canary-4711@h",
        "smtp://u:canary-4711@h/\n",
        "smtp://u:canary-4711@h /",
        "smtp://u:canary\t4711@h/",
        "smtp://u:canary-4711%00@h/",
        "smtp://u:canary-4711%0A@h/",
        "smtp://u:canary-4711%0D%0Ax@h/",
        "smtp://canary-4711%0d:p@h/",
        "smtp://u:%ff@canary-4711/",
        "smtp://u:wörd@h/",
        'smtp://u:"canary-4711"@h/',
        "smtp://canary-4711@h/",
        "smtp://canary-4711:@h/",
        "smtp://:canary-4711@h/",
        "smtp://:@h/",
        "smtp://@h/",
        "smtp://u:canary-4711@",
        "smtp://u:canary-4711@:25/",
        "smtp:///",
        "smtp://h:/",
        "smtp://h:0/",
        "smtp://h:65536/",
        "smtp://h:abc/",
        "smtp://h:-1/",
        "smtp://h:٥٨٧/",
        "smtp://h:canary-4711/",
        "smtp://h:587:canary-4711/",
        "smtp://::1/",
        "smtp://[::1/",
        "smtp://[canary-4711]/",
        "smtp://[127.0.0.1]/",
        "smtp://[fe80::1%25eth0]/",
        "smtp://h..canary-4711/",
        "smtp://.canary-4711/",
        "smtp://-canary-4711/",
        "smtp://canary%204711/",
        "smtp://canary,4711/",
        "smtp://1.2.3/",
        "smtp://256.1.1.1/",
        "smtp://" + "a" * 64 + "/",
        "smtp://" + "a." * 127 + "aa/",
        "smtp://h/canary-4711",
        "smtp://h//",
        "smtp://h/?skip_ssl_verify",
        "smtp://h/?skip_ssl_verify=1&",
        "smtp://h/?&",
        "smtp://h/?skip_ssl_verify=1&skip_ssl_verify=1",
        "smtp://h/?skip_ssl_verify=1;disable_starttls=1",
        "smtp://h/?canary-4711=1",
        "smtp://h/?server_name=",
        "smtps://h/?server_name=canary-4711:25",
        "smtps://h/?server_name=a%2Eb",
        "smtp://h/?disable_starttls=true&skip_ssl_verify=true",
        "smtp://h/?disable_starttls=true&server_name=example.com",
        "smtps://h/?disable_starttls=true",
        "smtp://u:" + SECRET * 1000 + "@h/",
    ],
)
def test_what_is_refused_is_refused_without_being_quoted(text: str) -> None:
    message = refusal(text)
    assert SECRET not in message
    assert "4711" not in message


@pytest.mark.parametrize(
    "text",
    [
        "smtp://{smtp-user}:{smtp-password}@smtp.mailgun.org:587",
        "smtp://apikey:<YOUR_SENDGRID_API_KEY>@smtp.sendgrid.net:587/",
        "smtp://user:password@email-smtp.{region}.amazonaws.com:587/",
        "smtp://user:password@<YOUR_HOST>:587/",
        "smtps://h/?server_name={name}",
    ],
)
def test_a_placeholder_that_was_left_in_is_called_one(text: str) -> None:
    assert "placeholder" in refusal(text)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("skip_tls_verify", "skip_ssl_verify"),
        ("Skip_SSL_Verify", "skip_ssl_verify"),
        ("disable_starttl", "disable_starttls"),
        ("servername", "server_name"),
    ],
)
def test_a_misspelt_parameter_gets_a_hint_and_the_choices(name: str, hint: str) -> None:
    message = refusal(f"smtp://h/?{name}=true")
    assert f"did you mean {hint}?" in message
    assert "skip_ssl_verify, disable_starttls, server_name" in message


def test_a_refused_uri_is_the_callers_mistake() -> None:
    with pytest.raises(UsageError):
        parse_smtp_uri("smtp://")


def test_no_credential_shows_where_settings_are_printed() -> None:
    text = repr(parse_smtp_uri(f"smtp://user-{SECRET}:{SECRET}@h/"))
    assert SECRET not in text
    assert "user" not in text.replace("SmtpSettings", "")


NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
HOSTS = st.one_of(
    st.lists(NAMES, min_size=1, max_size=4)
    .map(".".join)
    .filter(lambda name: not name.split(".")[-1].isdigit()),
    st.ip_addresses().map(lambda address: address.compressed).filter(lambda ip: "%" not in ip),
)
WORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), min_size=1, max_size=40
)


@st.composite
def any_settings(draw: st.DrawFn) -> SmtpSettings:
    security = draw(st.sampled_from(Security))
    secured = security is not Security.NONE
    credentials = draw(st.none() | st.tuples(WORDS, WORDS))
    return smtp_settings(
        host=draw(HOSTS),
        port=draw(st.none() | st.integers(1, 65535)),
        username=credentials[0] if credentials else None,
        password=credentials[1] if credentials else None,
        security=security,
        verify=draw(st.booleans()) if secured else True,
        server_name=draw(st.none() | HOSTS) if secured else None,
    )


def uri_of(settings: SmtpSettings) -> str:
    """The connection URI that stands for these settings."""
    scheme = "smtps" if settings.security is Security.TLS else "smtp"
    user_info = ""
    if settings.username is not None:
        words = (settings.username, settings.password or "")
        user_info = f"{':'.join(quote(word, safe='') for word in words)}@"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    parameters = [
        *(["disable_starttls=true"] if settings.security is Security.NONE else []),
        *([] if settings.verify else ["skip_ssl_verify=true"]),
        *([f"server_name={settings.server_name}"] if settings.server_name else []),
    ]
    query = f"?{'&'.join(parameters)}" if parameters else ""
    return f"{scheme}://{user_info}{host}:{settings.port}/{query}"


@given(any_settings())
def test_settings_survive_their_uri(settings: SmtpSettings) -> None:
    text = uri_of(settings)
    assert parse_smtp_uri(text) == settings
    assert text.isascii()
    assert text.count("@") == (settings.username is not None)


@given(st.text(max_size=60))
def test_any_text_is_settings_or_refused(text: str) -> None:
    for candidate in (text, f"smtp://{text}", f"smtps://u:{text}@h/", f"smtp://h/?{text}"):
        try:
            settings = parse_smtp_uri(candidate)
        except ConfigError:
            continue
        assert parse_smtp_uri(uri_of(settings)) == settings


@pytest.mark.parametrize(
    "fields",
    [
        {"host": ""},
        {"host": " mail.example.com"},
        {"host": "mail.example.com\n"},
        {"host": "h", "port": 0},
        {"host": "h", "port": 65536},
        {"host": "h", "username": "u"},
        {"host": "h", "password": "p"},
        {"host": "h", "username": "u", "password": ""},
        {"host": "h", "username": "", "password": "p"},
        {"host": "h", "username": "u", "password": "p\n"},
        {"host": "h", "username": "u\0", "password": "p"},
        {"host": "h", "username": "u", "password": "\ud800"},
        {"host": "h", "server_name": "a b"},
        {"host": "h", "security": Security.NONE, "verify": False},
    ],
)
def test_separate_fields_are_checked_alike(fields: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        smtp_settings(**fields)  # type: ignore[arg-type]  # a table of bad values


@pytest.mark.parametrize(
    ("host", "normal"),
    [
        ("[::1]", "::1"),
        ("::1", "::1"),
        ("192.0.2.1", "192.0.2.1"),
        ("Mail.Example.", "mail.example"),
    ],
)
def test_separate_fields_take_every_kind_of_host(host: str, normal: str) -> None:
    assert smtp_settings(host=host, username="u", password=" p ").host == normal
