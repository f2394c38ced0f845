"""s3fs: files as any file system has them. Run with the address of an Afluente in AWS_ENDPOINT_URL."""

import json
import os

import s3fs

files = s3fs.S3FileSystem(key="any", secret="any", client_kwargs={"endpoint_url": os.environ["AWS_ENDPOINT_URL"]})
files.mkdir("lake")
with files.open("lake/raw/one.json", "wb") as file:
    file.write(b'{"a": 1}\n' * 3)
with files.open("lake/raw/large", "wb", block_size=5 << 20) as file:
    for _ in range(3):
        file.write(b"x" * (5 << 20))
files.copy("lake/raw/one.json", "lake/raw/two.json")
files.pipe({"lake/raw/deep/three": b"3", "lake/raw/deep/four": b"4"})
files.mv("lake/raw/deep/four", "lake/raw/deep/five")
with files.open("lake/raw/one.json") as file:
    file.seek(9)
    line = file.readline().decode()
found = {
    "line": line,
    "listed": sorted(files.find("lake/raw")),
    "folders": sorted(files.ls("lake/raw", detail=False)),
    "size": files.size("lake/raw/large"),
    "missing": files.exists("lake/raw/none"),
    "range": files.cat_file("lake/raw/large", start=5, end=10).decode(),
}
files.rm("lake/raw", recursive=True)
found["after"] = files.find("lake")
files.rmdir("lake")
print(json.dumps(found))
