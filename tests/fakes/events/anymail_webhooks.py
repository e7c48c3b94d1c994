"""django-anymail's webhook views behind a port, for a Python that has it.

It is given the settings of `ANYMAIL` as JSON, prints its port, and then a line of JSON for each
event that its views made of a request that they found right.
"""

from __future__ import annotations

import json
import sys
import warnings
from importlib import import_module
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server


def main(settings: dict[str, Any]) -> None:
    warnings.simplefilter("ignore")
    import_module("django.conf").settings.configure(
        ALLOWED_HOSTS=["*"],
        ANYMAIL=settings,
        INSTALLED_APPS=["anymail"],
        ROOT_URLCONF="anymail.urls",
        SECRET_KEY="-",
        LOGGING_CONFIG=None,
    )
    import_module("django").setup()
    import_module("anymail.signals").tracking.connect(told, weak=False)
    application = import_module("django.core.wsgi").get_wsgi_application()
    with make_server("127.0.0.1", 0, application, handler_class=Quiet) as server:
        say(str(server.server_port))
        server.serve_forever()


def told(sender: object, event: Any, esp_name: str, **more: object) -> None:
    """What anymail made of an event, in its own words."""
    names = (
        "event_type", "message_id", "recipient", "reject_reason", "mta_response", "tags",
        "metadata", "click_url", "event_id",
    )  # fmt: skip
    shown = {name: getattr(event, name, None) for name in names}
    say(json.dumps({"esp": esp_name, "at": str(event.timestamp), **shown}))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing on the terminal."""


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
