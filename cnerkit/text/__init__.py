"""Values: what a sentence, an entity and a prediction are. Standard library only."""

from cnerkit.text.attention import Attention
from cnerkit.text.entity import Entity, Fragment
from cnerkit.text.labels import LabelSet, TypeHierarchy
from cnerkit.text.sentence import Prediction, Sentence

__all__ = ["Attention", "Entity", "Fragment", "LabelSet", "Prediction", "Sentence", "TypeHierarchy"]
