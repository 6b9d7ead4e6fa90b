"""What to write instead of a key that does not exist: the nearest one, or ours for a name that another toolkit uses."""

import difflib
from collections.abc import Collection

OURS = {
    "batch_size": "training.batch_sentences",
    "bert_dir": "encoder.path",
    "bert_learning_rate": "training.encoder_lr",
    "bert_lr": "training.encoder_lr",
    "bert_model": "encoder.path",
    "bf16": "training.precision",
    "char_emb_dim": "encoder.dim",
    "clip_grad_norm": "training.clip",
    "corpus": "data.name",
    "crf_lr": "training.lr",
    "crf_learning_rate": "training.lr",
    "dataset": "data.name",
    "dataset_name": "data.name",
    "early_stop": "training.patience",
    "early_stopping_patience": "training.patience",
    "emb_dim": "encoder.dim",
    "embed_dim": "encoder.dim",
    "embedding_dim": "encoder.dim",
    "finetune_lr": "training.encoder_lr",
    "fp16": "training.precision",
    "grad_clip": "training.clip",
    "gradient_accumulation_steps": "training.accumulate",
    "gradient_clip_val": "training.clip",
    "head_lr": "training.lr",
    "hidden_dim": "model.dim",
    "hidden_size": "model.dim",
    "learning_rate": "training.lr",
    "lr_scheduler": "training.schedule",
    "lr_scheduler_type": "training.schedule",
    "lstm_dim": "model.dim",
    "max_epochs": "training.epochs",
    "max_grad_norm": "training.clip",
    "max_steps": "training.epochs",
    "model_name_or_path": "encoder.path",
    "n_epochs": "training.epochs",
    "num_epochs": "training.epochs",
    "num_layers": "model.layers",
    "num_train_epochs": "training.epochs",
    "others_lr": "training.lr",
    "per_device_train_batch_size": "training.batch_sentences",
    "plm": "encoder.path",
    "plm_lr": "training.encoder_lr",
    "pretrained_model": "encoder.path",
    "random_seed": "training.seed",
    "scheduler": "training.schedule",
    "tag_scheme": "model.scheme",
    "train_batch_size": "training.batch_sentences",
    "transformer_lr": "training.encoder_lr",
    "warmup_proportion": "training.warmup",
    "warmup_ratio": "training.warmup",
    "warmup_steps": "training.warmup",
}
"""Other toolkits' names for what we have, with ours."""

WITHOUT = {
    "<<": "one recipe inherits from another with `extends:`",
    "eval_every": "dev is scored after every epoch",
    "gpus": "the command takes it: cnerkit train --gpus N",
    "max_len": "there is no limit: longer sentences go through overlapping windows, see encoder.overlap",
    "max_length": "there is no limit: longer sentences go through overlapping windows, see encoder.overlap",
    "max_seq_len": "there is no limit: longer sentences go through overlapping windows, see encoder.overlap",
    "max_seq_length": "there is no limit: longer sentences go through overlapping windows, see encoder.overlap",
    "optim": "it is always AdamW; training.weight_decay: 0 makes it Adam",
    "optimizer": "it is always AdamW; training.weight_decay: 0 makes it Adam",
    "output_dir": "the command takes it: cnerkit train -o DIR",
    "truncation": "there is no limit: longer sentences go through overlapping windows, see encoder.overlap",
}
"""Other toolkits' names for what a recipe does not set, with the reason."""

SECTION_NAMES = {
    "dataset": "data",
    "datasets": "data",
    "embedding": "encoder",
    "plm": "encoder",
    "train": "training",
    "trainer": "training",
}


def advice(key: str, section: str, valid: Collection[str], elsewhere: Collection[str]) -> str:
    """What to write instead of an unknown key.

    Args:
        key: As written.
        section: Where it was written, dotted; empty at the top of the recipe.
        valid: The keys that the section has.
        elsewhere: The dotted keys of the other sections.
    """
    folded = key.lower().replace("-", "_")
    if folded in WITHOUT:
        return WITHOUT[folded]
    if not section and folded in SECTION_NAMES:
        return f"call it {SECTION_NAMES[folded]}"
    if OURS.get(folded) in {*elsewhere, *(f"{section}.{name}" for name in valid)}:
        return f"call it {OURS[folded]}"
    near = difflib.get_close_matches(folded, valid, n=2, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(near)}?"
    homes = sorted(name for name in elsewhere if name.rpartition(".")[2] == folded)
    if homes:
        return f"it belongs to {homes[0].rpartition('.')[0]}: write {homes[0]}"
    return f"choose from {', '.join(sorted(valid))}" if valid else "remove it"
