"""A second reading of the rules of dunning: slow, obvious, and never used by the product.

``facts`` says what a ledger is, ``rules`` decides about it in plain Python, ``ledgers`` makes
random ones and ``database`` writes them down for the decision statement to read.
"""
