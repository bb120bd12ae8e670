"""A subscriber: prints every event it is sent. Needs nothing but Python."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Subscriber(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        print(
            f"{self.path}: {self.headers['ce-type']} {self.headers['ce-id']} {body[:200]!r}",
            flush=True,
        )
        self.send_response(202)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Subscriber)
    except OSError as error:
        sys.exit(f"port {port}: {error.strerror}; name another: subscriber.py PORT")
    print(f"listening at http://127.0.0.1:{port}", flush=True)
    server.serve_forever()
