"""Builds the compiled lane when the package is built or installed, where a C compiler is found; never fails over it."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LANE = "media/plane/lane"


class LaneHook(BuildHookInterface[Any]):
    """For wheels, editable ones included."""

    PLUGIN_NAME = "lane"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Build in place, and put what was built into the wheel."""
        builder = _load(Path(self.root, LANE, "build.py"))
        self.app.display_info(builder.build())
        built = builder.target()
        if built.exists():
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
            build_data["artifacts"].append(f"/{LANE}/{built.name}")


def _load(path: Path) -> Any:
    """A module by its file: the package itself is not importable while it is being built."""
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
