"""A tuned model wherever it goes: this package travels inside every registered version.

MLflow loads a copy of it in processes that cannot import the project, so it imports nothing of the
project, and its own parts only relatively: two versions loaded in one process each run their own
copy. A tuned model is a folder: ``card.json`` (what it is), ``weights/`` (what tuning changed, or
everything), ``tokenizer/`` for text. What is not in the folder comes from the base.
"""
