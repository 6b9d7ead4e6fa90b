"""Every ``nn.Module``, one idea per file."""
