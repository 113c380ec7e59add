"""What an import found and dropped, as plain values and in words."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from dataset.building.import_take import Take
from dataset.motion_files.caption_table import Described
from utils.runtime import atomic_write

REPORT = "import_report"


def make_report(
    takes: list[Take], files: list[Path], matched: dict[Path, Described], described: dict[str, Described]
) -> dict:
    """Everything a person wants to check, as plain values."""
    used = {id(entry) for entry in matched.values()}
    number = 0
    entries = []
    for take in takes:
        entry: dict = {"file": str(take.path), "clips": []}
        for joints, sentences in take.clips:
            entry["clips"].append({"id": f"{number:06d}", "frames": len(joints), "captions": len(sentences)})
            number += 1
        if take.conversion is not None:
            entry["conversion"] = take.conversion.describe()
            if take.conversion.map.guessed:
                entry["guessed"] = take.conversion.map.describe()
        entry["dropped"] = [dict(zip(("part", "reason", "detail"), d, strict=True)) for d in take.dropped]
        entry["warnings"] = take.warnings
        entries.append(entry)
    return {
        "clips": number,
        "dropped": dict(Counter(reason for take in takes for _, reason, _ in take.dropped).most_common()),
        "files": entries,
        "files_without_captions": [str(file) for file in files if file not in matched],
        "captions_without_files": [name for name, entry in described.items() if id(entry) not in used],
    }


def report_text(report: dict, most: int = 20) -> str:
    """The report in words: counts, then files with something to say, `most` of each kind."""
    dropped = sum(report["dropped"].values())
    reasons = ", ".join(f"{reason} {count}" for reason, count in report["dropped"].items())
    lines = [
        f"{len(report['files'])} files read, {report['clips']} clips kept, {dropped} dropped"
        + (f" ({reasons})" if dropped else "")
    ]
    how = Counter(entry["conversion"] for entry in report["files"] if "conversion" in entry)
    lines += [f"  {count} x {text}" for text, count in how.most_common(most)]
    for title, key in (("dropped", "dropped"), ("to check", "warnings"), ("skeleton guessed", "guessed")):
        told_files = [(entry["file"], entry[key]) for entry in report["files"] if entry.get(key)]
        if told_files:
            lines.append(f"{title}:")
        for file, what in told_files[:most]:
            lines += [f"  {line}" for line in _told(Path(file).name, what)]
        if len(told_files) > most:
            lines.append(f"  and {len(told_files) - most} more files: see {REPORT}.json")
    for title, key in (
        ("files without captions, not used", "files_without_captions"),
        ("captions without a motion file", "captions_without_files"),
    ):
        if report[key]:
            shown = ", ".join(Path(name).name for name in report[key][:5])
            lines.append(f"{title}: {len(report[key])} ({shown}{', ...' if len(report[key]) > 5 else ''})")
    return "\n".join(lines)


def _told(name: str, what: list | str) -> list[str]:
    if isinstance(what, str):
        return [f"{name}: {what}"]
    return [
        f"{name}: {w}" if isinstance(w, str) else f"{name} ({w['part']}): {w['reason']}: {w['detail']}"
        for w in what
    ]


def write_report(stem: Path, report: dict, text: str) -> None:
    """`<stem>.json` and `<stem>.txt`."""
    for target, content in zip(report_files(stem), (json.dumps(report, indent=1), text), strict=True):
        with atomic_write(target) as path:
            path.write_text(content + "\n", encoding="utf-8")


def report_files(stem: Path) -> tuple[Path, Path]:
    """The two files of a report; an ending in `stem` is left out."""
    base = stem.with_suffix("") if stem.suffix in (".json", ".txt") else stem
    return base.with_name(base.name + ".json"), base.with_name(base.name + ".txt")
