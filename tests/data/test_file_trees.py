"""Archives that are damaged, or whose paths and entries mean harm: named, and never unpacked."""

import stat
import tarfile
import zipfile
from io import BytesIO

import pytest

from biasinit.data.file_trees import opened_tree
from biasinit.data.folder_faults import Faults
from biasinit.data.image_folder import read_image_folder
from biasinit.errors import DataError
from packing import KINDS, classes, flat, packed


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_is_read_once_whatever_the_order_of_asking(kind, tmp_path):
    files = {f"{name}/{number}": f"{name}{number}".encode() for name in "ba" for number in range(9)}
    path = packed(files, tmp_path / "mine", kind=kind)
    faults = Faults("mine")
    with opened_tree(path, faults) as tree:
        asked = sorted(tree.files, reverse=True)
        found = dict(tree.contents(asked))
    assert faults.names == {}
    assert [found[place] for place in range(len(asked))] == [
        files["/".join(parts)] for parts in asked
    ]


def test_nothing_is_unpacked(tmp_path):
    for kind in ("zip", "tar.xz"):
        packed(classes(), tmp_path / kind, kind=kind)
        read_image_folder(tmp_path / kind, size=None)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["tar.xz", "zip"]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_names_of_macs_and_of_windows_are_those_that_people_see(kind, tmp_path):
    """A Mac writes é as two signs, and into a zip as UTF-8 without saying so."""
    path = tmp_path / "mine"
    if kind == "folder":
        packed({"e\u0301tang/1.png": flat(1), "b/1.png": flat(1)}, path, kind=kind)
    else:
        packed({"e--tang/1.png": flat(1), "b\\1.png": flat(1)}, path, kind=kind)
        mac = "e\u0301tang".encode()
        path.write_bytes(path.read_bytes().replace(b"e--tang", mac))
    with opened_tree(path, Faults("mine")) as tree:
        assert set(tree.files) == {("\u00e9tang", "1.png"), ("b", "1.png")}


def tar_with(path, *, name, kind=tarfile.SYMTYPE, target=""):
    packed(classes(), path, kind="tar")
    with tarfile.open(path, "a") as archive:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, target
        content = flat(1) if kind == tarfile.REGTYPE else b""
        info.size = len(content)
        archive.addfile(info, BytesIO(content))


# an entry of a tar: its name, its type and what it links to, and what is said
WRONG = {
    "a link in an archive": (
        ("cat/9.png", tarfile.SYMTYPE, "0.png"),
        "1 entry of the archive is a link: 'cat/9.png'. Pack the files themselves: tar "
        "--dereference --hard-dereference, or zip without --symlinks.",
    ),
    "a link that leads out of the archive": (
        ("cat/9.png", tarfile.SYMTYPE, "/etc/passwd"),
        "1 entry of the archive is a link: 'cat/9.png'. Pack the files themselves",
    ),
    "a hard link in an archive": (
        ("cat/9.png", tarfile.LNKTYPE, "cat/0.png"),
        "1 entry of the archive is a link: 'cat/9.png'. Pack the files themselves",
    ),
    "a path with two dots": (
        ("cat/../../9.png", tarfile.REGTYPE, ""),
        "1 entry of the archive has a path that leads out of it: 'cat/../../9.png'. Pack it again "
        "with paths below its folder.",
    ),
    "an absolute path in an archive": (
        ("/cat/9.png", tarfile.REGTYPE, ""),
        "1 entry of the archive has a path that leads out of it: '/cat/9.png'. Pack it again",
    ),
    "a path with a drive of Windows": (
        ("C:/cat/9.png", tarfile.REGTYPE, ""),
        "1 entry of the archive has a path that leads out of it: 'C:/cat/9.png'. Pack it again",
    ),
    "a path that stands twice": (
        ("./cat//0.png", tarfile.REGTYPE, ""),
        "1 path stands there more than once: 'cat/0.png'. Keep one of each.",
    ),
    "a device in an archive": (
        ("cat/9.png", tarfile.CHRTYPE, ""),
        "1 entry is neither file nor folder: 'cat/9.png'. Take them out.",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_with_the_entry(case, tmp_path):
    (name, kind, target), message = WRONG[case]
    tar_with(tmp_path / "mine.tar", name=name, kind=kind, target=target)
    with pytest.raises(DataError) as caught:
        read_image_folder(tmp_path / "mine.tar", size=None)
    assert message in str(caught.value)


def test_why_nothing_of_an_archive_can_be_used_is_said_too(tmp_path):
    files = {f"/home/me/{path}": content for path, content in classes().items()}
    path = packed(files, tmp_path / "mine.tar", kind="tar")
    with pytest.raises(DataError) as caught:
        read_image_folder(path, size=None)
    said = str(caught.value).splitlines()
    assert said[0] == f"{path} has 2 problems:"
    assert said[1].startswith("  - 6 entries of the archive have paths that lead out of it: '/home")
    assert said[2].startswith("  - There is no folder of a class.")


def test_a_link_in_a_zip_is_refused(tmp_path):
    packed(classes(), tmp_path / "mine.zip", kind="zip")
    info = zipfile.ZipInfo("cat/9.png")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "mine.zip", "a") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match=r"1 entry of the archive is a link: 'cat/9\.png'"):
        read_image_folder(tmp_path / "mine.zip", size=None)


def test_an_encrypted_file_is_refused(tmp_path):
    path = packed(classes(), tmp_path / "mine.zip", kind="zip")
    raw = bytearray(path.read_bytes())
    raw[raw.find(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    with pytest.raises(DataError, match=r"1 file is encrypted: 'cat/0\.png'\. Pack the archive ag"):
        read_image_folder(path, size=None)


def test_a_file_that_is_too_large_for_an_image_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr("biasinit.data.file_trees.LARGEST_FILE", 100)
    path = packed(classes() | {"cat/9.png": bytes(101)}, tmp_path / "mine", kind="zip")
    with pytest.raises(DataError, match=r"1 file is too large for an image: 'cat/9\.png'"):
        read_image_folder(path, size=None)


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"])
def test_a_damaged_archive_is_named(kind, tmp_path):
    files = {f"{label}/{number}.png": flat(number, height=30, width=30, form="BMP")
             for label in "ab" for number in range(40)}  # fmt: skip
    path = packed(files, tmp_path / f"mine.{kind}", kind=kind)
    whole = path.read_bytes()
    for kept in range(1, len(whole), max(1, len(whole) // 60)):
        path.write_bytes(whole[:kept])
        if kind == "tar" and whole[kept:].strip(b"\0") == b"":
            continue  # padding alone is gone
        with pytest.raises(DataError) as caught:
            read_image_folder(path, size=None)
        said = str(caught.value)
        assert said.startswith(str(path))
        assert "damaged" in said
        assert "\n" not in said


def test_a_tar_that_breaks_off_between_two_files_is_named(tmp_path):
    """Which Python's own reader takes for the end."""
    path = packed(classes(), tmp_path / "mine.tar", kind="tar")
    whole = path.read_bytes()
    place = whole.find(b"dog/2.png")
    path.write_bytes(whole[:place])
    with pytest.raises(DataError, match=r"is a damaged tar archive \(it breaks off before its end"):
        read_image_folder(path, size=None)


def test_a_damaged_file_in_a_zip_is_named(tmp_path):
    path = packed(classes(), tmp_path / "mine.zip", kind="zip")
    raw = path.read_bytes()
    path.write_bytes(raw.replace(flat(1), flat(1)[:-1] + b"x"))
    with pytest.raises(DataError, match=r"1 entry cannot be read: 'cat/1\.png' \(Bad CRC-32"):
        read_image_folder(path, size=None)


@pytest.mark.parametrize("what", ["nothing", "another file", "an empty file"])
def test_what_is_neither_folder_nor_archive_is_named(what, tmp_path):
    path = tmp_path / "mine"
    if what != "nothing":
        path.write_bytes(b"" if what == "an empty file" else b"text" * 400)
    said = {"nothing": r"mine cannot be read \(No such file or directory\)\. Correct 'path' in the"}
    usual = r"mine is neither a folder nor an archive, .* Name a folder, or an archive \(zip, tar, "
    with pytest.raises(DataError, match=said.get(what, usual)):
        read_image_folder(path, size=None)


def test_a_folder_that_cannot_be_used_is_named_with_the_entries(tmp_path):
    folder = packed(classes(), tmp_path / "mine", kind="folder")
    (folder / "cat" / "8.png").symlink_to("nowhere.png")
    (folder / "cat" / "again").symlink_to(folder)
    with pytest.raises(DataError) as caught:
        read_image_folder(folder, size=None)
    assert str(caught.value).splitlines()[1:] == [
        "  - 1 entry cannot be read: 'cat/8.png' (No such file or directory). Make them readable, "
        "or take them out.",
        "  - 1 link leads back to a folder that holds it: 'cat/again'. Remove them.",
    ]
