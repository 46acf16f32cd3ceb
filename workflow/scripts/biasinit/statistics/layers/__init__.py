"""What happens inside networks: units, gradients, biases, twins."""
