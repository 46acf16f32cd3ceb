"""What theory predicts of a network before its first step."""
