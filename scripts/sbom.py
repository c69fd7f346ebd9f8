"""Makes a CycloneDX bill of materials from `cargo metadata` on standard input and the lock file named. Reproducible: it
holds no time and no random number, so that the same lock file gives the same bytes.
"""

import json
import sys
import tomllib


def main():
    metadata = json.load(sys.stdin)
    with open(sys.argv[1], "rb") as file:
        checksums = {(package["name"], package["version"]): package.get("checksum")
                     for package in tomllib.load(file)["package"]}
    packages = {package["id"]: package for package in metadata["packages"]}
    root = metadata["resolve"]["root"]
    # What only tests and builds of others need is not part of the program.
    needed, waiting = set(), [root]
    nodes = {node["id"]: used(node) for node in metadata["resolve"]["nodes"]}
    while waiting:
        package = waiting.pop()
        if package not in needed:
            needed.add(package)
            waiting.extend(nodes[package])
    components = [component(packages[id], checksums) for id in needed if id != root]
    components.sort(key=lambda component: component["bom-ref"])
    dependencies = [{"ref": ref(packages[id]), "dependsOn": sorted({ref(packages[other]) for other in nodes[id]})}
                    for id in needed]
    dependencies.sort(key=lambda dependency: dependency["ref"])
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": component(packages[root], checksums) | {"type": "application"}},
        "components": components,
        "dependencies": dependencies,
    }
    print(json.dumps(bill, indent=1))


def used(node):
    """What a crate needs to be built and to run, its tests left out."""
    return [other["pkg"] for other in node["deps"] if any(kind["kind"] != "dev" for kind in other["dep_kinds"])]


def ref(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def component(package, checksums):
    item = {"type": "library", "bom-ref": ref(package), "name": package["name"], "version": package["version"],
            "purl": ref(package)}
    if package["license"]:
        # A slash is the older way to write OR.
        item["licenses"] = [{"expression": " OR ".join(part.strip() for part in package["license"].split("/"))}]
    if checksum := checksums.get((package["name"], package["version"])):
        item["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return item


if __name__ == "__main__":
    main()
