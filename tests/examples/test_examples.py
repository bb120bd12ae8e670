"""Every example of a webhook source works as its first lines say: one fabric serves them all."""

import asyncio
import re
from pathlib import Path

from tests.fabric import Fabric, Received, subscriber

EXAMPLES = Path(__file__).parents[2] / "examples"
SOURCES = sorted(EXAMPLES.glob("*/source.yaml"))
WEBHOOK = "/apis/sources.poplin.dev/v1alpha1/namespaces/default/webhooksources/"

# By the subscriber's path: type, source and subject of the event that must arrive there.
EVENTS = {
    "/github": (
        "dev.knative.source.github.push",
        "https://github.com/poplin/orchard",
        "6113728f27ae...0d1a26e67d8f",
    ),
    "/gitlab": ("dev.knative.sources.gitlab.push", "https://gitlab.com/poplin/orchard", None),
    "/bitbucket": (
        "dev.knative.source.bitbucket.repo:push",
        "https://api.bitbucket.org/2.0/repositories/poplin/orchard",
        None,
    ),
    "/standard": ("contact.created", WEBHOOK + "standard", "1f81eb52"),
    "/stripe": ("com.stripe.invoice.paid", WEBHOOK + "stripe", "in_1MtHbELkdIwHu7ix"),
    "/slack": ("com.slack.reaction_added", WEBHOOK + "slack", "C061EG9SL"),
    "/shopify": (
        "com.shopify.orders/create",
        "https://orchard.myshopify.com",
        "gid://shopify/Order/820982911946154508",
    ),
    "/hmac": ("com.example.fruit.picked", "https://orchard.example.com", "north"),
    "/bearer": ("com.example.backup.done", WEBHOOK + "bearer", "press"),
    "/basic": ("com.example.backup.done", WEBHOOK + "basic", "mill"),
    "/unverified": ("com.example.note", WEBHOOK + "unverified", None),
}


async def test_the_sample_of_every_example_arrives_as_an_event(tmp_path: Path) -> None:
    texts = [each.read_text() for each in SOURCES]
    scripts = [_script(each) for each in texts]
    async with subscriber() as peer:
        yaml = "\n---\n".join(texts).replace("http://127.0.0.1:9000", peer.url)
        async with Fabric.up(tmp_path, yaml, "--webhook-port", "0") as fabric:
            receiver = next(line for line in fabric.lines if "webhook receiver" in line)
            for script in scripts:
                await _send(script, receiver.rpartition("url=")[2])
            received = await peer.wait_for(len(EVENTS))

    assert {each.path: _attributes(each) for each in received} == EVENTS
    assert len(received) == len(SOURCES)
    for each in received:  # the data is the body, byte for byte
        assert any(f"'{each.data.decode()}'" in script for script in scripts)


def _script(text: str) -> str:
    """The commands in the first comment that send the sample."""
    lines = re.findall(r"^#     (.+)$", text, re.MULTILINE)
    return "\n".join(line for line in lines if not line.startswith("poplin "))


async def _send(script: str, receiver: str) -> None:
    process = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", script.replace("http://127.0.0.1:8082", receiver),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(20):
        said, _ = await process.communicate()

    assert b"HTTP/1.1 20" in said, (script, said)


def _attributes(event: Received) -> tuple[str, str, str | None]:
    return event.headers["ce-type"], event.headers["ce-source"], event.headers.get("ce-subject")
