"""The corpus registry and its downloader, against a real HTTP server on this machine."""

import functools
import hashlib
import http.server
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from assignment.text import registry
from assignment.text.download import DownloadError, download
from assignment.text.registry import resolve_corpus

BODY = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(BODY).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves the server's `body` in the way of its `behaviour`; notes each Range header."""

    def do_GET(self):
        self.server.ranges.append(self.headers.get("Range"))
        behaviour = self.server.behaviour
        if behaviour == "missing":
            self.send_error(404)
            return
        start = 0
        if self.headers.get("Range") and behaviour != "no ranges":
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        good = self.server.body
        body = {"longer": good + b"more", "different": b"x" + good[1:]}.get(behaviour, good)[start:]
        if start and not body:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if behaviour != "no length":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(
            body[: len(body) // 2] if behaviour in ("truncated", "no length") else body
        )

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.behaviour, server.ranges, server.body = "good", [], BODY
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def fetch(server, tmp_path):
    url = f"http://127.0.0.1:{server.server_port}/corpus.txt"
    return functools.partial(download, url, len(BODY), SHA256, tmp_path / "cache" / "corpus.txt")


def cached(tmp_path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "cache").iterdir())


def test_a_download_is_verified_and_then_kept(server, fetch, tmp_path):
    assert fetch().read_bytes() == BODY
    assert cached(tmp_path) == ["corpus.txt"]
    server.behaviour = "missing"
    assert fetch().read_bytes() == BODY
    assert len(server.ranges) == 1


@pytest.mark.parametrize("behaviour", ["truncated", "no length"])
def test_a_truncated_download_is_refused_and_continued_by_the_next_call(
    server, fetch, tmp_path, behaviour
):
    server.behaviour = behaviour
    with pytest.raises(DownloadError, match=r"ended after 512,000 of 1,024,000 bytes.*Run again"):
        fetch()
    assert cached(tmp_path) == ["corpus.txt.part"]
    server.behaviour = "good"
    assert fetch().read_bytes() == BODY
    assert server.ranges == [None, "bytes=512000-"]
    assert cached(tmp_path) == ["corpus.txt"]


def test_a_server_without_ranges_sends_everything_again(server, fetch, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "corpus.txt.part").write_bytes(BODY[:1000])
    server.behaviour = "no ranges"
    assert fetch().read_bytes() == BODY


def test_a_part_that_does_not_fit_is_given_up_for_a_fresh_copy(server, fetch, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "corpus.txt.part").write_bytes(b"?" * 1000)
    assert fetch().read_bytes() == BODY
    assert server.ranges == ["bytes=1000-", None]


@pytest.mark.parametrize("held", [len(BODY), len(BODY) + 5])
def test_a_part_that_is_already_long_enough_is_checked_before_use(server, fetch, tmp_path, held):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "corpus.txt.part").write_bytes((BODY + b"extra")[:held])
    assert fetch().read_bytes() == BODY


def test_a_wrong_hash_is_refused_and_leaves_nothing(server, fetch, tmp_path):
    server.behaviour = "different"
    with pytest.raises(DownloadError, match=f"sha256 .* expected {SHA256}"):
        fetch()
    assert cached(tmp_path) == []


def test_a_longer_file_is_refused_and_leaves_nothing(server, fetch, tmp_path):
    server.behaviour = "longer"
    with pytest.raises(DownloadError, match="longer than the 1,024,000 bytes"):
        fetch()
    assert cached(tmp_path) == []


def test_a_damaged_file_in_the_cache_is_fetched_again(fetch, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "corpus.txt").write_bytes(BODY[:-1])
    assert fetch().read_bytes() == BODY


def test_a_part_longer_than_what_the_server_has_is_thrown_away(server, fetch, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "corpus.txt.part").write_bytes(BODY[:2000])
    server.body = BODY[:1000]
    with pytest.raises(DownloadError, match="HTTP 416"):
        fetch()
    assert cached(tmp_path) == []


def test_an_http_error_is_one_clear_line(server, fetch):
    server.behaviour = "missing"
    with pytest.raises(DownloadError, match=r"Cannot download http.*HTTP 404 Not Found") as caught:
        fetch()
    assert "\n" not in str(caught.value)


def test_a_dead_server_is_one_clear_line_and_leaves_nothing(server, tmp_path):
    url = f"http://127.0.0.1:{server.server_port}/corpus.txt"
    server.shutdown()
    server.server_close()
    with pytest.raises(DownloadError, match=r"Cannot download .*refused.*`stories`"):
        download(url, len(BODY), SHA256, tmp_path / "cache" / "corpus.txt")
    assert cached(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_one_clear_line_and_leaves_nothing(fetch, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "corpus.txt.part").symlink_to("/dev/full")
    with pytest.raises(DownloadError, match=r"No space left on device.*needs 1,024,000 bytes"):
        fetch()
    assert cached(tmp_path) == []


def registry_with(tmp_path, monkeypatch, text) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "registry.toml").write_text(text)
    monkeypatch.setattr(registry, "find_data_directory", lambda: tmp_path / "data")
    return tmp_path / "data"


def test_a_registered_corpus_is_downloaded_into_the_cache_once(server, tmp_path, monkeypatch):
    split = f'url = "http://127.0.0.1:{server.server_port}/a.txt"\nsize = {len(BODY)}\n'
    split += f'sha256 = "{SHA256}"\n'
    data = registry_with(
        tmp_path,
        monkeypatch,
        '[far]\nkind = "download"\ndescription = "d"\nlicence = "CC0"\n'
        f"[far.train]\n{split}[far.validation]\n{split}".replace("a.txt", "b.txt", 1),
    )
    source = resolve_corpus("far")
    assert source.train_path.parent == source.validation_path.parent == data / "cache" / "downloads"
    assert source.train_path.read_bytes() == source.validation_path.read_bytes() == BODY
    assert source.floor is None and source.licence == "CC0"
    resolve_corpus("far")
    assert len(server.ranges) == 2


def test_a_text_inside_an_archive_is_unpacked_once(server, tmp_path, monkeypatch):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("folder/wiki.train.raw", BODY)
    server.body = archive.getvalue()
    data = registry_with(
        tmp_path,
        monkeypatch,
        '[zipped]\nkind = "download"\ndescription = "d"\nlicence = "CC0"\n[zipped.train]\n'
        f'url = "http://127.0.0.1:{server.server_port}/a.zip"\nsize = {len(server.body)}\n'
        f'sha256 = "{hashlib.sha256(server.body).hexdigest()}"\nmember = "folder/wiki.train.raw"\n',
    )
    source = resolve_corpus("zipped")
    assert source.train_path == data / "cache" / "downloads" / "zipped-train.txt"
    assert source.train_path.read_bytes() == BODY
    source.train_path.write_bytes(BODY[:100])
    assert resolve_corpus("zipped").train_path.read_bytes() == BODY
    assert len(server.ranges) == 1


def test_the_stories_come_with_their_floor():
    source = resolve_corpus("stories")
    entropy = json.loads((registry.find_data_directory() / "stories/entropy.json").read_text())
    assert source.train_path.is_file() and source.validation_path.is_file()
    assert source.floor.validation_nats == entropy["validation"]["nats"]
    assert source.floor.train_nats == entropy["train"]["nats"]


def test_the_path_of_any_utf8_text_file_is_a_corpus(tmp_path):
    path = tmp_path / "märchen.txt"
    path.write_text("Es war einmal … 🦊\n", encoding="utf-8")
    source = resolve_corpus(str(path))
    assert (source.name, source.train_path, source.floor) == ("märchen", path, None)
    assert source.validation_path is None


@pytest.mark.parametrize("length", [10, registry.CHUNK_BYTES - 1, registry.CHUNK_BYTES])
def test_a_file_that_is_not_utf8_is_refused_with_the_byte(tmp_path, length):
    path = tmp_path / "latin.txt"
    path.write_bytes(b"a" * length + "é".encode("latin-1") + b" fin")
    with pytest.raises(ValueError, match=f"not UTF-8 text: .* at byte {length}"):
        resolve_corpus(path)


def test_a_character_across_two_chunks_is_fine_and_one_cut_at_the_end_is_not(tmp_path):
    path = tmp_path / "cut.txt"
    path.write_bytes(b"a" * (registry.CHUNK_BYTES - 1) + "é".encode())
    assert resolve_corpus(path).train_path == path
    path.write_bytes(b"abc" + "é".encode()[:1])
    with pytest.raises(ValueError, match="at byte 3"):
        resolve_corpus(path)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "empty.txt").touch()
    with pytest.raises(ValueError, match=r"empty\.txt is empty"):
        resolve_corpus(tmp_path / "empty.txt")


def test_an_unknown_name_is_one_line_with_the_known_ones():
    with pytest.raises(ValueError, match="Did you mean 'tinyshakespeare'") as caught:
        resolve_corpus("tinyshakespear")
    message = str(caught.value)
    assert "'tinyshakespear'" in message and "stories, " in message and "\n" not in message
    assert "path of a UTF-8 text file works too" in message


def test_every_entry_says_what_it_is_and_can_be_verified():
    for name, entry in registry.load_registry().items():
        assert entry["description"] and entry["licence"], name
        assert entry["kind"] in ("bundled", "download"), name
        if entry["kind"] == "download":
            for split in {"train", "validation"} & entry.keys():
                assert {"url", "size", "sha256"} == entry[split].keys() - {"member"}
                assert entry[split]["url"].startswith("https://") and entry[split]["size"] > 0
                assert len(bytes.fromhex(entry[split]["sha256"])) == 32


def test_the_data_directory_is_found_from_a_handout_below_it(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "__file__", str(tmp_path / "a" / "assignment" / "registry.py"))
    (tmp_path / "here" / "runs").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here" / "runs")
    with pytest.raises(FileNotFoundError, match=r"No data/registry\.toml"):
        registry.find_data_directory()
    (tmp_path / "here" / "data").mkdir()
    (tmp_path / "here" / "data" / "registry.toml").touch()
    assert registry.find_data_directory() == tmp_path / "here" / "data"
    (tmp_path / "a" / "data").mkdir(parents=True)
    (tmp_path / "a" / "data" / "registry.toml").touch()
    assert registry.find_data_directory() == tmp_path / "a" / "data"


def test_the_registry_does_not_import_tensorflow():
    code = "import sys, assignment.text.registry; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
