"""Print the JSON schema of a study file: ``python -m biasinit.schema``."""

import json

from biasinit.config import json_schema

if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
