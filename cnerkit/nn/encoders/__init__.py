"""Tokens to vectors: a pretrained BERT, or one learned vector per token. One position per token, always."""

from cnerkit.nn.encoders.bert import BertEncoder
from cnerkit.nn.encoders.building import encoder_from_description, new_encoder
from cnerkit.nn.encoders.static import StaticEncoder

__all__ = ["BertEncoder", "StaticEncoder", "encoder_from_description", "new_encoder"]
