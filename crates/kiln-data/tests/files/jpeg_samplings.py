#!/usr/bin/env python3
"""Writes jpeg_samplings.tar.gz: one picture as JPEG files of many samplings, sizes and scan scripts, and as libjpeg-turbo
decodes them. Takes cjpeg and jpegtran (libjpeg-turbo-progs), and Pillow over libjpeg-turbo.

    SAMPLING/WIDTHxHEIGHT/SCRIPT.jpg    the same coefficients in each, so all of them are one picture:
    SAMPLING/WIDTHxHEIGHT/right.png     this one
"""

import gzip
import io
import math
import os
import subprocess
import tarfile
import tempfile

from PIL import Image

# Of luma, blue and red: columns x rows.
SAMPLINGS = [
    "1x1,1x1,1x1", "2x1,1x1,1x1", "1x2,1x1,1x1", "2x2,1x1,1x1", "4x1,1x1,1x1", "1x4,1x1,1x1", "4x2,1x1,1x1",
    "2x2,2x1,2x1", "2x2,1x2,2x1", "4x1,2x1,2x1", "1x1,2x2,2x2", "1x1,2x1,1x2", "2x1,1x2,1x1", "1x2,2x1,1x1",
]
SIZES = [(33, 17), (17, 49), (65, 65), (7, 1)]
SCRIPTS = {
    "together": "0 1 2;",
    "apart": "0; 1; 2;",
    "chroma_together": "0; 1 2;",
    "last_apart": "0 1; 2;",
    "chroma_first": "2; 1; 0;",
    "progressive": "0 1 2: 0 0 0 1; 0: 1 5 0 2; 2: 1 63 0 1; 1: 1 63 0 1; 0: 6 63 0 2; 0: 1 63 2 1; "
    "0 1 2: 0 0 1 0; 2: 1 63 1 0; 1: 1 63 1 0; 0: 1 63 1 0;",
    "progressive_apart": "0: 0 0 0 0; 1: 0 0 0 0; 2: 0 0 0 0; 0: 1 63 0 0; 1: 1 63 0 0; 2: 1 63 0 0;",
}


def picture(width, height):
    """Smooth, in colour, different at each place."""
    image = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            image.putpixel((x, y), (
                int(128 + 100 * math.sin(x / 9 + y / 23)),
                int(128 + 90 * math.cos(y / 7 - x / 31)),
                int(128 + 80 * math.sin((x + y) / 13 + 1)),
            ))
    return image


def run(command, content):
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    content = io.BytesIO()
    archive = tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT)

    def add(name, data):
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))

    with tempfile.NamedTemporaryFile("w") as scans:
        for sampling in SAMPLINGS:
            for width, height in SIZES:
                ppm = io.BytesIO()
                picture(width, height).save(ppm, "PPM")
                base = run(["cjpeg", "-quality", "75", "-sample", sampling], ppm.getvalue())
                right = io.BytesIO()
                Image.open(io.BytesIO(base)).convert("RGB").save(right, "PNG", optimize=True)
                at = f"{sampling}/{width}x{height}"
                add(f"{at}/right.png", right.getvalue())
                for script, text in SCRIPTS.items():
                    scans.seek(0)
                    scans.truncate()
                    scans.write(text)
                    scans.flush()
                    try:
                        file = run(["jpegtran", "-optimize", "-copy", "none", "-scans", scans.name], base)
                    except subprocess.CalledProcessError as error:
                        print(at, script, error.stderr.decode().strip())
                        continue
                    same = Image.open(io.BytesIO(file)).convert("RGB")
                    assert same.tobytes() == Image.open(io.BytesIO(base)).convert("RGB").tobytes(), (at, script)
                    add(f"{at}/{script}.jpg", file)
    archive.close()
    with open(os.path.join(here, "jpeg_samplings.tar.gz"), "wb") as file:
        file.write(gzip.compress(content.getvalue(), 9, mtime=0))


main()
