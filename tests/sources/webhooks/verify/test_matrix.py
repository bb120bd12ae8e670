"""The signature matrix: everything that can be wrong with a request, for every preset."""

from dataclasses import dataclass, field

import pytest

from sources.webhooks.values import RefusedError
from sources.webhooks.verify import verifier_for
from tests.sources.webhooks.verify.cases import Case, all_cases
from tests.sources.webhooks.verify.schemes import SCHEMES, Scheme


@dataclass
class Verdicts:
    """What was judged wrongly, by what was done to the request."""

    wrong_accepts: list[str] = field(default_factory=list)
    wrong_rejects: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    wrong_reasons: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def judge(self, scheme: Scheme, case: Case) -> None:
        try:
            verifier_for(scheme.spec, case.secrets).verify(case.request)
        except RefusedError as error:
            self._refused(case, error)
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            self.exceptions.append(f"{case.what}: {error!r}")
        else:
            if not case.is_right:
                self.wrong_accepts.append(case.what)

    def _refused(self, case: Case, error: RefusedError) -> None:
        if case.is_right:
            self.wrong_rejects.append(case.what)
        wanted = (401, "too_old" if case.is_late else "bad_signature")
        if (error.status, error.reason) != wanted:
            self.wrong_reasons.append(case.what)
        told = [text.decode("latin-1") for text in case.secrets if text]
        told += [value for value in case.request.headers.values() if len(value) > 12]
        if any(text in str(error) for text in told) or not str(error).isprintable():
            self.said.append(f"{case.what}: {error}")


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_what_was_signed_is_let_in_and_nothing_else(scheme: Scheme) -> None:
    verdicts = Verdicts()
    count = 0
    for case in all_cases(scheme):
        verdicts.judge(scheme, case)
        count += 1

    assert verdicts == Verdicts()
    assert count > 4_000
