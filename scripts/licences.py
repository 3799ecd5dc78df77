#!/usr/bin/env python3
"""Every dependency's licence must be one that a program under MIT OR Apache-2.0 may carry.

Reads `cargo metadata --locked` and evaluates each SPDX expression: OR needs one side, AND both, WITH the pair as a whole.
The same list stands in deny.toml, for the nightly run of cargo-deny.
"""

import json
import re
import subprocess
import sys
from collections import Counter

# Permissive, or (MPL-2.0) copyleft for its own files only.
ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "OpenSSL",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
}

TOKEN = re.compile(r"\s*(\(|\)|[A-Za-z0-9.+:-]+)")


class Wrong(Exception):
    """The expression is not SPDX."""


def tokens(text):
    # `MIT/Apache-2.0` is how older crates write OR.
    text, at, found = text.replace("/", " OR ").strip(), 0, []
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise Wrong(f"cannot read {text[at:]!r}")
        found.append(match.group(1))
        at = match.end()
    return found


def is_allowed(expression):
    """Whether some choice that the expression offers consists of allowed licences only."""
    rest = tokens(expression)

    def alternatives():
        result = together()
        while rest and rest[0] == "OR":
            rest.pop(0)
            # Both sides are read in any case.
            right = together()
            result = result or right
        return result

    def together():
        result = one()
        while rest and rest[0] == "AND":
            rest.pop(0)
            right = one()
            result = result and right
        return result

    def one():
        if not rest:
            raise Wrong("it ends too early")
        word = rest.pop(0)
        if word == "(":
            result = alternatives()
            if not rest or rest.pop(0) != ")":
                raise Wrong("a bracket is not closed")
            return result
        if word in {")", "AND", "OR", "WITH"}:
            raise Wrong(f"{word} is in the wrong place")
        if rest and rest[0] == "WITH":
            rest.pop(0)
            if not rest:
                raise Wrong("WITH what?")
            word = f"{word} WITH {rest.pop(0)}"
        return word in ALLOWED

    result = alternatives()
    if rest:
        raise Wrong(f"{rest[0]} is in the wrong place")
    return result


def check_itself():
    """The reader of expressions is small, but a mistake in it would let anything through."""
    for expression, expected in [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT", True),
        ("GPL-3.0-only AND MIT", False),
        ("MIT/Apache-2.0", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("(MIT OR GPL-2.0-only) AND Unicode-3.0", True),
        ("MIT OR GPL-2.0-only AND LGPL-2.1-only", True),
        ("(MIT OR GPL-2.0-only) AND LGPL-2.1-only", False),
        ("ISC AND (Apache-2.0 OR ISC) AND OpenSSL", True),
    ]:
        assert is_allowed(expression) is expected, expression
    for expression in ["", "MIT AND", "(MIT", "MIT MIT", "OR MIT", "MIT)", "MIT WITH"]:
        try:
            is_allowed(expression)
        except Wrong:
            continue
        raise AssertionError(f"{expression!r} was read")


def main():
    check_itself()
    asked = ["cargo", "metadata", "--locked", "--format-version", "1"]
    answer = subprocess.run(asked, stdout=subprocess.PIPE, check=False)
    if answer.returncode:
        sys.exit("licences: cargo cannot list the dependencies; see its message above.")
    metadata = json.loads(answer.stdout)
    members = set(metadata["workspace_members"])
    seen, offenders = Counter(), []
    for package in metadata["packages"]:
        if package["id"] in members:
            continue
        name = f"{package['name']} {package['version']}"
        licence = package["license"]
        if not licence:
            offenders.append(f"{name}: names no licence")
            continue
        seen[licence] += 1
        try:
            if not is_allowed(licence):
                offenders.append(f"{name}: {licence}")
        except Wrong as wrong:
            offenders.append(f"{name}: {licence}: {wrong}")
    for offender in sorted(offenders):
        print(offender, file=sys.stderr)
    if offenders:
        sys.exit(
            f"licences: {len(offenders)} dependencies may not be used. Take another crate, or, if the licence is "
            "permissive, add it to scripts/licences.py and deny.toml."
        )
    print(f"{sum(seen.values())} dependencies under {len(seen)} licence expressions, all allowed")


if __name__ == "__main__":
    main()
