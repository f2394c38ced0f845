"""pyiceberg's door to objects: read from where they lie on disk; a new one is moved into S3 when it is closed."""

from pathlib import Path
from typing import Any

from pyiceberg.io import FileIO, InputFile, OutputFile

from afluente.core.appearing_file import AppearingFile
from afluente.services.glue.job.runtime import storage
from afluente.services.glue.job.runtime.run import current
from afluente.services.glue.job.runtime.storage import Location


class LakeInput(InputFile):
    """An object, read from its file."""

    def _path(self) -> Path:
        place = Location.parse(self.location)
        for item in storage.exactly(self.location):
            return Path(item.path)
        raise FileNotFoundError(f"{self.location}: there is no object {place.key} in the bucket {place.bucket}")

    def __len__(self) -> int:
        return self._path().stat().st_size

    def exists(self) -> bool:
        """Is there such an object?"""
        return bool(storage.exactly(self.location))

    def open(self, seekable: bool = True) -> Any:
        """Its bytes."""
        return self._path().open("rb")


class LakeOutput(OutputFile):
    """An object in the making."""

    def __len__(self) -> int:
        return len(self.to_input_file())

    def exists(self) -> bool:
        """Is there such an object already?"""
        return self.to_input_file().exists()

    def to_input_file(self) -> LakeInput:
        """The object, to be read."""
        return LakeInput(self.location)

    def create(self, overwrite: bool = False) -> Any:
        """A file that becomes the object when it is closed."""
        if not overwrite and self.exists():
            raise FileExistsError(f"{self.location} exists already")
        place = Location.parse(self.location)
        return AppearingFile(
            Path(current().order.work) / f"iceberg_{current().number()}",
            lambda path: storage.put(place.bucket, [(place.key, path)]),
        )


class LakeFileIO(FileIO):
    """The objects of S3, as the run's role may use them."""

    def new_input(self, location: str) -> LakeInput:
        """An object to read."""
        return LakeInput(location)

    def new_output(self, location: str) -> LakeOutput:
        """An object to write."""
        return LakeOutput(location)

    def delete(self, location: "str | InputFile | OutputFile") -> None:
        """Remove an object."""
        storage.delete_under(location if isinstance(location, str) else location.location)
