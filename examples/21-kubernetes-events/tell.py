"""A subscriber that tells a chat about crash loops, once for a pod in ten minutes.

CHAT_WEBHOOK_URL is an incoming webhook of Slack, Mattermost or whatever else takes {"text": …}.
Needs nothing but Python.
"""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any
from urllib.request import Request, urlopen

QUIET_S = 600.0


class Chat:
    """Where it is told, and which pods it knows of."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._told: dict[str, float] = {}
        self._lock = Lock()

    def tell(self, pod: str, text: str) -> bool:
        """False where it was told of that pod not long ago. Raises OSError when nobody listens."""
        with self._lock:
            now = time.monotonic()
            self._told = {each: at for each, at in self._told.items() if now - at < QUIET_S}
            if pod in self._told:
                return False
            self._say(text)
            self._told[pod] = now  # not before: else a chat that was away would never hear of it
            return True

    def _say(self, text: str) -> None:
        body = json.dumps({"text": text}).encode()
        request = Request(self._url, body, {"content-type": "application/json"})  # noqa: S310
        with urlopen(request, timeout=10):  # noqa: S310 - the URL is the user's own
            pass


def told_of(event: dict[str, Any]) -> tuple[str, str]:
    """The pod, and what a person wants to know."""
    involved = event["involvedObject"]
    pod = f"{involved.get('namespace', '')}/{involved.get('name', '')}"
    times = f" ({event['count']} times)" if event.get("count") else ""
    return pod, f"{pod}: {event.get('message', 'it crashes again and again')}{times}"


class Subscriber(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    chat: Chat

    def do_POST(self) -> None:
        """502 while the chat does not listen: then the broker tries again."""
        pod, text = told_of(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        status = 202
        try:
            if self.chat.tell(pod, text):
                print(f"told: {text}", flush=True)
        except OSError as error:
            print(f"the chat does not listen: {error}", flush=True)
            status = 502
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


if __name__ == "__main__":
    url = os.environ.get("CHAT_WEBHOOK_URL")
    if not url:
        sys.exit("CHAT_WEBHOOK_URL is not set; give it the URL of your chat's incoming webhook")
    Subscriber.chat = Chat(url)
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    server = ThreadingHTTPServer(("127.0.0.1", port), Subscriber)
    print(f"listening at http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
