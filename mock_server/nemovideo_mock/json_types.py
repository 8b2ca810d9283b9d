"""The type of JSON objects in the fake. A separate module that imports nothing, so that every package may import it."""

from __future__ import annotations

#: A JSON object whose values are not known yet. `nemovideo_contract.openapi` has the recursive type, but loads YAML.
Json = dict[str, object]
