"""Write MLproject from the config models, so that no default is written twice.

python -m entrypoints.mlproject > MLproject
"""

from __future__ import annotations

from pydantic.fields import FieldInfo

from pipeline.config import (
    AlignConfig,
    ExportConfig,
    ExtractConfig,
    ImportConfig,
    PrepareConfig,
    ReportConfig,
    StageConfig,
    TuneConfig,
)

STAGES: dict[str, type[StageConfig]] = {
    "prepare": PrepareConfig,
    "tune": TuneConfig,
    "extract": ExtractConfig,
    "align": AlignConfig,
    "report": ReportConfig,
    "export": ExportConfig,
    "import": ImportConfig,
}
DEFAULT_STUDY = "studies/demo.yaml"
HEAD = f"""\
# Made by: python -m entrypoints.mlproject > MLproject
# Help:    python -m entrypoints.tune --help   (likewise for the others)
name: brain-alignment
conda_env: conda.yaml
entry_points:
  main:
    parameters:
      study: {{type: string, default: {DEFAULT_STUDY}}}
    command: "python -m entrypoints.main --study {{study}}"
"""


def mlproject() -> str:
    """Give the text of MLproject."""
    return HEAD + "".join(_entry(name, model) for name, model in STAGES.items())


def _entry(name: str, model: type[StageConfig]) -> str:
    fields = model.model_fields
    lines = [f"  {name}:", "    parameters:"]
    lines += [f"      {field}: {_parameter(info)}" for field, info in fields.items()]
    options = " ".join(f"--{field} {{{field}}}" for field in fields)
    lines.append(f'    command: "python -m entrypoints.{name} {options}"')
    return "\n".join(lines) + "\n"


def _parameter(field: FieldInfo) -> str:
    kind = "float" if field.annotation in (int, float) else "string"
    if field.is_required():
        return kind
    default = field.default
    if isinstance(default, (str, bool)):
        default = f'"{str(default).lower()}"' if isinstance(default, bool) else f'"{default}"'
    return f"{{type: {kind}, default: {default}}}"


if __name__ == "__main__":
    print(mlproject(), end="")
