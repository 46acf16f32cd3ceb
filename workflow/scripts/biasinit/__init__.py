"""How should the biases of a convolutional network be initialised."""

__version__ = "0.1.0"
