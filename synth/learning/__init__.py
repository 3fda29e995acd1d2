"""What methods share: the contract, models that can be drawn from, noisy tables that agree."""
