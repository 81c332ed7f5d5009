"""What every container of the bed is made of: an image of mount points, and this machine's own programs mounted into it.

    containers.py image NAME OUT.tar       the image: an archive that `ctr images import` takes
    containers.py spec OUT.json FOLDER…    the runtime's base specification (the default one on stdin) with FOLDERs mounted read-only;
                                           FOLDER is PATH, or PATH=WHERE for another place in the container

So nothing has to be fetched or built for an image, and a pod runs what this machine runs: shell, Python, Java, the engine.
"""

import glob
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile

# What programs of this machine look for in /etc.
ETC = "passwd group nsswitch.conf localtime alternatives ld.so.cache ld.so.conf ld.so.conf.d java-*".split()
FOLDERS = {"etc": 0o755, "dev": 0o755, "proc": 0o755, "sys": 0o755, "root": 0o700, "run": 0o755, "tmp": 0o1777, "usr": 0o755}
FOLDERS |= {"opt": 0o755, "var": 0o755, "var/lib": 0o755, "var/log": 0o755}
# What a container that is told nothing runs; also the one that holds a pod's namespaces, and that gets no mounts.
SLEEP = "/usr/bin/sleep"
ENVIRONMENT = ["PATH=/opt/bed:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONDONTWRITEBYTECODE=1"]


def main(command: str, *arguments: str) -> None:
    {"image": image, "spec": spec}[command](*arguments)


def image(name: str, out: str) -> None:
    layer = files()
    diff_id = "sha256:" + hashlib.sha256(layer).hexdigest()
    process = {"Cmd": [SLEEP, "infinity"], "Env": ENVIRONMENT}
    config = {"architecture": "amd64", "os": "linux", "config": process, "rootfs": {"type": "layers", "diff_ids": [diff_id]}}
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    with tarfile.open(out, "w") as archive:
        for path, data in (("config.json", dumps(config)), ("layer.tar", layer), ("manifest.json", dumps(manifest))):
            add(archive, path, data)


def files() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as layer:
        for path, mode in FOLDERS.items():
            folder = tarfile.TarInfo(path)
            folder.type, folder.mode = tarfile.DIRTYPE, mode
            layer.addfile(folder)
        for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
            if os.path.islink("/" + name):
                layer.add("/" + name)
        for pattern in ETC:
            for path in glob.glob("/etc/" + pattern):
                layer.add(path)
        libraries = subprocess.run(["ldd", SLEEP], check=True, capture_output=True, text=True).stdout
        for path in [SLEEP, *re.findall(r"/\S+", libraries)]:
            folder, name = os.path.split(path)
            with open(path, "rb") as file:
                layer.addfile(layer.gettarinfo(arcname=os.path.join(os.path.realpath(folder), name), fileobj=file), file)
    return buffer.getvalue()


def add(archive: tarfile.TarFile, path: str, data: bytes) -> None:
    entry = tarfile.TarInfo(path)
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))


def dumps(value: object) -> bytes:
    return json.dumps(value).encode()


def spec(out: str, *folders: str) -> None:
    base = json.load(sys.stdin)
    for folder in folders:
        source, _, where = folder.partition("=")
        options = ["rbind", "rprivate", "ro"]
        base["mounts"].append({"destination": where or source, "type": "bind", "source": source, "options": options})
    with open(out, "w", encoding="utf-8") as file:
        json.dump(base, file, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
