"""A Django project of one file, whose mail goes by django-post_office.

    django_project.py migrate                     Django's own
    django_project.py queue --from … --to …       queues a message, and prints its number
    django_project.py send_queued_mail            post_office's own: works the queue off
    django_project.py log                         what post_office has noted, as JSON

`HARNESS_STATE_DIR` is the folder of the database and of `settings.json`: EMAIL_* of Django.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import execute_from_command_line

STATE = Path(os.environ["HARNESS_STATE_DIR"])


def configure() -> None:
    """Set the project up."""
    stored = STATE / "settings.json"
    settings.configure(
        USE_TZ=True,
        SECRET_KEY="of no use here",
        INSTALLED_APPS=["post_office"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": STATE / "queue.sqlite"}
        },
        TEMPLATES=[
            {"BACKEND": "post_office.template.backends.post_office.PostOfficeTemplates"},
            {"BACKEND": "django.template.backends.django.DjangoTemplates"},
        ],
        POST_OFFICE={"MESSAGE_ID_ENABLED": True, "MAX_RETRIES": 0},
        **(json.loads(stored.read_text()) if stored.exists() else {}),
    )
    django.setup()


def queue(words: list[str]) -> None:
    """Put a message into the queue, as post_office's documentation shows."""
    from post_office import mail  # noqa: PLC0415  # not before Django is set up

    parser = argparse.ArgumentParser()
    for name in ("from", "to", "subject", "text", "html"):
        parser.add_argument(f"--{name}", default="")
    given = vars(parser.parse_args(words))
    email = mail.send(
        [given["to"]],
        given["from"],
        subject=given["subject"],
        message=given["text"],
        html_message=given["html"],
    )
    sys.stdout.write(json.dumps({"id": email.pk}) + "\n")


def log() -> None:
    """Print every message, and every attempt that post_office has noted."""
    from post_office.models import Email  # noqa: PLC0415  # as above

    found = [
        {
            "id": email.pk,
            "message_id": email.message_id,
            "status": email.get_status_display(),
            "to": email.to,
            "logs": [
                {
                    "date": each.date.isoformat(),
                    "status": each.get_status_display(),
                    "words": f"{each.exception_type}: {each.message}",
                }
                for each in email.logs.order_by("date", "pk")
            ],
        }
        for email in Email.objects.prefetch_related("logs")
    ]
    sys.stdout.write(json.dumps({"emails": found}) + "\n")


def main() -> None:
    """Do what the words ask for."""
    configure()
    match sys.argv[1:]:
        case ["queue", *words]:
            queue(words)
        case ["log"]:
            log()
        case _:
            execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
