"""``verify``: start a backend on a fresh database, run its behavioural suite, and join that with the static verdicts."""
