"""The code file of every registered version: what MLflow runs to load a tuned model.

The model itself is the package ``pipeline.models.travelling``, of which a copy lies among the
version's artifacts.
"""

from __future__ import annotations

import importlib.util
import sys
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.store.artifact.runs_artifact_repo import RunsArtifactRepository


def import_travelling(folder: Path) -> ModuleType:
    """Import a copy of the travelling package under a name of its own.

    A fresh name for each version is what lets versions made with different code work side by
    side in one process.
    """
    name = f"travelling_{uuid.uuid4().hex}"
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"expected a Python package in {folder}; found none")
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # the store is not ours to fill
    try:
        spec.loader.exec_module(package)
        return importlib.import_module(f"{name}.loading")
    finally:
        sys.dont_write_bytecode = before


COLUMNS = ("text", "text_pair")
DEFAULTS = {
    "output": "task", "batch_size": 64, "pooling": "mean", "tokens_at_once": 0, "prompt_room": -1,
}  # fmt: skip


def _items(content: Any, takes_texts: bool) -> Any:
    """Read what a model is asked about: texts by the names of columns, or pictures as they are.

    Raises
    ------
    MlflowException
        Naming the columns or the rows that are not to be read; a server answers it with 400.
    """
    if not takes_texts:
        return content
    if not isinstance(content, pd.DataFrame):
        return _texts(list(content))
    names = [str(name) for name in content.columns]
    if names == ["0"]:  # a list, which MLflow has made a table of
        return _texts(content.iloc[:, 0].tolist())
    if "text" not in names or not set(names) <= set(COLUMNS):
        raise _refusal("columns: expected text, and text_pair where two belong together; found "
                       f"{', '.join(names) or 'none'}. Name the columns so.")  # fmt: skip
    texts = _texts(content["text"].tolist())
    if "text_pair" not in names:
        return texts
    rows = zip(texts, content["text_pair"], strict=True)
    return [text if pd.isna(second) else (text, second) for text, second in rows]


def _texts(values: list[Any]) -> list[str]:
    bad = [n for n, text in enumerate(values) if not (isinstance(text, str) and text.strip())]
    if bad or not values:
        where = f"row {', '.join(map(str, bad[:5]))}" if bad else "no row"
        finding = f"{values[bad[0]]!r}" if bad else "none"
        raise _refusal(f"{where}: expected a text; found {finding}. Pass texts that are not empty.")
    return values


def _refusal(message: str) -> Exception:
    refusal: Exception = mlflow.exceptions.MlflowException.invalid_parameter_value(message)
    return refusal


def _refuse_unknown_params() -> None:
    """Have MLflow refuse params that a model of this kind does not know, which it leaves out.

    Models do not see what was left out, so nothing else could. Other models are served as before.
    """
    enforce = getattr(mlflow.pyfunc, "_enforce_params_schema", None)
    if enforce is None or hasattr(enforce, "refuses_unknown"):
        return

    def enforce_known(params: Any, schema: Any) -> Any:
        known = {spec.name for spec in schema.params} if schema is not None else set()
        unknown = sorted(set(map(str, params)) - known) if isinstance(params, dict) else []
        if unknown and known == set(DEFAULTS):
            names = ", ".join(f"'{name}'" for name in unknown)
            raise _refusal(
                f"params: expected {', '.join(sorted(known))}; found {names}. Correct or remove it."
            )
        return enforce(params, schema)

    enforce_known.refuses_unknown = True  # type: ignore[attr-defined]
    mlflow.pyfunc._enforce_params_schema = enforce_known


class RegisteredModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Does the task by default; ``params={'output': 'features'}`` asks for features."""

    def load_context(self, context: Any) -> None:
        """Load weights; the base is fetched from the store if this version does not hold all."""

        def base_folder() -> Path:
            # by the URI beneath: a base on this machine is then read where it lies, not copied
            uri = RunsArtifactRepository.get_underlying_uri(context.model_config["base_uri"])
            target = None if uri.startswith(("/", "file:")) else fetched
            return Path(mlflow.artifacts.download_artifacts(uri, dst_path=target))

        loading = import_travelling(Path(context.artifacts["travelling"]))
        with TemporaryDirectory(prefix="base-") as fetched:
            tuned = Path(context.artifacts["tuned"])
            self.tuned = loading.load_tuned(tuned, base_folder, loading.own_device())

    def predict(self, context: Any, model_input: np.ndarray, params: Any = None) -> Any:  # type: ignore[type-arg]
        """Do the task, or return features of shape (n_stimuli, n_layers, n_features).

        Where layers differ in width, as in a ResNet, features are a list with an array for each.

        Texts come as a list, a Series or a DataFrame of one column, or of the columns ``text`` and
        ``text_pair`` where two belong together (for spans the question and the text that holds
        its answer); pictures come as an array of bytes.
        The annotation is the one that keeps MLflow from guessing: the signature says what comes.
        """
        options = {**DEFAULTS, **(params or {})}
        texts = self.tuned.card.modality == "text"
        items = _items(model_input, takes_texts=texts)
        if options["batch_size"] < 1:
            raise _refusal(f"batch_size: expected at least 1; found {options['batch_size']}.")
        if options["output"] == "task" and self.tuned.card.form == "features":
            raise _refusal("params: expected output='features' of a base without a task; found "
                           "output='task'. Say params={'output': 'features'}.")  # fmt: skip
        if options["output"] == "task":
            return self.tuned.perform(items, options["batch_size"])
        if options["output"] == "features" and options["pooling"] in self.tuned.poolings:
            room = {"prompt_room": options["prompt_room"]} if texts else {}
            return self.tuned.features(items, options["pooling"], options["tokens_at_once"], **room)
        raise _refusal(
            "params: expected output='task', or output='features' with a pooling of "
            f"{', '.join(self.tuned.poolings)}; found output='{options['output']}', "
            f"pooling='{options['pooling']}'. Change params."
        )


_refuse_unknown_params()
mlflow.models.set_model(RegisteredModel())
