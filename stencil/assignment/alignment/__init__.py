"""Alignment: log-probabilities, rewards, PPO, preference losses, GRPO."""
