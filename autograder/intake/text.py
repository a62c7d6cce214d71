"""Whether a source file is text that Python and the grader read alike."""

import re

# PEP 263: a comment in the first two lines may declare an encoding.
_DECLARED = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_UTF_8 = ("utf-8", "utf8", "utf-8-sig", "utf8-sig", "ascii", "us-ascii")


def problem(content: bytes) -> str:
    """What is wrong with a source file's bytes, or an empty text; completes "<file> …"."""
    if not content.strip():
        return "is empty"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "is UTF-16 text; save it as UTF-8"
    if b"\0" in content:
        return "holds zero bytes, so it is no source text; save it as UTF-8"
    for line in content.splitlines()[:2]:
        declared = _DECLARED.match(line)
        if declared and declared[1].decode().lower().replace("_", "-") not in _UTF_8:
            name = declared[1][:40].decode()
            return f"declares the encoding {name}; save it as UTF-8 without the declaration"
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line_number = content.count(b"\n", 0, error.start) + 1
        return (
            f"is not UTF-8 text (byte 0x{content[error.start]:02x} in line {line_number}); "
            "save it as UTF-8"
        )
    return ""
