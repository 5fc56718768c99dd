"""Google's suites, out of the source archive that its client library is published in."""

import subprocess
import sys
import tarfile
from pathlib import Path

_PINNED = Path(__file__).with_name("archives.txt")


def unpacked(folder: Path) -> Path:
    """The folder of the archive's `tests`, downloaded and unpacked below `folder` if it is not there yet."""
    if not (folder / "unpacked").exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*command, "--require-hashes", "-r", _PINNED, "-d", folder], check=True)
        with tarfile.open(next(folder.glob("google_cloud_storage-*.tar.gz"))) as archive:
            archive.extractall(folder, filter="data")
        (folder / "unpacked").touch()
    return next(folder.glob("google_cloud_storage-*/tests"))
