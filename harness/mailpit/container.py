"""Mailpit in a container, through testcontainers, for as long as a block lasts."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .client import MailpitClient, MailpitError
from .place import MailpitPlace
from .program import SETTINGS

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

IMAGE: Final = "axllent/mailpit:v1.33.1"
"""The published image, under its version: what `latest` is changes."""

_STARTING = 60.0
_ENDING = 5
_WEB, _SMTP = 8025, 1025
_LOOPBACK = "127.0.0.1"
_FOLDER = "/mail"


@contextmanager
def in_container(
    *, database: Path | None = None, ports: tuple[int, int] | None = None
) -> Iterator[tuple[MailpitPlace, str]]:
    """Start the image, published on loopback only. `ports` are the web and SMTP ports, if free.

    Not `MailpitContainer`: that makes a key for a certificate of `mydomain.com` for each start,
    publishes on every address of the machine, and leaves key files behind where a start fails
    (testcontainers 4.15.0).

    Raises:
        MailpitError: testcontainers is not installed, there is no Docker, or it does not start.
    """
    container = _container(database, ports)
    try:
        try:
            container.start()
            place = _place(container)
            with MailpitClient(place) as client:
                client.wait_ready(seconds=_STARTING)
        except Exception as error:  # Docker's client has errors of three libraries
            said = " ".join(str(error).split())[:300]
            raise MailpitError(f"{IMAGE} does not start in Docker: {said}") from error
        yield place, f"Mailpit ({IMAGE}) at {place.url}"
    finally:
        _end(container)


def _container(database: Path | None, ports: tuple[int, int] | None) -> DockerContainer:
    try:
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise MailpitError(
            "a Mailpit in a container needs testcontainers: pip install 'mail-harness[mailpit]'"
        ) from error
    try:
        container = DockerContainer(IMAGE)
    except Exception as error:  # as above
        said = " ".join(str(error).split())[:300]
        raise MailpitError(f"there is no Docker to start {IMAGE} in: {said}") from error
    return _told(container, database, ports)


def _told(
    container: DockerContainer, database: Path | None, ports: tuple[int, int] | None
) -> DockerContainer:
    for name, value in SETTINGS.items():
        container.with_env(name, value)
    web, smtp = ports or (None, None)
    published: dict[str, Any] = {f"{_WEB}/tcp": web, f"{_SMTP}/tcp": smtp}
    if _is_local(container):
        # Its own words for ports publish them on every address of the machine.
        published = {port: (_LOOPBACK, on) for port, on in published.items()}
    container.ports = published
    if database is not None:
        container.with_volume_mapping(str(database.parent), _FOLDER, "rw")
        container.with_env("MP_DATABASE", f"{_FOLDER}/{database.name}")
        container.with_kwargs(user=f"{os.getuid()}:{os.getgid()}")
    return container


def _end(container: DockerContainer) -> None:
    """Stop it, so that Mailpit closes its database, and remove it."""
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if (running := container.get_wrapped_container()) is not None:
            running.stop(timeout=_ENDING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        container.stop()
        container.get_docker_client().client.close()


def _is_local(container: DockerContainer) -> bool:
    """Whether the engine runs beside us, so that loopback leads to what it publishes."""
    client = container.get_docker_client()
    has_own_network = client.get_connection_mode().use_mapped_port
    return has_own_network and client.host() in {"localhost", _LOOPBACK, "::1"}


def _place(container: DockerContainer) -> MailpitPlace:
    host = _LOOPBACK if _is_local(container) else container.get_container_host_ip()
    web, smtp = (int(container.get_exposed_port(port)) for port in (_WEB, _SMTP))
    return MailpitPlace(url=f"http://{host}:{web}", smtp_host=host, smtp_port=smtp)
