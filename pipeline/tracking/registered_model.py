"""The code file of every registered version: what MLflow runs to load a tuned model.

The model itself is the package ``pipeline.models.travelling``, of which a copy lies among the
version's artifacts.
"""

from __future__ import annotations

import importlib.util
import sys
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.store.artifact.runs_artifact_repo import RunsArtifactRepository
from numpy.typing import NDArray


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
LEAST = {"batch_size": 1, "tokens_at_once": 0, "prompt_room": -1}


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
    _check_columns(names, COLUMNS)
    texts = _texts(content["text"].tolist())
    if "text_pair" not in names:
        return texts
    rows = zip(texts, content["text_pair"], strict=True)
    return [text if pd.isna(second) else (text, second) for text, second in rows]


def _check_columns(names: list[str], known: Sequence[str]) -> None:
    if "text" not in names or not set(names) <= set(known) or len(set(names)) < len(names):
        pairs = ", and text_pair where two belong together" if len(known) > 1 else ""
        raise _refusal(f"columns: expected text{pairs}; found {', '.join(names) or 'none'}. "
                       "Name the columns so, and leave out others.")  # fmt: skip


def _texts(values: list[Any]) -> list[str]:
    bad = [n for n, value in enumerate(values) if not _is_text(value)]
    if bad or not values:
        where = f"row {', '.join(map(str, bad[:5]))}" if bad else "no row"
        finding = f"{values[bad[0]]!r}" if bad else "none"
        raise _refusal(f"{where}: expected a text; found {finding}. Pass texts that are not empty.")
    return values


def _is_text(value: Any) -> bool:
    """Say whether a value is a text with something to read in it, which UTF-8 can write."""
    if not isinstance(value, str) or any("\ud800" <= sign <= "\udfff" for sign in value):
        return False
    return any(sign.isprintable() and not sign.isspace() for sign in value)


def _refusal(message: str) -> Exception:
    refusal: Exception = mlflow.exceptions.MlflowException.invalid_parameter_value(message)
    return refusal


def _refuse_unknown_names() -> None:
    """Have MLflow refuse params and columns that a model of this kind does not know.

    It leaves them out, and models do not see what was left out, so nothing else could refuse them.
    Other models are served as before.
    """
    validate = getattr(mlflow.pyfunc, "_validate_prediction_input", None)
    if validate is None or hasattr(validate, "of_registered_models"):
        return

    def validated(
        data: Any, params: Any, input_schema: Any, params_schema: Any, flavor: Any = None
    ) -> Any:
        known = {spec.name for spec in params_schema.params} if params_schema is not None else set()
        if known == set(DEFAULTS):
            _check_params(params, known)
            if _is_of_texts(input_schema) and isinstance(data, (pd.DataFrame, list, np.ndarray)):
                names = [str(name) for name in pd.DataFrame(data).columns]
                columns = input_schema.input_names() if input_schema.has_input_names() else ["text"]
                if names != ["0"]:
                    _check_columns(names, columns)
        return validate(data, params, input_schema, params_schema, flavor)

    validated.of_registered_models = True  # type: ignore[attr-defined]
    mlflow.pyfunc._validate_prediction_input = validated


def _check_params(params: Any, known: set[str]) -> None:
    if not isinstance(params, dict):
        return
    if unknown := sorted(set(map(str, params)) - known):
        names = ", ".join(f"'{name}'" for name in unknown)
        raise _refusal(
            f"params: expected {', '.join(sorted(known))}; found {names}. Correct or remove it."
        )
    if missing := sorted(name for name, value in params.items() if value is None):
        raise _refusal(f"{missing[0]}: expected a value; found none. Give one, or leave it out.")


def _is_of_texts(schema: Any) -> bool:
    if schema is None or schema.is_tensor_spec():
        return False
    names = schema.input_names() if schema.has_input_names() else []
    strings = all(kind == mlflow.types.DataType.string for kind in schema.input_types())
    return strings and names in ([], list(COLUMNS)) and len(schema.input_types()) <= len(COLUMNS)


def _is_of_pictures(schema: Any) -> bool:
    if schema is None or not schema.is_tensor_spec():
        return False
    return [(spec.type, spec.shape) for spec in schema.inputs] == [(np.uint8, (-1, -1, -1, 3))]


def _leave_values_as_they_came() -> None:
    """Have MLflow leave the values of a request as they are.

    Else 1 becomes the text '1', null the text 'None', and half of a pixel's brightness nothing.
    """
    parsing = mlflow.utils.proto_json_utils
    for name, values_of in (
        ("_cast_schema_type", lambda content: content),
        ("parse_instances_data", lambda content: content["instances"]),
    ):
        parse = getattr(parsing, name, None)
        if parse is not None and not hasattr(parse, "of_registered_models"):
            setattr(parsing, name, _leaving_values(parse, values_of))


def _leaving_values(parse: Callable[..., Any], values_of: Callable[[Any], Any]) -> Any:
    def parsed(content: Any, schema: Any = None) -> Any:
        if _is_of_texts(schema):
            return _table(values_of(content))
        if _is_of_pictures(schema):
            return _pictures(values_of(content))
        return parse(content, schema)

    parsed.of_registered_models = True  # type: ignore[attr-defined]
    return parsed


def _table(values: Any) -> pd.DataFrame:
    """Lay texts out in a table: a list, columns by name, or rows of named values."""
    if isinstance(values, dict):
        values = {n: one if isinstance(one, list) else [one] for n, one in values.items()}
        return pd.DataFrame(values, dtype=object)
    rows = values if isinstance(values, list) else [values]
    if rows and all(isinstance(row, dict) for row in rows):
        return pd.DataFrame(rows, dtype=object)
    return pd.DataFrame({0: pd.Series(rows, dtype=object)})


def _pictures(values: Any) -> NDArray[np.uint8]:
    pixels = np.array(values)
    if not pixels.size:
        finding = "none"
    elif pixels.dtype.kind not in "iu":
        finding = f"{pixels.dtype} numbers" if pixels.dtype.kind == "f" else "something else"
    elif pixels.min() < 0 or pixels.max() > 255:
        finding = f"{pixels.min()} to {pixels.max()}"
    else:
        return pixels.astype(np.uint8)
    raise _refusal("pictures: expected whole numbers from 0 to 255 of shape (n, height, width, 3); "
                   f"found {finding}. Give them as bytes of RGB.")  # fmt: skip


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
        for name, least in LEAST.items():
            if options[name] < least:
                raise _refusal(f"{name}: expected at least {least}; found {options[name]}.")
        if options["output"] == "task" and self.tuned.card.form == "features":
            raise _refusal("params: expected output='features' of a base without a task; found "
                           "output='task'. Say params={'output': 'features'}.")  # fmt: skip
        known = options["output"] in ("task", "features")
        if not known or options["pooling"] not in self.tuned.poolings:
            raise _refusal(
                "params: expected output='task', or output='features' with a pooling of "
                f"{', '.join(self.tuned.poolings)}; found output='{options['output']}', "
                f"pooling='{options['pooling']}'. Change params."
            )
        try:
            if options["output"] == "task":
                return self.tuned.perform(items, options["batch_size"])
            room = {"prompt_room": options["prompt_room"]} if texts else {}
            return self.tuned.features(items, options["pooling"], options["tokens_at_once"], **room)
        except ValueError as error:  # what does not fit the model, said in one sentence
            raise _refusal(str(error)) from error


_refuse_unknown_names()
_leave_values_as_they_came()
mlflow.models.set_model(RegisteredModel())
