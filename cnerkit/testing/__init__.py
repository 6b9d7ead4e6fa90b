"""The contract that every registered model is held to, public so that a stranger's model can be too.

In a plugin's own tests::

    import pytest
    from cnerkit.testing import PROMISES

    @pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
    def test_my_model_keeps(promise):
        promise(MODEL)
"""

from cnerkit.testing.contract import PROMISES
from cnerkit.testing.example import example_encoder, example_sentences, example_task

__all__ = ["PROMISES", "example_encoder", "example_sentences", "example_task"]
