"""The HIERARCHY part of a BVH file, read word by word, so that it does not matter how it is broken into lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from dataset.motion_files.raw import END, BadMotion
from dataset.motion_files.text import leading_numbers

CHANNELS = {f"{axis}{kind}": (kind, i) for i, axis in enumerate("xyz") for kind in ("position", "rotation")}
KEYWORDS = ("ROOT", "JOINT", "END", "ENDSITE", "END_SITE", "OFFSET", "CHANNELS")
COMMENT = re.compile(r"^\s*(#|//).*|\s(#\s|//).*")


@dataclass(frozen=True)
class BvhJoint:
    """One joint or end site. channels: lower-case names such as "xposition", empty for an end site."""

    name: str
    parent: int
    offset: tuple[float, float, float]
    channels: tuple[str, ...] = ()

    @property
    def is_end(self) -> bool:
        return not self.channels and self.name.rstrip("0123456789").endswith(END)

    @property
    def rotation_order(self) -> str:
        """Axes of the rotation channels in file order, for example "ZXY" (upper case: intrinsic)."""
        return "".join(c[0] for c in self.channels if c.endswith("rotation")).upper()


@dataclass(frozen=True)
class _Word:
    text: str
    line: int
    starts_line: bool

    @property
    def keyword(self) -> str:
        """The brace or keyword this word is, else "". In the middle of a line only capitals are keywords."""
        upper = self.text.upper()
        if self.text in "{}" or (upper in KEYWORDS and (self.starts_line or self.text == upper)):
            return upper
        return ""


def parse_hierarchy(path: Path, text: str, first_line: int = 1) -> tuple[BvhJoint, ...]:
    """Joints in file order; BadMotion names the line where the text is no hierarchy.

    What follows on a line behind all that its keyword needs is a remark of the program that wrote it.
    """
    words = _words(text, first_line)
    joints: list[BvhJoint] = []
    open_joints: list[int] = []
    named = False  # whether a joint's name was read and its brace was not
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        keyword = word.keyword
        try:
            if named != (keyword == "{"):
                raise ValueError("no { after a joint's name" if named else "{ without a joint's name")
            if keyword == "{":
                open_joints.append(len(joints) - 1)
                named = False
            elif keyword == "}":
                open_joints.pop()
            elif keyword in ("OFFSET", "CHANNELS"):
                stop = next((i for i in range(at, len(words)) if words[i].keyword), len(words))
                arguments = [follower.text for follower in words[at:stop]]
                i, at = open_joints[-1], stop
                if keyword == "OFFSET":
                    joints[i] = replace(joints[i], offset=_offset(arguments))
                else:
                    joints[i] = replace(joints[i], channels=_channels(path, word.line, arguments))
            elif keyword:
                parent = open_joints[-1] if open_joints else -1
                name, at = _name(words, at, word.line)
                if keyword not in ("ROOT", "JOINT"):
                    name = _end_name(joints, parent)
                joints.append(BvhJoint(name, parent, (0.0, 0.0, 0.0)))
                named = True
            elif word.starts_line:
                raise ValueError(f"unknown word {word.text!r}")
        except (ValueError, IndexError) as error:
            raise BadMotion("unreadable", f"{path}, line {word.line}: not BVH ({error})") from error
    if open_joints or named or not joints:
        raise BadMotion("truncated", f"{path}: its hierarchy is not complete; get the file again")
    if not any(joint.channels for joint in joints):
        raise BadMotion("wrong channels", f"{path}: none of its joints has CHANNELS, so it holds no motion")
    return tuple(joints)


def _words(text: str, first_line: int) -> list[_Word]:
    words = []
    for number, line in enumerate(text.split("\n"), first_line):
        fields = COMMENT.sub("", line).replace("{", " { ").replace("}", " } ").split()
        words += [_Word(field, number, i == 0) for i, field in enumerate(fields)]
    for i, (word, following) in enumerate(zip(words, words[1:], strict=False)):
        if word.text.upper() == "END" and following.text.upper() == "SITE":
            words[i] = replace(word, starts_line=True)  # "{ End Site {" on one line
    return words


def _name(words: list[_Word], at: int, line: int) -> tuple[str, int]:
    """A joint's name, which may hold spaces, up to its brace or the line's end; and the index behind it."""
    stop = at
    while stop < len(words) and words[stop].text != "{" and words[stop].line == line:
        stop += 1
    return " ".join(word.text for word in words[at:stop]), stop


def _offset(arguments: list[str]) -> tuple[float, float, float]:
    numbers, _ = leading_numbers(" ".join(arguments), 3)
    if len(numbers) != 3:
        raise ValueError(f"OFFSET {' '.join(arguments)}: three numbers expected")
    return numbers[0], numbers[1], numbers[2]


def _channels(path: Path, line: int, arguments: list[str]) -> tuple[str, ...]:
    channels: list[str] = []
    for word in arguments[1:]:
        name = word.strip(",;").lower()
        if name not in CHANNELS:
            break
        channels.append(name)
    if not arguments or not arguments[0].isdigit() or len(channels) != int(arguments[0]):
        raise BadMotion(
            "wrong channels",
            f"{path}, line {line}: CHANNELS {' '.join(arguments)}: the count does not fit, or a channel is none "
            "of X/Y/Zposition and X/Y/Zrotation",
        )
    if len(set(channels)) != len(channels):
        raise BadMotion("wrong channels", f"{path}, line {line}: a channel is named twice")
    return tuple(channels)


def _end_name(joints: list[BvhJoint], parent: int) -> str:
    name = joints[parent].name + END
    taken = {joint.name for joint in joints}
    return (
        name if name not in taken else next(f"{name}{k}" for k in range(2, 99) if f"{name}{k}" not in taken)
    )
