"""Where things are: the add-on in the checkout, everything else in the cache folder."""

import contextlib
import hashlib
import os
from pathlib import Path

MODULE = "account_credit_management"
DEMO_DATABASE = "credit_management_demo"
ROOT = Path(__file__).resolve().parent.parent
DEVTOOLS = ROOT / "devtools"


def cache_dir() -> Path:
    """The cache folder, kept out of the repository. XDG ignores a relative path, so does this."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    parent = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
    return parent / MODULE


def log_dir() -> Path:
    return cache_dir() / "logs"


def lock_file(name: str) -> Path:
    return cache_dir() / "locks" / name


def short_hash(*parts: str | bytes) -> str:
    """A short name for a combination of inputs: the key of everything cached."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:12]


def workspace() -> Path:
    """Folder of this checkout in the cache."""
    return cache_dir() / "checkouts" / short_hash(str(ROOT))


def provide_link() -> Path:
    """The checkout under the add-on's own name: Odoo takes a module's name from its folder."""
    link = workspace() / "addons" / MODULE
    link.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        link.symlink_to(ROOT)
    return link
