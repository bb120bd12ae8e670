"""ISO 8601 durations as Knative takes them, and Kubernetes quantities of bytes."""

import re
from decimal import ROUND_CEILING, Decimal

__all__ = ["parse_bytes", "parse_duration", "parse_positive_duration"]

_DAY_S = 86_400.0
_YEAR_S = 365.2425 * _DAY_S

_NUMBER = r"(\d+(?:[.,]\d+)?)"
_DURATION = re.compile(
    rf"P(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?\Z",
    re.ASCII,
)
_UNITS_S = (_YEAR_S, _YEAR_S / 12, 7 * _DAY_S, _DAY_S, 3600.0, 60.0, 1.0)
_LONGEST_S = 1000 * _YEAR_S

_QUANTITY = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)(|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)\Z", re.ASCII)
_MOST_BYTES = 2**60
_FACTORS = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50,
}  # fmt: skip


def parse_duration(text: str) -> float:
    """Seconds, exactly as written (Knative truncates to 0.1 s). Raises ValueError.

    A sign, which Knative's parser takes, is refused: no wait is negative.
    """
    if text == "P0":
        return 0.0
    if re.search(r"[+-]\d|^[+-]", text):
        raise ValueError("use a duration without a sign, such as PT0.2S, PT30S or P7D")
    match = _DURATION.match(text)
    if match is None or not any(match.groups()) or text.endswith("T"):
        raise ValueError("use an ISO 8601 duration such as PT0.2S, PT30S or P7D")
    amounts = (float(part.replace(",", ".")) if part else 0.0 for part in match.groups())
    seconds = sum(amount * unit for amount, unit in zip(amounts, _UNITS_S, strict=True))
    if seconds > _LONGEST_S:
        raise ValueError("use a duration below 1000 years")
    return seconds


def parse_positive_duration(text: str) -> float:
    """As `parse_duration`; zero is refused, too."""
    seconds = parse_duration(text)
    if seconds <= 0:
        raise ValueError("use a duration above zero, such as PT1H")
    return seconds


def parse_bytes(text: str) -> int:
    """Bytes of a whole number or a quantity such as 256Mi or 1.5Gi, rounded up as Kubernetes does.

    Raises ValueError.
    """
    match = _QUANTITY.match(text)
    if match is None:
        raise ValueError("use whole bytes or a quantity such as 256Mi")
    count = int(
        (Decimal(match.group(1)) * _FACTORS[match.group(2)]).to_integral_value(ROUND_CEILING)
    )
    if count > _MOST_BYTES:
        raise ValueError("use at most 1024Pi")
    return count
