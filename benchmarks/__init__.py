"""How long proposing and sending take: ``./dev bench``, explained in docs/benchmarks.md."""
