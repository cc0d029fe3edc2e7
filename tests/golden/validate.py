#!/usr/bin/python3
"""validate.py SCHEMA FILE...: are all lines of the files JSON as the schema says?

Prints what is wrong; with --properties, the paths of all properties that occur, and then those of
the schema, so that a test can see that nothing in it is without an example.
"""
import json
import sys

import jsonschema


def paths_of(value, prefix=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield prefix + key
            yield from paths_of(inner, prefix + key + ".")
    elif isinstance(value, list):
        for inner in value:
            yield from paths_of(inner, prefix)


def paths_of_schema(schema, root, prefix=""):
    if "$ref" in schema:
        yield from paths_of_schema(root["$defs"][schema["$ref"].split("/")[-1]], root, prefix)
    for key, inner in schema.get("properties", {}).items():
        yield prefix + key
        yield from paths_of_schema(inner, root, prefix + key + ".")


def no_constant(name):
    raise ValueError(f"{name} is not JSON")


def main():
    arguments = [a for a in sys.argv[1:] if a != "--properties"]
    with open(arguments[0], encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    seen, lines, wrong = set(), 0, 0
    for name in arguments[1:]:
        with open(name, "rb") as f:
            for number, line in enumerate(f, 1):
                lines += 1
                try:
                    value = json.loads(line.decode("utf-8"), parse_constant=no_constant)
                except ValueError as error:
                    print(f"{name}:{number}: {error}")
                    wrong += 1
                    continue
                for error in validator.iter_errors(value):
                    print(f"{name}:{number}: {error.json_path}: {error.message[:200]}")
                    wrong += 1
                seen.update(paths_of(value))
    if "--properties" in sys.argv:
        # The headers within a tunnel are of the same kind as those outside.
        seen = {path.replace("tunnel.tuple", "tuple") for path in seen}
        known = {p.replace("tunnel.tuple", "tuple") for p in paths_of_schema(schema, schema)}
        for path in sorted(known - seen):
            print(f"no example of {path}")
            wrong += 1
    print(f"{lines} lines")
    return 1 if wrong or not lines else 0


sys.exit(main())
