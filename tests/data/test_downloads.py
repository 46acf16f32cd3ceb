"""Downloads from a server on this machine, which behaves as badly as servers do."""

import contextlib
import hashlib
import logging
import re
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from biasinit.data import downloads
from biasinit.data.downloads import RemoteFile, data_folder, fetch
from biasinit.errors import DataError
from repository import REPOSITORY
from specifications import prepared

CONTENT = bytes(range(256)) * 4096  # 1 MiB
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves CONTENT.

    Attributes:
        ranges: whether range requests are understood.
        drops: bytes after which each of the next connections breaks.
        asked: the ranges that were asked for, None for a whole file.

    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.ranges = True
        self.lies = False
        self.drops = []
        self.asked = []

    def url(self, path="/file.bin"):
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, wanted = self.server, self.headers.get("Range")
        server.asked.append(wanted)
        if self.path == "/missing":
            self.send_error(404)
            return
        start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and server.ranges else 0
        if start >= len(server.content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            told = 0 if server.lies else start
            self.send_header("Content-Range", f"bytes {told}-{len(server.content) - 1}/*")
        body = server.content[start:]
        if self.path != "/without-length":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if server.drops:
            body = body[: server.drops.pop(0)]
        with contextlib.suppress(OSError):
            self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_):
        """Keep the output of tests clean."""


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def remote(*urls, checksum=f"sha256:{SHA256}"):
    return RemoteFile(name="file.bin", urls=urls, checksum=checksum, instead="Do without.")


def part_file():
    folder = data_folder() / "kind"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "file.bin.part"


def test_a_file_comes_whole_once_and_is_kept(server):
    path = fetch(remote(server.url()), "kind")
    assert path == data_folder() / "kind" / "file.bin"
    assert path.read_bytes() == CONTENT
    assert fetch(remote(server.url()), "kind") == path
    assert server.asked == [None]
    assert not part_file().exists()


def test_md5_is_known_too(server):
    digest = hashlib.md5(CONTENT).hexdigest()
    assert fetch(remote(server.url(), checksum=f"md5:{digest}"), "kind").exists()


def test_a_dropped_connection_is_continued_where_it_ended(server):
    server.drops = [300_000, 200_000]
    assert fetch(remote(server.url()), "kind").read_bytes() == CONTENT
    assert server.asked == [None, "bytes=300000-", "bytes=500000-"]


def test_a_part_of_an_earlier_run_is_continued(server):
    part_file().write_bytes(CONTENT[:1000])
    assert fetch(remote(server.url()), "kind").read_bytes() == CONTENT
    assert server.asked == ["bytes=1000-"]


def test_a_server_without_ranges_starts_again(server):
    server.ranges = False
    server.drops = [300_000]
    assert fetch(remote(server.url()), "kind").read_bytes() == CONTENT
    assert server.asked == [None, "bytes=300000-"]


def test_a_server_that_answers_with_another_range_is_not_believed(server):
    part_file().write_bytes(CONTENT[:1000])
    server.lies = True
    assert fetch(remote(server.url()), "kind").read_bytes() == CONTENT


def test_a_part_of_another_file_is_thrown_away_after_the_checksum(server):
    part_file().write_bytes(b"x" * 1000)
    assert fetch(remote(server.url()), "kind").read_bytes() == CONTENT
    assert server.asked == ["bytes=1000-", None]


def test_a_part_longer_than_the_file_is_thrown_away(server):
    part_file().write_bytes(CONTENT + b"more")
    assert fetch(remote(server.url()), "kind").read_bytes() == CONTENT
    assert server.asked == [f"bytes={len(CONTENT) + 4}-", None]


def test_a_server_that_names_no_length_is_checked_by_the_checksum(server):
    assert fetch(remote(server.url("/without-length")), "kind").read_bytes() == CONTENT


def test_a_server_that_always_drops_keeps_the_part_for_the_next_run(server):
    server.drops = [1000] * 3
    with pytest.raises(DataError, match=r"the connection ended after 3,000 of 1,048,576 bytes"):
        fetch(remote(server.url()), "kind")
    assert part_file().read_bytes() == CONTENT[:3000]
    assert fetch(remote(server.url()), "kind").read_bytes() == CONTENT


def test_mirrors_are_tried_in_order(server):
    file = remote(server.url("/missing"), server.url())
    assert fetch(file, "kind").read_bytes() == CONTENT


def test_another_file_is_refused_with_the_checksum_expected_and_found(server):
    server.content = b"another file"
    found = hashlib.sha256(server.content).hexdigest()
    with pytest.raises(DataError, match=f"(?s){SHA256}.*{found}"):
        fetch(remote(server.url()), "kind")
    assert not (data_folder() / "kind" / "file.bin").exists()


def test_a_damaged_file_on_the_disk_is_downloaded_again(server):
    path = fetch(remote(server.url()), "kind")
    path.write_bytes(CONTENT[:-1])
    assert fetch(remote(server.url()), "kind").read_bytes() == CONTENT


def test_without_a_connection_all_addresses_and_the_alternative_are_named():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # bound and not listening: refuses connections
        port = free.getsockname()[1]
        urls = [f"http://127.0.0.1:{port}/{name}" for name in ("a", "b")]
        with pytest.raises(DataError) as caught:
            fetch(remote(*urls), "kind")
    text = str(caught.value)
    assert text.startswith("file.bin could not be downloaded:")
    for url in urls:
        assert re.search(rf"- {url}: no connection \(.*refused", text)
    assert text.endswith("Without one: Do without.")


def test_a_missing_page_is_named_with_the_servers_answer(server):
    with pytest.raises(DataError, match=r"/missing: the server answers 404 \(Not Found\)"):
        fetch(remote(server.url("/missing")), "kind")
    assert server.asked == [None]  # asking again would not help


def test_jobs_side_by_side_download_a_file_once(server):
    paths = []
    threads = [
        threading.Thread(target=lambda: paths.append(fetch(remote(server.url()), "kind")))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paths) == 5
    assert server.asked == [None]


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch, server):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("BIASINIT_DATA", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"cannot be written .* variable BIASINIT_DATA"):
        fetch(remote(server.url()), "kind")


def test_a_log_says_what_is_downloaded(server, caplog):
    caplog.set_level(logging.INFO, logger=downloads.__name__)
    fetch(remote(server.url()), "kind")
    assert f"Downloading {server.url()} (1.0 MB)." in caplog.messages


def test_a_terminal_shows_a_bar(server, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    fetch(remote(server.url()), "kind")
    assert "file.bin" in capsys.readouterr().err


def test_downloads_go_to_the_folder_data_without_the_variable(monkeypatch):
    monkeypatch.delenv("BIASINIT_DATA")
    assert str(data_folder()) == "data"


def test_prepare_downloads_what_it_is_given_no_folder_for(monkeypatch):
    asked = []

    def refuse(request, timeout):
        asked.append(request.full_url)
        raise OSError("offline")

    monkeypatch.setattr(downloads, "urlopen", refuse)
    sizes = {"train": 20, "validation": 20, "test": 20, "split_seed": 0}
    for kind, alternative in {
        "fashion_mnist": "Debian's package dataset-fashion-mnist",
        "mnist": "Copy the four files",
        "cifar10": "Copy the file",
        "omniglot": "Copy the file",
    }.items():
        with pytest.raises(DataError, match=alternative):
            prepared(kind=kind, **sizes)
    assert all(url.startswith("http") for url in asked)
    assert len(asked) == 2 + 2 + 1 + 2  # all mirrors of the first file


def test_the_command_names_the_kinds_that_it_can_download():
    for arguments in ([], ["digits"], ["mnist", "cifar10"]):
        done = subprocess.run(
            [sys.executable, "-m", "biasinit.data", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={"PYTHONPATH": str(REPOSITORY / "workflow" / "scripts"), "PATH": ""},
        )
        assert done.returncode == 1
        assert "KIND one of fashion_mnist, mnist, cifar10, omniglot" in done.stderr
