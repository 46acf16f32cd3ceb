"""What every analysis shares: estimates, families of tests, formulae, and which runs it judges."""
