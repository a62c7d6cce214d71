"""Training: losses, optimisers, the compiled loop, checkpoints, tracking."""
