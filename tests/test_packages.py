"""The packages as a whole: their names, what they export, where they may look."""

import importlib
import inspect
import pkgutil
from importlib.metadata import packages_distributions
from types import ModuleType

import pytest

PACKAGES = ("poplin", "ingress", "dispatcher", "sources", "console", "poplin_cli")


def _modules() -> list[str]:
    found = list(PACKAGES)
    for package in PACKAGES:
        path = importlib.import_module(package).__path__
        found += [each.name for each in pkgutil.walk_packages(path, f"{package}.")]
    return found


def _defined_in(module: ModuleType) -> set[str]:
    return {
        name
        for name, value in vars(module).items()
        if (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == module.__name__
        and not name.startswith("_")
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_owns_our_names(package: str) -> None:
    assert set(packages_distributions().get(package, ["poplin"])) == {"poplin"}


@pytest.mark.parametrize("name", _modules())
def test_what_others_may_use_is_listed(name: str) -> None:
    module = importlib.import_module(name)
    listed = getattr(module, "__all__", [])

    assert all(hasattr(module, each) for each in listed)
    assert _defined_in(module) <= set(listed) or name == "poplin_cli.main"


@pytest.mark.parametrize("name", _modules())
def test_every_module_says_what_it_is(name: str) -> None:
    assert inspect.getdoc(importlib.import_module(name))
