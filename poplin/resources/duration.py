"""ISO 8601 durations as Knative takes them, and Kubernetes quantities of bytes."""

import re

__all__ = ["parse_bytes", "parse_duration"]

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

_QUANTITY = re.compile(r"(\d{1,15})(|k|M|G|T|Ki|Mi|Gi|Ti)\Z", re.ASCII)
_FACTORS = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip


def parse_duration(text: str) -> float:
    """Seconds, exactly as written (Knative truncates to 0.1 s). Raises ValueError."""
    match = _DURATION.match(text)
    if match is None or not any(match.groups()) or text.endswith("T"):
        raise ValueError("use an ISO 8601 duration such as PT0.2S, PT30S or P7D")
    amounts = (float(part.replace(",", ".")) if part else 0.0 for part in match.groups())
    seconds = sum(amount * unit for amount, unit in zip(amounts, _UNITS_S, strict=True))
    if seconds > _LONGEST_S:
        raise ValueError("use a duration below 1000 years")
    return seconds


def parse_bytes(text: str) -> int:
    """Bytes of a whole number or a quantity such as 256Mi. Raises ValueError."""
    match = _QUANTITY.match(text)
    if match is None:
        raise ValueError("use whole bytes or a quantity such as 256Mi")
    return int(match.group(1)) * _FACTORS[match.group(2)]
