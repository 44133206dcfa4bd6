"""Write MLproject from the config models, so that no default is written twice.

python -m entrypoints.mlproject > MLproject
"""

from __future__ import annotations

import textwrap

from pipeline.config import (
    AlignConfig,
    ExportConfig,
    ExtractConfig,
    ImportConfig,
    MainConfig,
    PrepareConfig,
    ReportConfig,
    SizesConfig,
    StageConfig,
    TuneConfig,
)

STAGES: dict[str, type[StageConfig]] = {
    "main": MainConfig,
    "prepare": PrepareConfig,
    "tune": TuneConfig,
    "extract": ExtractConfig,
    "align": AlignConfig,
    "report": ReportConfig,
    "export": ExportConfig,
    "import": ImportConfig,
    "sizes": SizesConfig,
}
HEAD = """\
# Made by: python -m entrypoints.mlproject > MLproject
# Help:    python -m entrypoints.tune --help   (likewise for the others)
# Every other setting is passed on as it is: -P name=value. What is not passed keeps its default.
name: brain-alignment
conda_env: conda.yaml
entry_points:
"""


def mlproject() -> str:
    """Give the text of MLproject.

    Parameters with defaults stand in comments: MLflow would pass every declared one to the command.
    """
    return HEAD + "".join(_entry(name, model) for name, model in STAGES.items())


def _entry(name: str, model: type[StageConfig]) -> str:
    fields = model.model_fields
    required = [field for field, info in fields.items() if info.is_required()]
    defaults = [f"{f}={_typed(i.default)}" for f, i in fields.items() if not i.is_required()]
    lines = [f"  {name}:"]
    lines += textwrap.wrap("-P " + " ".join(defaults), 94, initial_indent="    # ",
                           subsequent_indent="    # ", break_on_hyphens=False)  # fmt: skip
    if required:
        lines += ["    parameters:", *(f"      {field}: string" for field in required)]
    options = "".join(f" --{field} {{{field}}}" for field in required)
    lines.append(f'    command: "python -m entrypoints.{name}{options}"')
    return "\n".join(lines) + "\n"


def _typed(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


if __name__ == "__main__":
    print(mlproject(), end="")
