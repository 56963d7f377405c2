#!/usr/bin/env python3
"""serve.py PORT [class,class…]: the target on 127.0.0.1; prints its port (0: any free one)."""
import target

if __name__ == "__main__":
    target.main()
