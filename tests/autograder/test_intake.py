"""Intake: whatever is handed in ends in files to grade, or in one clear sentence."""

import io
import os
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder import intake, judge, kit
from autograder.checks import load
from autograder.intake import archives, source, tars
from autograder.submission import SubmissionError

MASKING = "layers/masking.py"
CODE = (kit.STENCIL / "assignment" / MASKING).read_bytes()
FILES = {f"assignment/{MASKING}": CODE, "assignment/layers/attention.py": b"x = 1\n"}


def zipped(path: Path, members=FILES, **options) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def zipped_with_mode(path: Path, name: str, content: bytes, mode: int) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for kept in FILES:
            if kept != name:
                archive.writestr(kept, FILES[kept])
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        archive.writestr(info, content)
    return path


def tarred(path: Path, members=FILES, mode: str = "w:gz", special=()) -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in special:
            archive.addfile(info)
    return path


def headed(path: Path, *headers: tarfile.TarInfo, follow: bytes = b"abc") -> Path:
    """A tar archive with headers before its files, each followed by a block."""
    start = b"".join(h.tobuf(tarfile.USTAR_FORMAT) + follow.ljust(512, b"\0") for h in headers)
    path.write_bytes(start + tarred(path, mode="w").read_bytes())
    return path


def told(path: Path, *texts: bytes) -> Path:
    """A tar archive whose files have extended headers before them."""
    content = b""
    for text in texts:
        header = sized("x", tarfile.XHDTYPE, len(text)).tobuf(tarfile.USTAR_FORMAT)
        file = sized("x", tarfile.REGTYPE, 0).tobuf(tarfile.USTAR_FORMAT)
        content += header + text + bytes(-len(text) % 512) + file
    path.write_bytes(content + tarred(path, mode="w").read_bytes())
    return path


def sized(name: str, kind: bytes, size: int) -> tarfile.TarInfo:
    info = special(name, kind)
    info.size = size
    return info


def endless(path: Path) -> Path:
    """A tar archive whose last header announces 2^88 bytes."""
    header = bytearray(sized("x", tarfile.REGTYPE, 0).tobuf(tarfile.USTAR_FORMAT))
    header[124:136] = b"\x80" + b"\xff" * 11
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + sum(header[156:]) + 8 * ord(" "))
    path.write_bytes(bytes(header))
    return path


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def rewritten(path: Path, change: Callable[[bytes], bytes]) -> Path:
    path.write_bytes(change(path.read_bytes()))
    return path


def encrypted(path: Path) -> Path:
    """Sets the flag of encryption in both headers of every member."""
    content = bytearray(zipped(path).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        position = content.find(mark)
        while position >= 0:
            content[position + offset] |= 1
            position = content.find(mark, position + 4)
    path.write_bytes(content)
    return path


def unknown_compression(path: Path) -> Path:
    content = bytearray(zipped(path).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        position = content.find(mark)
        while position >= 0:
            content[position + offset : position + offset + 2] = struct.pack("<H", 99)
            position = content.find(mark, position + 4)
    path.write_bytes(content)
    return path


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


# What is handed in, and words of the one sentence that refuses it.
REFUSED_ARCHIVES = {
    "an empty file": (lambda p: written(p / "a.zip", b""), "is an empty file"),
    "text with the name of an archive": (
        lambda p: written(p / "a.zip", b"see my e-mail"),
        "neither a directory nor a zip or tar archive",
    ),
    "a truncated zip": (
        lambda p: rewritten(zipped(p / "a.zip"), lambda b: b[: len(b) // 2]),
        "is damaged",
    ),
    "a truncated tar.gz": (
        lambda p: rewritten(tarred(p / "a.tgz"), lambda b: b[: len(b) // 2]),
        "is damaged",
    ),
    "a zip whose bytes changed": (
        lambda p: rewritten(
            zipped(p / "a.zip"), lambda b: b[:120] + bytes(x ^ 255 for x in b[120:160]) + b[160:]
        ),
        "is damaged",
    ),
    "an xz file that is no tar": (
        lambda p: written(p / "a.xz", b"\xfd7zXZ\0" + bytes(100)),
        "is damaged",
    ),
    "a gzip file that is no tar": (
        lambda p: written(p / "a.gz", __import__("gzip").compress(b"hello")),
        "is damaged",
    ),
    "a RAR archive": (lambda p: written(p / "a.rar", b"Rar!\x1a\x07\x01\0"), "hand in a .zip"),
    "a 7-Zip archive": (
        lambda p: written(p / "a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(64)),
        "is a 7-Zip archive",
    ),
    "an encrypted zip": (lambda p: encrypted(p / "a.zip"), "without a password"),
    "an unknown compression": (lambda p: unknown_compression(p / "a.zip"), "is damaged"),
    "a zip that climbs out": (
        lambda p: zipped(p / "a.zip", {**FILES, "../../evil.py": b"x"}),
        "'../../evil.py', which leads out of the archive",
    ),
    "a zip with an absolute path": (
        lambda p: zipped(p / "a.zip", {**FILES, "/etc/passwd": b"x"}),
        "'/etc/passwd', which leads out",
    ),
    "a zip with a drive letter": (
        lambda p: zipped(p / "a.zip", {**FILES, "C:\\evil.py": b"x"}),
        "which leads out",
    ),
    "a tar that climbs out": (
        lambda p: tarred(p / "a.tar", {**FILES, "a/../../evil.py": b"x"}, "w"),
        "which leads out",
    ),
    "a zip with too many members": (
        lambda p: zipped(p / "a.zip", dict.fromkeys(map(str, range(60)), b"")),
        "holds more than 50 files",
    ),
    "a zip with a list beyond measure": (
        lambda p: zipped(p / "a.zip", dict.fromkeys(map(str, range(300)), b"")),
        "holds more than 50 files",
    ),
    "a tar with too many members": (
        lambda p: tarred(p / "a.tar.bz2", dict.fromkeys(map(str, range(60)), b""), "w:bz2"),
        "holds more than 50 files",
    ),
    "a tar that unpacks to gigabytes": (
        lambda p: tarred(p / "a.tgz", {"zeros": bytes(3_000_000), **FILES}),
        "unpacks to more than 2 MiB",
    ),
    "a tar whose headers announce headers": (
        lambda p: headed(p / "a.tar", *[sized("x", tarfile.GNUTYPE_LONGNAME, 4)] * 2000),
        "is damaged",
    ),
    "a tar with a header of megabytes": (
        lambda p: headed(p / "a.tar", sized("x", tarfile.XHDTYPE, 2**20)),
        "holds a header of more than 16 KiB",
    ),
    "a tar with many long headers": (
        lambda p: told(p / "a.tar", *[b"1" * 16_000] * 5),
        "holds too many long headers",
    ),
    "a tar with a sparse file of GNU": (
        lambda p: headed(p / "a.tar", sized("x", tarfile.GNUTYPE_SPARSE, 4)),
        "holds a sparse file",
    ),
    "a tar with a sparse file of POSIX": (
        lambda p: told(p / "a.tar", b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"),
        "holds a sparse file",
    ),
    "a tar with a member beyond every size": (
        lambda p: endless(p / "a.tar"),
        "a member is longer than the archive",
    ),
    "a zip whose sums are wrong": (
        lambda p: rewritten(
            zipped_with_mode(p / "a.zip", f"assignment/{MASKING}", b"x = 1\n", 0o644),
            lambda b: b.replace(b"x = 1\n", b"x = 2\n"),
        ),
        "is damaged",
    ),
    "a name that is a command and a mark": (
        lambda p: zipped(p / "a.zip", {"\u202e\n::error::x\x1b[2J/../y": b""}),
        "holds the path ' ::error::x[2J/../y', which leads out",
    ),
    "an archive in an archive": (
        lambda p: zipped(p / "a.zip", {"sub.zip": zipped(p / "b.zip").read_bytes()}),
        "holds no assignment/ directory with files of the course, such as",
    ),
    "only what macOS adds": (
        lambda p: zipped(p / "a.zip", {f"__MACOSX/assignment/{MASKING}": b"x"}),
        "it holds __MACOSX",
    ),
    "two submissions": (
        lambda p: zipped(p / "a.zip", {f"{n}/assignment/{MASKING}": b"x" for n in ("old", "new")}),
        "new/assignment/ and old/assignment/; hand in one of them",
    ),
    "a package too deep": (
        lambda p: zipped(p / "a.zip", {f"{'a/' * 9}assignment/{MASKING}": b"x"}),
        "holds no assignment/ directory",
    ),
    "names of undecodable bytes": (
        lambda p: tarred(p / "a.tar", {b"\xff\xfe.py".decode(errors="surrogateescape"): b""}, "w"),
        "holds no assignment/ directory",
    ),
    "an archive without a member": (lambda p: zipped(p / "a.zip", {}), "it holds nothing"),
}

# What is handed in, the file that a note is about, and words of the note.
NOTED_ARCHIVES = {
    "a link in a zip": (
        lambda p: zipped_with_mode(p / "a.zip", f"assignment/{MASKING}", b"/etc/passwd", 0o120777),
        "is a link; only regular files",
    ),
    "a symbolic link in a tar": (
        lambda p: tarred(
            p / "a.tar.xz",
            {"assignment/layers/attention.py": b"x = 1\n"},
            "w:xz",
            [special(f"assignment/{MASKING}", tarfile.SYMTYPE, "/etc/passwd")],
        ),
        "is a link",
    ),
    "a hard link in a tar": (
        lambda p: tarred(
            p / "a.tgz",
            {"assignment/layers/attention.py": b"x = 1\n"},
            special=[special(f"assignment/{MASKING}", tarfile.LNKTYPE, "../secret")],
        ),
        "is a link",
    ),
    "a device in a tar": (
        lambda p: tarred(
            p / "a.tgz",
            {"assignment/layers/attention.py": b"x = 1\n"},
            special=[special(f"assignment/{MASKING}", tarfile.CHRTYPE)],
        ),
        "is a device",
    ),
    "a named pipe in a tar": (
        lambda p: tarred(
            p / "a.tgz",
            {"assignment/layers/attention.py": b"x = 1\n"},
            special=[special(f"assignment/{MASKING}", tarfile.FIFOTYPE)],
        ),
        "is a named pipe",
    ),
    "a source file that is a bomb": (
        lambda p: zipped(p / "a.zip", {**FILES, f"assignment/{MASKING}": bytes(30_000_000)}),
        "is larger than 512 KiB",
    ),
    "a name that stands twice": (
        lambda p: tarred(
            p / "a.tar", FILES, "w", [special(f"assignment/{MASKING}", tarfile.REGTYPE)]
        ),
        "is empty",
    ),
    "capitals": (
        lambda p: zipped(
            p / "a.zip",
            {"assignment/layers/Masking.py": CODE, "assignment/layers/attention.py": b"x = 1\n"},
        ),
        "is missing (there is 'assignment/layers/Masking.py': capitals matter)",
    ),
}


@pytest.fixture(autouse=True)
def small_bounds(monkeypatch):
    """The bounds, small enough to be exceeded at once."""
    monkeypatch.setattr(archives, "MAX_ENTRIES", 50)
    monkeypatch.setattr(source, "MAX_ENTRIES", 50)
    monkeypatch.setattr("autograder.intake.zips.MAX_ENTRIES", 50)
    monkeypatch.setattr(tars, "MAX_UNPACKED_BYTES", 2 * 2**20)


@pytest.mark.parametrize("case", REFUSED_ARCHIVES)
def test_an_archive_that_holds_no_submission_is_refused_with_the_reason(case, tmp_path):
    make, words = REFUSED_ARCHIVES[case]
    path = make(tmp_path)
    before = sorted(tmp_path.parent.rglob("*"))
    with pytest.raises(SubmissionError) as error, intake.opened(path):
        pass
    assert words in str(error.value)
    assert str(path) in str(error.value) and "\n" not in str(error.value)
    assert sorted(tmp_path.parent.rglob("*")) == before


@pytest.mark.parametrize("case", NOTED_ARCHIVES)
def test_a_member_that_cannot_be_taken_is_noted_and_the_rest_is_graded(case, tmp_path):
    make, words = NOTED_ARCHIVES[case]
    with intake.opened(make(tmp_path)) as taken:
        assert words in taken.notes[MASKING]
        attention = taken.directory / "assignment/layers/attention.py"
        assert attention.read_bytes() == b"x = 1\n"


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("above", ["", "alice-1.0/", "./", "home/alice/work/"])
def test_tar_archives_are_taken_whatever_lies_above_the_package(mode, above, tmp_path):
    members = {above + name: content for name, content in FILES.items()}
    with intake.opened(tarred(tmp_path / "handed.in", members, mode)) as taken:
        assert (taken.directory / "assignment" / MASKING).read_bytes() == CODE
        assert MASKING not in taken.notes


@pytest.mark.parametrize("above", ["", "alice/", "home/alice/"])
@pytest.mark.parametrize("separator", ["/", "\\"])
def test_zip_archives_are_taken_with_the_separators_of_windows_too(above, separator, tmp_path):
    members = {(above + name).replace("/", separator): text for name, text in FILES.items()}
    with intake.opened(zipped(tmp_path / "a.zip", members)) as taken:
        assert (taken.directory / "assignment" / MASKING).read_bytes() == CODE


def test_nothing_but_the_syllabus_files_is_taken(tmp_path):
    extra = {"assignment/__init__.py": b"evil", "conftest.py": b"evil", "numpy.py": b"evil"}
    with intake.opened(zipped(tmp_path / "a.zip", {**FILES, **extra})) as taken:
        found = {
            p.relative_to(taken.directory).as_posix()
            for p in taken.directory.rglob("*")
            if p.is_file()
        }
    assert found == set(FILES)


def test_the_digest_depends_on_what_is_taken_and_on_nothing_else(tmp_path):
    def digest(path):
        with intake.opened(path) as taken:
            return taken.digest

    plain = digest(zipped(tmp_path / "a.zip"))
    assert plain == digest(tarred(tmp_path / "b.tgz", {"README": b"x", **FILES}))
    changed = {**FILES, f"assignment/{MASKING}": CODE + b"#"}
    assert plain != digest(zipped(tmp_path / "c.zip", changed))


def test_a_directory_with_one_archive_is_opened_as_learning_platforms_hand_it_out(tmp_path):
    (tmp_path / "alice").mkdir()
    (tmp_path / "alice" / "notes.txt").write_text("hello")
    zipped(tmp_path / "alice" / "work.zip")
    with intake.opened(tmp_path / "alice") as taken:
        assert (taken.directory / "assignment" / MASKING).read_bytes() == CODE


def package(root: Path, content: bytes | None = CODE, place: str = "assignment") -> Path:
    for name, text in ((MASKING, content), ("layers/attention.py", b"x = 1\n")):
        path = root / place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_bytes(text)
    return root


def with_fifo(root: Path) -> Path:
    os.mkfifo(package(root, None) / "assignment" / MASKING)
    return root


def with_link(root: Path) -> Path:
    (package(root, None) / "assignment" / MASKING).symlink_to("/etc/passwd")
    return root


def with_linked_directory(root: Path) -> Path:
    package(root / "elsewhere", place="given")
    package(root, None)
    (root / "assignment" / "alignment").symlink_to(root / "elsewhere" / "given" / "layers")
    return root


def with_directory(root: Path) -> Path:
    (package(root, None) / "assignment" / MASKING).mkdir()
    return root


REFUSED_DIRECTORIES = {
    "nothing at all": (lambda p: p, "it holds nothing"),
    "a name that does not exist": (lambda p: p / "nowhere", "cannot be found"),
    "a notebook": (
        lambda p: written(p / "hw.ipynb", b"{}").parent,
        "holds no assignment/ directory with files of the course",
    ),
    "one source file": (
        lambda p: written(p / "masking.py", CODE),
        "is neither a directory nor a zip or tar archive",
    ),
    "a bare repository": (
        lambda p: written(p / "HEAD", b"ref: refs/heads/main").parent,
        "it holds HEAD",
    ),
    "assignment is a file": (
        lambda p: written(p / "assignment", b"").parent,
        "it holds assignment",
    ),
    "assignment is a link": (
        lambda p: (p / "assignment").symlink_to(kit.SOLUTION) or p,
        "it holds assignment (a link)",
    ),
    "only links": (
        lambda p: (with_link(p) / "assignment/layers/attention.py").unlink() or p,
        "none of the course's files can be taken: assignment/layers/masking.py is a link",
    ),
    "an empty package": (lambda p: (p / "assignment").mkdir() or p, "it holds assignment"),
    "two packages": (
        lambda p: package(package(p, place="a/assignment"), place="b/assignment"),
        "a/assignment/ and b/assignment/; hand in one of them",
    ),
    "a named pipe": (lambda p: os.mkfifo(p / "x") or p / "x", "neither a directory nor"),
}

NOTED_DIRECTORIES = {
    "latin-1": (lambda p: package(p, "# caf\xe9\n".encode("latin-1")), "byte 0xe9 in line 1"),
    "utf-16": (lambda p: package(p, "x = 1".encode("utf-16")), "is UTF-16 text"),
    "another encoding declared": (
        lambda p: package(p, b"# -*- coding: utf-7 -*-\nx = 1\n"),
        "declares the encoding utf-7",
    ),
    "zero bytes": (lambda p: package(p, b"x = 1\0\n"), "holds zero bytes"),
    "an empty file": (lambda p: package(p, b"\n"), "is empty"),
    "a file too large": (lambda p: package(p, bytes(600_000)), "is larger than 512 KiB"),
    "a missing file": (lambda p: package(p, None), "is missing; the starter's file was used"),
    "a link": (with_link, "is a link, and links are not followed"),
    "a pipe": (with_fifo, "is not a regular file"),
    "a directory": (with_directory, "is not a regular file"),
}


@pytest.mark.parametrize("case", REFUSED_DIRECTORIES)
def test_a_directory_without_a_submission_is_refused_with_the_reason(case, tmp_path):
    make, words = REFUSED_DIRECTORIES[case]
    path = make(tmp_path)
    with pytest.raises(SubmissionError) as error, intake.opened(path):
        pass
    assert words in str(error.value) and str(path) in str(error.value)


@pytest.mark.parametrize("case", NOTED_DIRECTORIES)
def test_a_file_that_cannot_be_taken_as_it_is_gets_a_note(case, tmp_path):
    make, words = NOTED_DIRECTORIES[case]
    with intake.opened(make(tmp_path)) as taken:
        assert words in taken.notes[MASKING]


def test_files_behind_a_linked_directory_are_not_taken(tmp_path):
    with intake.opened(with_linked_directory(tmp_path)) as taken:
        assert not (taken.directory / "assignment" / "alignment").exists()


@pytest.mark.parametrize(
    "place", ["assignment", "alice/assignment", "a/b/assignment", "alice/work"]
)
def test_the_package_is_found_some_levels_down_and_under_another_name(place, tmp_path):
    with intake.opened(package(tmp_path, place=place)) as taken:
        assert (taken.directory / "assignment" / MASKING).read_bytes() == CODE


def test_the_starter_beside_the_students_package_is_left_alone(tmp_path):
    package(tmp_path, b"x = 2\n")
    package(tmp_path, place="stencil/assignment")
    package(tmp_path, place="autograder/starter/assignment")
    with intake.opened(tmp_path) as taken:
        assert (taken.directory / "assignment" / MASKING).read_bytes() == b"x = 2\n"


SOLVED = (kit.SOLUTION / MASKING).read_bytes()
BROKEN = {
    "a missing bracket": (SOLVED + b"print((\n", "was never closed"),
    "tabs and spaces": (SOLVED + b"if True:\n\tx = 1\n        y = 2\n", "inconsistent use of tabs"),
    "latin-1": (SOLVED + 'x = "caf\xe9"\n'.encode("latin-1"), "codec can't decode byte 0xe9"),
    "zero bytes": (SOLVED + b"\0", "null bytes"),
    "brackets without end": (SOLVED + b"x = " + b"(" * 5000, "too many nested parentheses"),
    "an import of what is not there": (b"import torchh\n" + SOLVED, "No module named 'torchh'"),
    "an exit at import": (SOLVED + b"raise SystemExit(0)\n", "SystemExit"),
    "a removed function": (b"x = 1\n", "has no 'causal_mask'; was it renamed?"),
    "an empty file": (b"", "has no 'causal_mask'"),
    "a change of given code": (SOLVED.replace(b"def causal_mask(", b"def causal(", 1), "has no"),
}
HARMLESS = {
    "windows lines": SOLVED.replace(b"\n", b"\r\n"),
    "a byte order mark": b"\xef\xbb\xbf" + SOLVED,
    "a declared utf-8": b"# -*- coding: utf-8 -*-\n" + SOLVED,
}


def _grade(content: bytes, tmp_path, runner, causal) -> judge.Report:
    (tmp_path / "assignment" / "layers").mkdir(parents=True)
    (tmp_path / "assignment" / MASKING).write_bytes(content)
    return judge.grade(tmp_path, [causal], runner=runner)


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_cannot_be_imported_fails_its_checks_with_the_reason(
    case, tmp_path, runner, causal
):
    content, words = BROKEN[case]
    (verdict,) = _grade(content, tmp_path, runner, causal).verdicts
    assert verdict.status == "failed" and verdict.points == 0
    assert words in verdict.message


@pytest.mark.parametrize("case", HARMLESS)
def test_other_line_ends_and_marks_cost_nothing(case, tmp_path, runner, causal):
    report = _grade(HARMLESS[case], tmp_path, runner, causal)
    assert report.verdicts[0].status == "passed", report.verdicts[0].message
    assert not [note for note in report.notes if "masking" in note]


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"# coding: latin-1\n"])
def test_neither_a_mark_nor_an_encoding_hides_a_shortcut(start, tmp_path, runner):
    file = "layers/attention.py"
    content = (kit.SOLUTION / file).read_bytes() + b"\nx = keras.layers.Attention\n# \xc3\xa9\n"
    package(tmp_path)
    (tmp_path / "assignment" / file).write_bytes(start + content)
    check = next(c for c in load().values() if c.exercise == "attention.scaled_dot_product")
    (verdict,) = judge.grade(tmp_path, [check], runner=runner).verdicts
    assert "keras.layers.Attention does the work of this exercise" in verdict.message
