"""Lists an inbox with mailpit-api-client, as JSON: `mailpit-list URL`. It does nothing else.

Nobody calls anything but `get_messages` of it: its `delete_messages` would delete everything.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module

if __name__ == "__main__":
    found = import_module("mailpit.client.api").API(sys.argv[1]).get_messages(limit=500)
    listed = [
        {
            "subject": each.subject,
            "to": [contact.address for contact in each.to],
            "bcc": [contact.address for contact in each.bcc or []],
            "size": each.size,
        }
        for each in found.messages
    ]
    sys.stdout.write(json.dumps(listed))
