"""Runs, registry, lineage, fingerprints, and the stages: the only importer of mlflow."""
