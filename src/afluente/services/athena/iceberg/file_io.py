"""pyiceberg's door to objects: those of the lake, where they lie on disk; a new one appears when it is closed."""

import uuid
from pathlib import Path
from typing import Any

from pyiceberg.io import FileIO, InputFile, OutputFile

from afluente.core.appearing_file import AppearingFile
from afluente.core.error import AwsError
from afluente.services.athena.location import split
from afluente.services.athena.port import ObjectStore


class LakeInput(InputFile):
    """An object, read from its file."""

    def __init__(self, location: str, store: ObjectStore) -> None:
        super().__init__(location)
        self._store = store

    def _path(self) -> Path:
        try:
            return self._store.get_object(*split(self.location)).path
        except AwsError as error:
            raise FileNotFoundError(f"{self.location}: {error.message}") from None

    def __len__(self) -> int:
        return self._path().stat().st_size

    def exists(self) -> bool:
        try:
            self._path()
        except FileNotFoundError:
            return False
        return True

    def open(self, seekable: bool = True) -> Any:  # noqa: ARG002  # pyiceberg's signature; every file is
        return self._path().open("rb")


class LakeOutput(OutputFile):
    """An object in the making, in a file of `folder`."""

    def __init__(self, location: str, store: ObjectStore, folder: Path) -> None:
        super().__init__(location)
        self._store = store
        self._folder = folder

    def __len__(self) -> int:
        return len(self.to_input_file())

    def exists(self) -> bool:
        return self.to_input_file().exists()

    def to_input_file(self) -> LakeInput:
        return LakeInput(self.location, self._store)

    def create(self, overwrite: bool = False) -> Any:
        if not overwrite and self.exists():
            raise FileExistsError(f"{self.location} exists already")
        return AppearingFile(
            self._folder / f"iceberg-{uuid.uuid4()}", lambda path: self._store.put_file(*split(self.location), path)
        )


class LakeFileIO(FileIO):
    """Objects of `store`; what is being written lies in `folder`."""

    def __init__(self, store: ObjectStore, folder: Path) -> None:
        super().__init__()
        self._store = store
        self._folder = folder

    def new_input(self, location: str) -> LakeInput:
        return LakeInput(location, self._store)

    def new_output(self, location: str) -> LakeOutput:
        return LakeOutput(location, self._store, self._folder)

    def delete(self, location: "str | InputFile | OutputFile") -> None:
        name = location if isinstance(location, str) else location.location
        self._store.delete_object(*split(name))
