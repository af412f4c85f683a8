"""What a model thinks about a repository while nobody asks: notes of which each sentence is proven, or dropped."""
