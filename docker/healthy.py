"""The container's health: every part of the running engine is well. Ends with 0 or, after one line that says why, with 1."""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path


def main() -> int:
    try:
        web = json.loads(Path("/data/run/endpoints.json").read_text())["web"]
        with urllib.request.urlopen(f"{web}/healthz", timeout=4) as answer:
            return 0 if answer.status == 200 else 1
    except (OSError, ValueError, KeyError, urllib.error.URLError) as error:
        print(f"not healthy: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
