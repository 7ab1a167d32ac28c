#!/usr/bin/env python3
"""Compares two blocking APIs, as rustdoc's JSON has them: `methods.py ORIGINAL MODULE GENERATED REASONS LEAST`.

MODULE is the path of the module that has the original API, `.` for the crate; the generated one is in `blocking`. What stands
in `src/blocking.rs` was written by hand, all else was generated: from async functions of the crate, or from those in
`src/blocking/`, which are ours. REASONS says, line by line, `Type::method: why`, for what is by hand or missing. Each must
have a reason, and each reason must be needed. LEAST is how much of the original's methods must be generated, in percent.
"""

import json
import sys
from pathlib import Path


class Api:
    """The public functions, and impls of traits, that a module has."""

    def __init__(self, path, module):
        docs = json.loads(Path(path).read_text())
        self.index = docs["index"]
        self.functions = {}
        self.impls = {}
        self.seen = set()
        here = self.item(docs["root"])
        for name in [] if module == "." else module.split("::"):
            here = next(item for item in self.items(here) if item["name"] == name)
        self.module(here)

    def item(self, number):
        return self.index.get(str(number))

    def items(self, module):
        found = (self.item(number) for number in module["inner"]["module"]["items"])
        return [item for item in found if item]

    def module(self, module):
        if module["id"] in self.seen:
            return
        self.seen.add(module["id"])
        for item in self.items(module):
            self.add(item, item["name"])

    def add(self, item, name):
        (kind, inner), = item["inner"].items()
        if kind == "use":
            target = self.item(inner["id"])
            if target and "module" in target["inner"] and inner["is_glob"]:
                self.module(target)
            elif target:
                self.add(target, inner["name"])
        elif kind == "module":
            self.module(item)
        elif kind == "function":
            self.functions[name] = item
        elif kind in ("struct", "enum") and item["id"] not in self.seen:
            self.seen.add(item["id"])
            for number in inner["impls"]:
                self.add_impl(name, self.item(number))
        elif kind == "trait":
            for member in filter(None, map(self.item, inner["items"])):
                if "function" in member["inner"]:
                    self.functions[f"{name}::{member['name']}"] = member

    def add_impl(self, name, item):
        inner = item["inner"]["impl"]
        if inner["trait"] is None:
            for member in map(self.item, inner["items"]):
                if member["visibility"] == "public" and "function" in member["inner"]:
                    self.functions[f"{name}::{member['name']}"] = member
        elif not inner["is_synthetic"] and inner["blanket_impl"] is None:
            self.impls[f"{inner['trait']['path'].split('::')[-1]} for {name}"] = item


def file_of(item):
    return (item["span"] or {}).get("filename", "")


def main(original, module, generated, reasons_file, least):
    reasons = {}
    for line in Path(reasons_file).read_text().splitlines():
        if line and not line.startswith("#"):
            name, reason = line.split(": ", 1)
            reasons[name] = reason
    theirs, ours = Api(original, module), Api(generated, "blocking")
    by_hand, missing, made = [], [], []
    for name in sorted(theirs.functions):
        if name not in ours.functions:
            missing.append(name)
        elif file_of(ours.functions[name]).endswith("src/blocking.rs"):
            by_hand.append(name)
        else:
            made.append(name)
    from_ours = [name for name in made if "src/blocking/" in file_of(ours.functions[name])]
    more = sorted(set(ours.functions) - set(theirs.functions))
    share = 100 * len(made) / len(theirs.functions)
    print(f"methods {len(theirs.functions)}: generated {len(made)} ({share:.1f} %), "
          f"of which from async functions that are ours {len(from_ours)}, "
          f"by hand {len(by_hand)}, missing {len(missing)}; more than the original has: {len(more)}")
    for kind, names in (("by hand", by_hand), ("missing", missing)):
        for name in names:
            print(f"  {kind}: {name}: {reasons.get(name, '?')}")
    impls = sorted(set(theirs.impls) - set(ours.impls))
    print(f"impls of traits {len(theirs.impls)}: there {len(theirs.impls) - len(impls)}"
          + "".join(f"\n  missing: {name}: {reasons.get(name, '?')}" for name in impls))
    print("  from ours: " + ", ".join(from_ours))
    print("  more: " + ", ".join(more))
    needed = {*by_hand, *missing, *impls}
    for name in sorted(needed ^ set(reasons)):
        print(f"  {'no reason is given for' if name in needed else 'no reason is needed for'} {name}")
    if share < float(least):
        print(f"beyond the limit: {least} % of the methods are to be generated")
    return 1 if needed ^ set(reasons) or share < float(least) else 0


sys.exit(main(*sys.argv[1:]))
