"""Real builds of models on PyTorch's meta device: how their counts were recorded, and the records."""
