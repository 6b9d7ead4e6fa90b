"""Chinese named-entity recognition from the command line: convert, train, ablate, evaluate, compare, predict.

How the house is built, from the ground up; a module imports only from rooms below its own:

- ``errors``, ``storage``: mistakes a user can make, each with its exit code; files written whole or not at all.
- ``text``: values. Fragment, Entity, Sentence (a document too, until it is divided), LabelSet, TypeHierarchy, Prediction.
- ``registry``: ModelSpec, Switch, Task; finds a model by name and loads it only when it is chosen.
- ``corpora`` (files and sentences, one module per format; the catalogue; checks), ``codecs`` (entities and what a head
  predicts: tags, grids, soft labels), ``scoring`` (gold and predicted entities to counts), ``recipe`` (YAML to typed values),
  ``nn`` (every ``nn.Module``): siblings, none imports another.
- ``models``: declarations, one file per model, no torch at module level.  ``engine``: what happens to any model.  ``page``:
  reports and predictions as pages of HTML.
- ``workflows``: one function per command; returns a value, prints nothing.
- ``cli``: Typer; parses, calls a workflow, renders.  ``testing``: the contract that every model is held to.
"""

__version__ = "0.1.0"
