"""What happens to any model: batching, training, checkpoints, inference. Never learns a model's name."""
