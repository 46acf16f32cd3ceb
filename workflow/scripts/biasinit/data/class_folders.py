"""Which class and part each image is of, from the paths of files alone.

Images lie in ``train/CLASS``, ``test/CLASS`` and perhaps ``val/CLASS``, or in ``CLASS`` alone,
where nobody made a split; in folders within a class too, as with torchvision's ``ImageFolder``.
Classes are numbered in the order of their names, and images ordered by part, class and path.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from biasinit.data.file_trees import quoted
from biasinit.data.folder_faults import Fault, Faults
from biasinit.folders import Parts

# what folders of parts are called, capitals or not
NAMES_OF_PARTS: Mapping[str, str] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
PARTS = ("train", "validation", "test")
MOST_CLASSES = 65_536  # labels are stored as 16 bits
LAYOUT = (
    "Put images into train/CLASS and test/CLASS (and val/CLASS, if you have validation images), or "
    "into CLASS alone."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFolders:
    """Images by part and class.

    Attributes:
        classes: names, in the order of their labels.
        images: paths, in order.
        labels: class of every image.
        parts: 'train', 'validation' or 'test' of every image; None where nobody made a split.
        root: the folders that hold everything and say nothing, from the outermost.
        beside: paths of other files, which lie in no class.

    """

    classes: tuple[str, ...]
    images: Sequence[Parts] = field(repr=False)
    labels: Sequence[int] = field(repr=False)
    parts: Sequence[str] | None = field(repr=False)
    root: Parts
    beside: Sequence[Parts] = field(repr=False)


def class_folders(
    files: Collection[Parts],
    folders: Collection[Parts],
    *,
    image_endings: Collection[str],
    faults: Faults,
) -> ClassFolders:
    """Return which class and part each file is of.

    Args:
        files: paths of all files.
        folders: paths of all folders.
        image_endings: endings of names, such as '.png', of files that are meant to be images; one
            that lies in no class is a fault, and other files there are left out.
        faults: is told of what is wrong.

    Raises:
        DataError: it cannot be said what the classes or the parts are.

    """
    tree = _Tree(files, folders, image_endings)
    root = tree.root()
    found = _parts_by_folder(tree.folders_in(root), faults)
    by_part = _classes_by_part(tree, root, found, faults)
    names = sorted({name for classes in by_part.values() for name in classes})
    _check_number(names, faults)
    _check_classes(names, by_part, found or {}, faults)
    labels = {name: label for label, name in enumerate(names)}
    images = [
        (part, labels[name], path)
        for part, classes in by_part.items()
        for name in sorted(classes)
        for path in sorted(classes[name])
    ]
    return ClassFolders(
        classes=tuple(names),
        images=[path for _, _, path in images],
        labels=[label for _, label, _ in images],
        parts=None if found is None else [part for part, _, _ in images],
        root=root,
        beside=_beside(tree, files, root, found, faults),
    )


class _Tree:
    """Paths, found by the folder that they lie in."""

    def __init__(
        self, files: Collection[Parts], folders: Collection[Parts], image_endings: Collection[str]
    ) -> None:
        self._image_endings = tuple(image_endings)
        self._folders: dict[Parts, list[str]] = {}
        for path in sorted(folders):
            self._folders.setdefault(path[:-1], []).append(path[-1])
        self._files: dict[Parts, list[Parts]] = {}
        for path in files:
            self._files.setdefault(path[:-1], []).append(path)

    def folders_in(self, place: Parts) -> list[str]:
        """Return the names of the folders that lie in a folder."""
        return self._folders.get(place, [])

    def root(self) -> Parts:
        """Return the innermost folder that holds all others and no image itself.

        People pack a folder as often as what is in it, and some programs add one more.
        """
        root: Parts = ()
        while len(self.folders_in(root)) == 1 and not self._holds_images(root):
            inner = (*root, *self.folders_in(root))
            if not self.folders_in(inner):
                break  # a single class, which is told as such
            root = inner
        return root

    def classes_in(self, place: Parts) -> dict[str, list[Parts]]:
        """Return all files below each folder in a folder."""
        return {name: list(self._below((*place, name))) for name in self.folders_in(place)}

    def is_named_as_image(self, path: Parts) -> bool:
        """Return whether a file's name ends as that of an image."""
        return path[-1].lower().endswith(self._image_endings)

    def _holds_images(self, place: Parts) -> bool:
        return any(map(self.is_named_as_image, self._files.get(place, [])))

    def _below(self, place: Parts) -> Iterator[Parts]:
        yield from self._files.get(place, [])
        for name in self.folders_in(place):
            yield from self._below((*place, name))


def _parts_by_folder(tops: Sequence[str], faults: Faults) -> dict[str, str] | None:
    """Return the folder of each part; None where the folders are classes.

    A class may be called 'train', as one of vehicles is: a single name says nothing.
    """
    found: dict[str, list[str]] = {}
    for name in tops:
        part = NAMES_OF_PARTS.get(name.casefold())
        if part:
            found.setdefault(part, []).append(name)
    others = [name for name in tops if name.casefold() not in NAMES_OF_PARTS]
    if "train" in found and len(found) > 1:
        _refuse_two_names(found, faults)
        folders = {part: names[0] for part, names in found.items()}
        if "test" not in folders:
            faults.stop(
                f"There are {folders['train']!r} and {folders['validation']!r}, and no test "
                f"images. Rename {folders['validation']!r} to 'test' to test on its images, and "
                "have validation images drawn from the training images."
            )
        for name in others:
            faults.add(Fault.BESIDE_PARTS, repr(name))
        return folders
    if found and not others and "train" not in found:
        faults.stop(f"There are {_listed(tops)}, and no training images. {LAYOUT}")
    return None


def _classes_by_part(
    tree: _Tree, root: Parts, found: Mapping[str, str] | None, faults: Faults
) -> dict[str, dict[str, list[Parts]]]:
    """Return the files of each class in each part; without parts, of one that is called ''."""
    if found is None:
        return {"": tree.classes_in(root)}
    by_part = {part: tree.classes_in((*root, found[part])) for part in PARTS if part in found}
    for part, classes in by_part.items():
        if not classes:
            faults.add(Fault.EMPTY_PART, quoted((*root, found[part])))
    return by_part


def _beside(
    tree: _Tree,
    files: Collection[Parts],
    root: Parts,
    found: Mapping[str, str] | None,
    faults: Faults,
) -> list[Parts]:
    """Return the files that lie in no class; an image among them is a fault."""
    depth = len(root) + (1 if found is None else 2)  # at which folders are classes
    beside = sorted(path for path in files if len(path) <= depth)
    for path in beside:
        inner = path[len(root) :]
        # of a folder that stands beside the parts it is told already
        told = found is not None and len(inner) > 1 and inner[0] not in found.values()
        if tree.is_named_as_image(path) and not told:
            faults.add(Fault.OUTSIDE_CLASSES, quoted(path))
    return beside


def _refuse_two_names(found: Mapping[str, Sequence[str]], faults: Faults) -> None:
    for names in found.values():
        if len(names) > 1:
            faults.stop(f"There are {_listed(names)} for one part. Keep one of them.")


def _check_number(names: Sequence[str], faults: Faults) -> None:
    if not names:
        faults.stop(f"There is no folder of a class. {LAYOUT}")
    if len(names) == 1:
        faults.stop(f"There is one class alone, {names[0]!r}. {LAYOUT}")
    if len(names) > MOST_CLASSES:
        faults.stop(
            f"There are {len(names):,} classes; at most {MOST_CLASSES:,} can be told apart. Take "
            "some out."
        )


def _check_classes(
    names: Sequence[str],
    by_part: Mapping[str, Mapping[str, Sequence[Parts]]],
    found: Mapping[str, str],
    faults: Faults,
) -> None:
    similar: dict[str, list[str]] = {}
    for name in names:
        similar.setdefault(name.strip().casefold(), []).append(name)
    for group in similar.values():
        if len(group) > 1:
            faults.add(Fault.SIMILAR_CLASSES, _listed(group))
    told = {name for group in similar.values() if len(group) > 1 for name in group}
    for part, classes in by_part.items():
        for name in sorted(classes):
            if not classes[name]:
                place = (found[part], name) if part else (name,)
                faults.add(Fault.EMPTY_CLASS, quoted(place))
    for name in names:
        missing = (part for part, classes in by_part.items() if classes and name not in classes)
        lacking = ", ".join(found[part] for part in missing)
        if lacking and name not in told:
            faults.add(Fault.MISSING_CLASS, f"{name!r} (not in {lacking})")


def _listed(names: Sequence[str]) -> str:
    return " and ".join(map(repr, names))
