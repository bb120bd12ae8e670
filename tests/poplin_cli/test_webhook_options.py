"""The URL that providers are told is checked before anything starts."""

import pytest

from poplin.errors import ConfigurationError
from poplin_cli.webhook_options import checked_webhook_url


@pytest.mark.parametrize(
    ("url", "found"),
    [(None, None), ("https://x", "https://x"), ("http://x:81/hooks/", "http://x:81/hooks")],
)
def test_a_public_url_goes_before_the_paths(url: str | None, found: str | None) -> None:
    assert checked_webhook_url(url) == found


@pytest.mark.parametrize(
    "url", ["ftp://x/", "x", "https://x/?a=b", "https://x/#a", "https://u:p@x/"]
)
def test_a_public_url_that_cannot_be_one_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^--webhook-url: ") as caught:
        checked_webhook_url(url)

    assert "u:p" not in str(caught.value)
