"""The thread's claims beside what studies measured."""
