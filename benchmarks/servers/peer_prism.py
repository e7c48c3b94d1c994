"""prism in a process of its own: its command and its OpenAPI file. Prints the port."""

from __future__ import annotations

import socket
import subprocess
import sys
import time


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
prism = subprocess.Popen(
    [sys.argv[1], "mock", "-v", "error", "-h", "127.0.0.1", "-p", str(port), sys.argv[2]],
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
)
try:
    for _ in range(150):
        if answers(port):
            break
        time.sleep(0.1)
    print(port, flush=True)
    sys.stdin.read()
finally:
    prism.terminate()
    prism.wait()
