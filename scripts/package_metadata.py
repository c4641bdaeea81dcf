"""The README as package indexes show it, and the package's links.

PyPI shows the README without the repository around it, so a link such as `docs/settings.md` would lead nowhere there.
REPOSITORY is the address of the repository, such as https://example.org/newsroom/stoppress; the workflow that
releases sets it. With it, relative links become links to the version's files. Without it, as in a checkout, they become
plain text.

hatchling calls this while it builds (https://hatch.pypa.io/latest/plugins/metadata-hook/custom/).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|mailto:|#)([^)\s]+)\)")
_README = "README.md"


def readme_for_index(text: str, repository: str | None, version: str) -> str:
    """The README `text` with relative links made absolute, or, without a `repository`, made plain text.

    Links follow the layout that GitHub, Gitea and Forgejo share: REPOSITORY/blob/vVERSION/PATH for a file, and
    REPOSITORY/raw/vVERSION/PATH for a picture. A picture without a repository is left out.
    """

    def replaced(link: re.Match[str]) -> str:
        picture, label, path = link.groups()
        if repository is None:
            return "" if picture else label
        kind = "raw" if picture else "blob"
        return f"{picture}[{label}]({repository.rstrip('/')}/{kind}/v{version}/{path})"

    return _LINK.sub(replaced, text)


class PackageMetadata(MetadataHookInterface):
    """Fills in `readme` and `urls` of [project] in pyproject.toml."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the README as Markdown and, if REPOSITORY is set, the links to the repository."""
        repository = os.environ.get("REPOSITORY") or None
        text = (Path(self.root) / _README).read_text()
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": readme_for_index(text, repository, metadata["version"]),
        }
        metadata["urls"] = (
            {}
            if repository is None
            else {
                "Repository": repository,
                "Documentation": f"{repository}/tree/v{metadata['version']}/docs",
                "Changelog": f"{repository}/blob/v{metadata['version']}/CHANGELOG.md",
            }
        )
