# SPDX-License-Identifier: Apache-2.0
"""Bring the message catalogues up to date and compile them. Needs gettext; the compiled files are committed, so that nobody else does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "einlass"
LANGUAGES = ("de", "en", "fr", "it")
# How each tells one from many; French counts nothing as one.
PLURALS = {"fr": "(n > 1)"}
# Settings want a data folder; the texts do not.
SCRATCH = {"DJANGO_SETTINGS_MODULE": "einlass.conf.settings", "EINLASS_DATA_DIR": tempfile.mkdtemp()}
HEADER = """# SPDX-License-Identifier: Apache-2.0
msgid ""
msgstr ""
"Project-Id-Version: einlass\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural={plural};\\n"

"""


def collect() -> None:
    """Read every translatable text out of code and templates. A text that only resembles an old one stays open, not guessed."""
    options = ["--no-wrap", "--no-location", "--no-obsolete"]
    command = [sys.executable, "-m", "django", "makemessages", *options, *(f"-l={language}" for language in LANGUAGES)]
    subprocess.run(command, cwd=PACKAGE, check=True, env=os.environ | SCRATCH)


def tidy(path: Path, *, language: str) -> None:
    """A header that never changes by itself, no guessed translations, and English filled with the texts themselves."""
    body = path.read_text(encoding="utf-8").partition("\n\n")[2]
    entries = [_without_guess(entry) for entry in body.strip().split("\n\n")]
    if language == "en":
        entries = [_in_english(entry) for entry in entries]
    path.write_text(
        HEADER.format(language=language, plural=PLURALS.get(language, "(n != 1)")) + "\n\n".join(entries) + "\n", encoding="utf-8"
    )


def compile_(path: Path) -> None:
    subprocess.run(["msgfmt", "--check-format", "-o", str(path.with_suffix(".mo")), str(path)], check=True)


def _without_guess(entry: str) -> str:
    if "fuzzy" not in entry:
        return entry
    lines = [line for line in entry.splitlines() if not line.startswith("#|")]
    flags = [line.replace("fuzzy, ", "").replace(", fuzzy", "") for line in lines if line != "#, fuzzy"]
    return re.sub(r'(?m)^(msgstr(?:\[\d\])?) ".*"$', r'\1 ""', "\n".join(flags))


def _in_english(entry: str) -> str:
    one = re.search(r'(?m)^msgid "(.*)"$', entry)
    many = re.search(r'(?m)^msgid_plural "(.*)"$', entry)
    assert one, entry
    entry = re.sub(r'(?m)^(msgstr|msgstr\[0\]) ".*"$', lambda found: f'{found[1]} "{one[1]}"', entry)
    return re.sub(r'(?m)^msgstr\[1\] ".*"$', lambda _: f'msgstr[1] "{many[1]}"', entry) if many else entry


def main() -> None:
    collect()
    for language in LANGUAGES:
        path = PACKAGE / "locale" / language / "LC_MESSAGES" / "django.po"
        tidy(path, language=language)
        compile_(path)


if __name__ == "__main__":
    main()
