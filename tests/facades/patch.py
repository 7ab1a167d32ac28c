#!/usr/bin/env python3
"""Edits a copy of a published crate, as the file `edits` says: `patch.py EDITS FOLDER`.

Edits have no text of the crate but the lines, or starts of lines, that they are about:

    in FILE                 what follows is about this file
    TEXT > LINE             puts a line above each line that starts with LINE
    TEXT >1 LINE            puts a line above the first such line
    TEXT >> LINE            puts a line below each such line
    - LINE                  removes each such line
    OLD => NEW              replaces a text

`facade` and `skip` in the place of TEXT are our attributes; `facade(OPTIONS)` and `method(OPTIONS)` have options, and a
line `always OPTIONS` gives all that follow those options.
"""

import re
import sys
from pathlib import Path


def attribute(text, always):
    """The attribute that a short form stands for."""
    form = re.fullmatch(r"(facade|skip|method)(?:\((.*)\))?", text)
    if not form:
        return text
    name, options = form.groups()
    if name == "facade":
        inside = ", ".join(["facade = crate::blocking::facades", *always, *filter(None, [options])])
    else:
        inside = "skip" if name == "skip" else options
    return f'#[cfg_attr(feature = "blocking", bridge::threadsafe({inside}))]'


def edited(lines, edit, always):
    """The lines with an edit made; `None` if it is about no line."""
    if edit.startswith("- "):
        kept = [line for line in lines if not line.strip().startswith(edit[2:])]
        return kept if len(kept) < len(lines) else None
    if " => " in edit:
        old, new = edit.split(" => ", 1)
        text = "\n".join(lines)
        return text.replace(old, new).split("\n") if old in text else None
    text, where, anchor = re.fullmatch(r"(.*?) (>|>1|>>) (.*)", edit).groups()
    result = []
    for line in lines:
        here = line.strip().startswith(anchor) and (where != ">1" or len(result) == lines.index(line))
        added = [line[: len(line) - len(line.lstrip())] + attribute(text, always)] if here else []
        result += [line, *added] if where == ">>" else [*added, line]
    return result if len(result) > len(lines) else None


def main(edits, folder):
    path, lines, always = None, [], []

    def write():
        if path:
            path.write_text("\n".join(lines))

    for number, edit in enumerate(Path(edits).read_text().splitlines(), 1):
        edit = edit.strip()
        if not edit or edit.startswith("#!") or edit.startswith("# "):
            continue
        if edit.startswith("in "):
            write()
            path = Path(folder, edit[3:])
            lines = path.read_text().split("\n")
            continue
        if edit.startswith("always "):
            always = [edit[7:]]
            continue
        result = edited(lines, edit, always)
        if result is None:
            sys.exit(f"{edits}:{number}: no such line in {path}: {edit}")
        lines = result
    write()


main(*sys.argv[1:])
