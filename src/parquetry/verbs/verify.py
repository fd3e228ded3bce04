"""Read everything again, and say what is not as the manifests say."""

from __future__ import annotations

from parquetry.lake import Lake
from parquetry.lake import verify as lake
from parquetry.lake.verify import Verified
from parquetry.project import Project


def verify(project: Project) -> Verified:
    """Check the project's lake: every manifest, every file, every row account."""
    return lake.verify(Lake(project.settings.lake_path).store)
