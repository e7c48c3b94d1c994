"""`--mailpit docker`: a real engine, and the image under its pinned tag."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from harness.mailpit import container
from harness.mailpit.choosing import opened, started
from harness.mailpit.client import MailpitClient, MailpitError
from harness.mailpit.container import IMAGE
from harness.mailpit.mirror_copy import MirrorLabels

from .conftest import taken

_LABELS = MirrorLabels(provider="smtp", case="a/b", verdict="pass", group="run-1")
_CONTENT = b"From: a@b.test\r\nTo: c@d.test\r\nSubject: in a box\r\n\r\nHello\r\n"

pytestmark = pytest.mark.whole


@pytest.fixture
def engine(record_property: Any) -> Iterator[Any]:
    """A client of the engine; which image it has is told in the report of the tests."""
    # Looked for first: where there is none, docker-py leaves a socket unclosed.
    place = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if place.startswith("unix://") and not Path(place.removeprefix("unix://")).exists():
        pytest.skip("there is no Docker engine")
    try:
        client = docker.from_env()
        client.ping()
    except docker.errors.DockerException:
        pytest.skip("there is no Docker engine")
    with_it = client.images.list(name=IMAGE)
    is_local = any(image.labels.get("harness.local") for image in with_it)
    record_property("image", f"{IMAGE}, {'made here' if is_local else 'the published one'}")
    yield client
    client.close()


def test_mail_is_shown_in_a_container_and_again_from_its_file(engine: Any, tmp_path: Path) -> None:
    database = tmp_path / "mailpit.db"
    with opened("docker", database=database) as inbox:
        assert IMAGE in inbox.about
        assert inbox.version == IMAGE.partition(":")[2]
        inbox.show(taken(_CONTENT), _LABELS)
        ports = {
            binding["HostIp"]
            for each in engine.containers.list()
            for bindings in each.ports.values()
            for binding in bindings or ()
        }
        assert ports == {"127.0.0.1"}
    assert engine.containers.list(all=True) == []
    with started("docker", database=database) as (place, _), MailpitClient(place) as client:
        assert [each.subject for each in client.messages().messages] == ["in a box"]


def test_an_image_that_is_not_there_is_told_in_one_line(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "IMAGE", "localhost:1/mailpit:none")
    with pytest.raises(MailpitError) as error, opened("docker"):
        pass
    assert "localhost:1/mailpit:none does not start in Docker" in str(error.value)
    assert "other ways to have one: --mailpit URL" in str(error.value)
    assert "\n" not in str(error.value)
    assert engine.containers.list(all=True) == []
