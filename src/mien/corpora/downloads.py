"""Public downloads of corpora: what lies where, under which licence, each file ending at a hash check.

``downloads.csv`` lists every file with its address, pinned to a commit or a record, and its hash. Only corpora that
their makers let anybody download, and of which a hash is known, are in it.
"""

import csv
import zipfile
from pathlib import Path

from mien import corpora, sources

LIST = Path(__file__).with_suffix(".csv")
"""The files of every corpus that can be downloaded: corpus, file, address, hash, value, size_bytes."""


def listed(name):
    """The files of a corpus that can be downloaded, as ``{path inside its folder: Source}``; empty where there is none.

    >>> sorted(listed("cremad"))
    ['LICENSE.txt', 'VideoDemographics.csv', 'processedResults/tabulatedVotes.csv']
    """
    licence = corpora.named(name).LICENCE
    with LIST.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["corpus"] == name]
    return {row["file"]: _source(name, row, licence) for row in rows}


def _source(name, row, licence):
    hashes = {"sha256": "", "md5": ""} | {row["hash"]: row["value"]}
    size = int(row["size_bytes"])
    return sources.Source(
        f"{name}: {row['file']}",
        Path(row["file"]).name,
        size_bytes=size,
        address=row["address"],
        licence=licence,
        **hashes,
    )


def fetch(name, folder=None, say=print, files=None):
    """Download a corpus into ``folder`` (None: ``corpora/NAME`` beside fetched models); return the folder.

    ``say`` is told what it is, its licence, how to cite it and where it comes from before anything is downloaded, then
    each file. What is there already and passes its hash is kept; a file that fails is named at the end and the others
    go on. An archive is unpacked where it lies. Raises :class:`mien.corpora.CorpusError` where a corpus has no public
    download of a known hash, saying how to get it, and :class:`mien.sources.SourceError` where files failed.
    """
    corpus = corpora.named(name)
    for fact in ("WHAT", "LICENCE", "CITATION", "ORIGIN"):
        say(f"{fact.lower()}: {getattr(corpus, fact)}")
    files = listed(name) if files is None else files
    if not files:
        terms = f" under an agreement: {corpus.TERMS}" if hasattr(corpus, "TERMS") else ""
        raise corpora.CorpusError(
            f"{name}: no public download of a known hash; ask for it or get it by hand{terms}. It comes from "
            f"{corpus.ORIGIN}; mien then reads {corpus.EXPECTED}"
        )
    folder = sources.home() / "corpora" / name if folder is None else Path(folder)
    failed = []
    for inside, source in files.items():
        try:
            _unpacked(sources.download(source, folder / inside))
        except sources.SourceError as error:
            failed.append(str(error))
        else:
            say(f"{inside}: {source.size_bytes:,} bytes, {'sha256' if source.sha256 else 'md5'} checked")
    if failed:
        told = "\n".join(f"  {one}" for one in failed)
        raise sources.SourceError(f"{name}: {len(failed)} of {len(files)} files are not there\n{told}")
    return folder


def _unpacked(path):
    """Unpack an archive beside itself, unless all that it holds is there in its full size."""
    if path.suffix != ".zip":
        return
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            place = path.parent / member.filename
            if not (member.is_dir() or (place.is_file() and place.stat().st_size == member.file_size)):
                archive.extract(member, path.parent)
