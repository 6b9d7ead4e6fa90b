"""The layer in which classes weigh characters: what is kept folded and when it is forgotten, precision, what it refuses."""

import pytest
import torch

from cnerkit.nn.classification_attention import ClassificationAttention

MASK = torch.tensor([[True, True, True], [True, False, False]])


def layer(**changes):
    torch.manual_seed(1)
    given = {"classes": ("a", "b"), "vectors": torch.randn(2, 12), "present": torch.tensor([True, True]), "n_heads": 3}
    return ClassificationAttention(**(given | changes))


@pytest.fixture
def used():
    """A layer in eval mode that has kept what it folded, and hidden states."""
    made, hidden = layer().eval(), torch.randn(2, 3, 12)
    with torch.inference_mode():
        made(hidden, MASK)
    assert made._kept is not None
    return made, hidden


def test_what_is_folded_is_kept_where_no_gradient_is_wanted_and_used_again(used):
    made, _ = used
    with torch.no_grad():
        assert made.folded()[0] is made.folded()[0]


def test_nothing_is_kept_that_a_gradient_may_flow_through(used):
    made, hidden = layer().eval(), used[1]
    made(hidden, MASK)
    assert made._kept is None
    made(hidden, MASK)[..., 0].sum().backward()
    assert made.query.weight.grad.any()


def test_a_gradient_flows_past_what_is_kept(used):
    made, hidden = used
    made(hidden, MASK)[..., 0].sum().backward()
    assert made.query.weight.grad.any()


def test_training_forgets_what_was_kept(used):
    made, hidden = used
    made.train()
    with torch.no_grad():
        made.key.weight.mul_(5)
        made.eval()
        changed = made.weights(hidden, MASK)
    torch.testing.assert_close(changed, made.weights(hidden, MASK))


def test_loaded_weights_forget_what_was_kept(used):
    made, hidden = used
    other = layer(vectors=torch.randn(2, 12) * 9).eval()
    with torch.no_grad():
        made.load_state_dict(other.state_dict())
        assert torch.equal(made(hidden, MASK), other(hidden, MASK))


def test_another_precision_forgets_what_was_kept(used):
    made, hidden = used
    with torch.no_grad():
        assert made.double()(hidden.double(), MASK).dtype is torch.float64


def test_weights_are_float32_under_autocast(used):
    made, hidden = used
    with torch.autocast("cpu", torch.bfloat16):
        assert made.train().weights(hidden.bfloat16(), MASK).dtype is torch.float32
        assert made(hidden, MASK).isfinite().all()


def test_the_vectors_are_not_learned_and_go_with_the_weights():
    made = layer()
    assert "vectors" not in dict(made.named_parameters())
    assert {"vectors", "present"} <= made.state_dict().keys()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": ("a",)}, "1 classes, 2 vectors, and 2 that may be present"),
        ({"present": torch.tensor([False, False])}, "none of the classes a, b has a vector"),
        ({"n_heads": 5}, "5 heads cannot share 12 numbers equally"),
    ],
    ids=["number", "absent", "heads"],
)
def test_what_does_not_fit_together_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        layer(**changes)
