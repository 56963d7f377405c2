"""The container of every data pack (src/lang/pack.h reads it): a header, a directory of named
sections, then the sections, each on a 64-byte boundary. Little-endian.

    header     magic "ZWPACK1\\0", u32 format = 1, u32 sections, u64 size of the file,
               version (48 bytes, NUL-padded), u32 CRC-32 of the directory, u32 CRC-32 of the
               header up to here
    directory  per section: name (16 bytes, NUL-padded), u64 offset, u64 size, u32 CRC-32, u32 0
"""
import os
import struct
import zlib

MAGIC = b"ZWPACK1\0"
ALIGN = 64


def pack_bytes(version, sections):
    """sections: list of (name, bytes)."""
    directory, body = b"", []
    at = 80 + 40 * len(sections)
    for name, data in sections:
        raw = name.encode()
        assert len(raw) < 16, name
        pad = -at % ALIGN
        body.append(b"\0" * pad)
        at += pad
        directory += raw.ljust(16, b"\0") + struct.pack("<QQII", at, len(data), zlib.crc32(data), 0)
        body.append(bytes(data))
        at += len(data)
    tag = version.encode()
    assert len(tag) < 48, version
    head = MAGIC + struct.pack("<IIQ", 1, len(sections), at) + tag.ljust(48, b"\0") + struct.pack(
        "<I", zlib.crc32(directory))
    return head + struct.pack("<I", zlib.crc32(head)) + directory + b"".join(body)


def write_pack(path, version, sections):
    """Whole or not at all."""
    with open(path + ".tmp", "wb") as f:
        f.write(pack_bytes(version, sections))
    os.replace(path + ".tmp", path)
