"""rivet-cli with the configuration that its `init` writes, without its own two columns, compressed like the others."""

import os
import sys
from pathlib import Path

url, table, folder = sys.argv[1:]
config = Path(folder) / "rivet.yaml"
config.write_text(f"""
source:
  type: postgres
  url_env: RIVET_URL
  environment: local
exports:
  - name: rows
    query: SELECT * FROM "{table}"
    mode: full
    format: parquet
    compression: zstd
    destination:
      type: local
      path: {folder}/files
""")
os.environ["RIVET_URL"] = url
os.execv(Path(sys.executable).with_name("rivet"), ["rivet", "--no-notify", "run", "-c", str(config)])
