from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.protocol import Trust
from harness.senders.base import Surroundings
from harness.senders.environment import CA_FILE_VARIABLES, sender_environment


def test_the_anchor_is_named_in_each_variable(trust: Trust) -> None:
    base = {"PATH": "/bin", "SSL_CERT_FILE": "/mine.pem", "HOME": "/h"}
    environment = sender_environment(base, trust)
    assert {environment[name] for name in CA_FILE_VARIABLES} == {trust.ca_file}
    assert environment["PATH"] == "/bin"
    assert environment["HOME"] == "/h"
    assert base["SSL_CERT_FILE"] == "/mine.pem"


def test_a_second_source_of_anchors_is_removed(trust: Trust) -> None:
    assert "SSL_CERT_DIR" not in sender_environment({"SSL_CERT_DIR": "/more"}, trust)


@pytest.mark.parametrize(
    "name",
    ["HTTP_PROXY", "https_proxy", "All_Proxy", "NO_PROXY", "no_proxy", "NODE_USE_ENV_PROXY"],
)
def test_proxies_are_removed_in_any_spelling(name: str, trust: Trust) -> None:
    assert name not in sender_environment({name: "http://proxy.example:3128"}, trust)


@pytest.mark.parametrize("name", ["HARNESS_SMTP_URI", "harness_smtp_uri", "HARNESS_ANYTHING"])
def test_the_harness_keeps_its_own_variables_to_itself(name: str, trust: Trust) -> None:
    assert name not in sender_environment({name: "smtp://u:real@h/"}, trust)


def test_state_belongs_to_one_run_only(trust: Trust) -> None:
    base = {"HARNESS_STATE_DIR": "/old"}
    assert "HARNESS_STATE_DIR" not in sender_environment(base, trust)
    assert sender_environment(base, trust, state_dir="/new")["HARNESS_STATE_DIR"] == "/new"


@pytest.mark.parametrize(
    "name",
    [
        "SPARKPOST_API_KEY",
        "SENDGRID_API_KEY",
        "MAILGUN_API_KEY",
        "mailgun_domain",
        "POSTMARK_SERVER_TOKEN",
        "MANDRILL_APIKEY",
        "MAILCHIMP_TRANSACTIONAL_API_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ],
)
def test_the_developers_own_account_is_nowhere(name: str, trust: Trust) -> None:
    assert name not in sender_environment({name: "real"}, trust)


def test_amazons_keys_are_not_found_elsewhere_either(trust: Trust) -> None:
    base = {"AWS_CONFIG_FILE": "/mine", "AWS_SHARED_CREDENTIALS_FILE": "/mine", "AWS_PROFILE": "me"}
    environment = sender_environment(base, trust)
    assert (
        environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
    )
    assert environment["AWS_EC2_METADATA_DISABLED"] == "true"
    assert not any("mine" in value or value == "me" for value in environment.values())


def test_what_is_no_account_stays(trust: Trust) -> None:
    base = {"AWS_MAX_ATTEMPTS": "1", "AWS_RETRY_MODE": "standard", "SMTP_DEBUG": "1"}
    assert base.items() <= sender_environment(base, trust).items()


def test_what_a_sender_file_lists_comes_last(trust: Trust) -> None:
    surroundings = Surroundings(
        trust=trust,
        environment={"SENDGRID_API_KEY": "real", "AWS_PROFILE": "real"},
        additions={"SENDGRID_API_KEY": "of the file", "AWS_CONFIG_FILE": "./aws.ini"},
    )
    environment = surroundings.for_program()
    assert environment["SENDGRID_API_KEY"] == "of the file"
    assert environment["AWS_CONFIG_FILE"] == "./aws.ini"
    assert "AWS_PROFILE" not in environment


def test_java_gets_a_trust_store_beside_its_own_options(trust: Trust) -> None:
    options = sender_environment({"JAVA_TOOL_OPTIONS": "-Xmx64m"}, trust)["JAVA_TOOL_OPTIONS"]
    assert options.split() == [
        "-Xmx64m",
        "-Djavax.net.ssl.trustStore=/anchor/ca.p12",
        "-Djavax.net.ssl.trustStoreType=PKCS12",
        "-Djavax.net.ssl.trustStorePassword=store",
    ]


@pytest.mark.whole
@pytest.mark.skipif(shutil.which("java") is None, reason="there is no java here")
@pytest.mark.parametrize("folder", ["plain", "with blank", "it's"])
def test_a_java_machine_reads_the_store_from_a_path_with_blanks(
    folder: str, tmp_path: Path
) -> None:
    store = str(tmp_path / folder / "ca.p12")
    trust = Trust(ca_file="/ca.pem", ca_pkcs12=store, ca_pkcs12_password="a b")
    ran = subprocess.run(
        ["java", "-XshowSettings:properties", "-version"],
        env=sender_environment({"PATH": "/usr/local/bin:/usr/bin:/bin"}, trust),
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"javax.net.ssl.trustStore = {store}\n" in ran.stderr
    assert "javax.net.ssl.trustStorePassword = a b\n" in ran.stderr
