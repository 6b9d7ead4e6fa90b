"""Every registered model through the contract."""

import subprocess
import sys

import pytest

from cnerkit import registry
from cnerkit.testing import PROMISES


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
@pytest.mark.parametrize("name", registry.names())
def test_every_model_keeps_its_promises(name, promise):
    promise(registry.get(name))


@pytest.mark.parametrize("name", registry.names())
def test_a_declaration_loads_without_torch(name):
    code = (
        f"import sys; from cnerkit import registry; registry.get({name!r}); "
        "print([m for m in ('torch', 'transformers', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
