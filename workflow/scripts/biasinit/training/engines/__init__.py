"""How members are trained: many fused into one computation, or one by one for reference."""
