"""Whatever comes, it is let in or refused with 401: nothing else happens."""

from hypothesis import given
from hypothesis import strategies as st

from sources.webhooks.values import RefusedError, Request
from sources.webhooks.verify import verifier_for
from tests.sources.webhooks.verify.schemes import NOW, SCHEMES, Headers, Scheme

NAMES = sorted({name for each in SCHEMES for name in each.sign(each.secret, b"", NOW)})
PIECES = [
    "v1,", "v1=", "v0=", "t=", "sha256=", "sha1=", "Bearer ", "Basic ", str(NOW), "1" * 400, ",",
    " ", "=", ".", "\x00", "\n", "é", "€", "\ud800", "²", "A" * 43 + "=", "0" * 64, "whsec_",
]  # fmt: skip
values = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=8).map("".join)
headers = st.dictionaries(st.sampled_from(NAMES), values)


@given(
    st.sampled_from(SCHEMES),
    headers,
    st.binary(max_size=200),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.binary(max_size=40), max_size=3),
)
def test_nothing_but_a_refusal_is_raised(
    scheme: Scheme, headers: Headers, body: bytes, now: float, others: list[bytes]
) -> None:
    verifier = verifier_for(scheme.spec, [*others, scheme.secret])
    answer = (401, "bad_signature")
    try:
        verifier.verify(Request(headers, body, now))
    except RefusedError as error:
        answer = (error.status, error.reason)

    assert answer in [(401, "bad_signature"), (401, "too_old")]


@given(st.sampled_from(SCHEMES), headers, st.binary(max_size=200))
def test_what_is_signed_is_let_in_whatever_else_it_carries(
    scheme: Scheme, others: Headers, body: bytes
) -> None:
    """But GitHub's SHA-256 decides where it came, and a header cannot come twice."""
    if scheme.name == "GitHubSource-sha1":
        others.pop("x-hub-signature-256", None)
    signed = scheme.sign(scheme.secret, body, NOW)

    verifier_for(scheme.spec, [scheme.secret]).verify(Request({**others, **signed}, body, NOW))
