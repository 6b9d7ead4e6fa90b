"""Models by name: listed without importing, loaded one by one, refused with the fix in the message."""

import subprocess
import sys
from typing import Annotated

import pytest

from cnerkit import registry
from cnerkit.errors import MissingError, RecipeError, UsageError
from cnerkit.registry import ModelSpec, Params, Switch

SOUND = """
from typing import Annotated
from cnerkit.registry import ModelSpec, Params, Switch

class P(Params):
    width: int = 3
    gate: Annotated[bool, Switch(off=False, paper="Table 1")] = True

MODEL = ModelSpec("{name}", "a plugin", "nobody", P, build=lambda *a, **k: None)
"""

OURS = [
    "bert_crf",
    "bert_softmax",
    "bilstm_crf",
    "classattn",
    "crener",
    "hmcn_f",
    "hreb",
    "lambdarank",
    "ranknet",
    "sng",
    "sng_typing",
    "softfine",
    "w2ner",
]


@pytest.fixture
def offer(tmp_path, monkeypatch):
    """Installs a distribution that offers models."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(distribution, modules, entry_points):
        for module, text in modules.items():
            (tmp_path / f"{module}.py").write_text(text, encoding="utf-8")
            monkeypatch.delitem(sys.modules, module, raising=False)
        info = tmp_path / f"{distribution}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n", encoding="utf-8")
        lines = [f"{name} = {target}" for name, target in entry_points.items()]
        (info / "entry_points.txt").write_text("\n".join([f"[{registry.GROUP}]", *lines]) + "\n", encoding="utf-8")

    return install


def refused(name):
    with pytest.raises(RecipeError) as caught:
        registry.get(name)
    assert caught.value.fix
    return str(caught.value)


def test_names_are_listed_without_importing_any_model():
    code = (
        "import sys; from cnerkit import registry; print(registry.names()); "
        "print([m for m in sys.modules if m.startswith('cnerkit.models') or m in ('torch', 'numpy')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [str(OURS), "[]"]


def test_a_plugin_of_another_distribution_is_found_and_loaded_when_asked_for(offer):
    offer("mine", {"mine_model": SOUND.format(name="mine")}, {"mine": "mine_model:MODEL"})
    assert "mine" in registry.names()
    assert "mine_model" not in sys.modules
    spec = registry.get("mine")
    assert spec.name == "mine"
    assert spec.switches()["gate"] == ("gate", Switch(off=False, paper="Table 1"))


def test_who_offers_a_name_is_known_without_loading_it(offer):
    offer("mine", {}, {"mine": "not_there:MODEL"})
    assert registry.Registration("mine", "mine", "not_there:MODEL") in registry.registrations()


def test_an_unknown_name_is_answered_at_once_with_the_nearest():
    with pytest.raises(UsageError, match="no model is called 'bert_crff'") as caught:
        registry.get("bert_crff")
    assert caught.value.fix == "did you mean bert_crf or bilstm_crf or bert_softmax?"


def test_a_name_near_to_none_is_answered_with_all():
    with pytest.raises(UsageError) as caught:
        registry.get("zzz")
    assert caught.value.fix == f"choose from {', '.join(OURS)}"


def test_without_any_model_the_advice_is_to_install_again():
    assert registry.advice("x", []) == "no model is registered: install cnerkit again"


def test_a_name_offered_by_two_distributions_is_refused_naming_both(offer):
    offer("one", {"m_one": SOUND.format(name="twin")}, {"twin": "m_one:MODEL"})
    offer("two", {"m_two": SOUND.format(name="twin")}, {"twin": "m_two:MODEL"})
    message = refused("twin")
    assert "the model name 'twin' is offered by one (m_one:MODEL) and two (m_two:MODEL)" in message
    assert "fix: uninstall one of them" in message
    assert registry.names().count("twin") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("MODEL = 7", "7 is not a ModelSpec", id="not-a-spec"),
        pytest.param(
            SOUND.format(name="other"), "the entry point is called 'plug', but its ModelSpec 'other'", id="other-name"
        ),
        pytest.param(
            SOUND.format(name="plug").replace("] = True", "] = False"),
            "gate is False by default, which is also what",
            id="switch-off-already",
        ),
        pytest.param(
            SOUND.format(name="plug").replace("off=False", "off='no way'"), "gate cannot be 'no way'", id="illegal-off"
        ),
        pytest.param(
            SOUND.format(name="plug").replace("width: int = 3", "size: Annotated[int, Switch(off=0, name='gate')] = 3"),
            "two switches of 'plug' have one name",
            id="one-switch-name-twice",
        ),
        pytest.param(SOUND.format(name="plug").replace(": int = 3", ": int"), "have no sound default: width", id="no-default"),
        pytest.param(SOUND.format(name="plug").replace("= 3", "= 'x'"), "have no sound default: width", id="wrong-default"),
        pytest.param(
            SOUND.format(name="plug").replace("width", "name"),
            "is called name, which in a recipe is the model's",
            id="field-name",
        ),
        pytest.param(
            SOUND.format(name="plug").replace(", P, ", ", dict, "), "params of 'plug' is <class 'dict'>", id="other-params"
        ),
        pytest.param("import nowhere_at_all", "cannot be imported: ModuleNotFoundError: No module named", id="import-fails"),
        pytest.param("1 / 0", "cannot be imported: ZeroDivisionError: division by zero", id="raises"),
        pytest.param("raise SystemExit(3)", "cannot be imported: SystemExit: 3", id="exits"),
        pytest.param("x = (", "cannot be imported: SyntaxError", id="syntax"),
        pytest.param("OTHER = 1", "cannot be imported: AttributeError", id="no-such-constant"),
    ],
)
def test_an_unsound_plugin_is_refused_by_name_and_breaks_no_other(offer, text, message):
    offer("plugged", {"plug_module": text}, {"plug": "plug_module:MODEL"})
    found = refused("plug")
    assert message in found
    assert "plugged (plug_module:MODEL)" in found
    assert registry.get("bert_crf").name == "bert_crf"
    assert "plug" in registry.names()


def test_a_plugin_file_is_registered_for_this_process(tmp_path):
    path = tmp_path / "my model.py"
    path.write_text(SOUND.format(name="from_file"), encoding="utf-8")
    spec = registry.load_plugin(path)
    assert registry.get("from_file") is spec
    assert registry.load_plugin(path) is spec
    assert registry.Registration("from_file", str(path), "MODEL") in registry.registrations()


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        pytest.param("MODEL = 'x'", "p.py", "'x' is not a ModelSpec", id="not-a-spec"),
        pytest.param("x = 1", "p.py", "the plugin defines no MODEL", id="no-model"),
        pytest.param(
            "\n\n1 / 0", "p.py:3", "the plugin fails when it is run: ZeroDivisionError: division by zero", id="raises"
        ),
        pytest.param("def f():\n    exit(1)\nf()", "p.py:2", "the plugin fails when it is run: SystemExit: 1", id="exits"),
        pytest.param("x = 1\ny = (\n", "p.py:2", "the plugin fails when it is run: SyntaxError", id="syntax"),
        pytest.param(
            SOUND.format(name="bert_crf"), "p.py", "is called 'bert_crf', which cnerkit offers already", id="taken-name"
        ),
    ],
)
def test_an_unsound_plugin_file_is_refused_with_its_line(tmp_path, text, where, message):
    path = tmp_path / "p.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        registry.load_plugin(path)
    assert message in caught.value.what
    assert caught.value.where == str(tmp_path / where)
    assert caught.value.fix
    assert registry.names() == OURS


def test_a_plugin_file_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(MissingError, match="there is no such plugin file") as caught:
        registry.load_plugin(tmp_path / "none.py")
    assert caught.value.where == str(tmp_path / "none.py")


def test_params_refuse_what_they_do_not_know_and_cannot_be_changed():
    class Own(Params):
        width: int = 3

    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        Own(depth=1)
    with pytest.raises(ValueError, match="frozen"):
        Own().width = 4


def test_a_switch_is_called_after_its_field_or_as_it_says():
    class Gated(Params):
        main_gate: Annotated[bool, Switch(off=False)] = True
        attention_function: Annotated[str, Switch(off="softmax", name="laplace")] = "laplace"

    switches = ModelSpec("gated", "", "", Gated, build=lambda: None).switches()
    assert {name: field for name, (field, _) in switches.items()} == {
        "main-gate": "main_gate",
        "laplace": "attention_function",
    }


def test_a_spec_without_switches_has_none():
    assert ModelSpec("plain", "", "", Params, build=lambda: None).switches() == {}
