#!/usr/bin/env python3
"""serve.py PORT [class,class…]: the target on 127.0.0.1; prints its port (0: any free one)."""
import pathlib

import unprivileged

unprivileged.leave_root(pathlib.Path(__file__).parent / "cases")
import target  # noqa: E402  makes its folder at once

if __name__ == "__main__":
    target.main()
