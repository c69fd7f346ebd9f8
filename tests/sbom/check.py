"""Holds a bill of materials against the schema of CycloneDX, and against what must be in it."""

import json
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
error = JsonStrictValidator(SchemaVersion.V1_5).validate_str(text)
assert error is None, error
components = {component["name"]: component for component in json.loads(text)["components"]}
assert len(components) > 100, len(components)
for name in ("actix-web", "diesel", "libsqlite3-sys"):
    assert name in components, name
assert "proptest" not in components, "what only tests need is no part of the program"
for name, component in components.items():
    assert component.get("licenses") and component.get("hashes"), name
print(f"SBOM: {len(components)} crates, as CycloneDX 1.5 has it")
