"""What a language model is told: the vocabulary in right words, the clip in short, and the question.

`structured_prompt` asks everything at once. `PUBLISHED_QUESTIONS` asks in the published order, one question a
turn: which groups, which frames, how they change, and the new codes.
"""

from __future__ import annotations

import numpy as np

from dataset.pose_codes import GROUPS, names
from editing.language.llm_operations import described
from editing.spans import EVENTS, WHEN

Message = dict[str, str]
SYSTEM = (
    "You edit human motion. A motion is described by pose codes: in every frame each of 70 groups has one code, "
    "an integer. You translate an instruction into edits: changes of codes, or other operations on the motion (its "
    "time, its path, whole limbs, the head, an action from text). Change what the instruction asks for and nothing "
    "else: contradicting groups are adapted afterwards by a pose fit. Left and right are the person's own."
)
OPERATIONS_INTRO = (
    'Besides changes of codes these operations can be used, each as an entry of "edits" in the order in which they '
    'are carried out, such as {"operation": "Turn", "start_frame": 0, "end_frame": 60, "degrees": 90}. Fields with a '
    "question mark may be null; groups are a list of names of groups or body parts. start_frame 0 and end_frame at "
    "the clip's length stand for the whole clip; after an operation that changes the length, frames count anew. "
    'Instead of frames, "event" and "when" may give the time: {"operation": "Head", "event": "jump", "when": "after", '
    f'"nod": 1}}; event is one of {", ".join(EVENTS)} or null, when is one of {", ".join(WHEN)} or null.\n'
)


def vocabulary() -> str:
    """All groups with their codes, in right words (the published ones of relX and relZ are reversed)."""
    lines = []
    for group in GROUPS:
        if group.kind == "angle":
            codes = "0..17, code k is 10k to 10k+10 degrees (180 is straight)"
        elif group.kind == "distance":
            codes = "0..9, code k is k/10 to (k+1)/10 metres (9: more than 0.9)"
        else:
            codes = ", ".join(f"{code} {names.meaning(group, code)}" for code in range(group.size))
        lines.append(f"- {group.label}: {group.description}; {codes}")
    return "\n".join(lines)


def clip_summary(codes: np.ndarray, fps: float, every: int = 10) -> str:
    """The codes of a clip (T, 70) in short: for each group its code every `every` frames, runs joined."""
    frames = np.arange(0, len(codes), every)
    lines = [
        f"{len(codes)} frames (0 to {len(codes)}), {fps:g} per second; code@first frame where it changes:"
    ]
    for group in GROUPS:
        column = codes[frames, group.index]
        starts = [0, *(np.flatnonzero(np.diff(column)) + 1).tolist()]
        lines.append(f"{group.label}: " + " ".join(f"{column[i]}@{frames[i]}" for i in starts))
    return "\n".join(lines)


def structured_prompt(instruction: str, codes: np.ndarray, fps: float, caption: str = "") -> list[Message]:
    """Messages that ask for all edits in one JSON object."""
    user = (
        f"Groups and their codes:\n{vocabulary()}\n\n{OPERATIONS_INTRO}{described()}\n\nThe clip"
        + (f' ("{caption}")' if caption else "")
        + f":\n{clip_summary(codes, fps)}\n\n"
        'Answer with one JSON object: {"possible": true or false, "reason": "one sentence", "edits": [{"group": '
        '"a name from the list", "start_frame": 0, "end_frame": 20, "action": "set" or "shift", "code": 0}]}. '
        'end_frame is not included. "set" gives the group this code; "shift" adds to its code (a bend of an elbow '
        "by 30 degrees is a shift by -3). An entry may also be one of the operations. If neither can do what is "
        f'asked for, answer with "possible": false.\n\nInstruction: {instruction}'
    )
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": user}]


PUBLISHED_QUESTIONS = (
    "Question 1 of 4. Which groups does the instruction change? Answer with a JSON object "
    '{{"groups": ["names from the list"]}}.\n\nGroups and their codes:\n{vocabulary}\n\n'
    "The clip{caption}.\nInstruction: {instruction}",
    "Question 2 of 4. In which frames do these groups change? The clip has frames 0 to {frames}, {fps:g} a second. "
    'Answer with a JSON object {{"start_frame": a, "end_frame": b}}, b not included; the whole clip if the '
    "instruction says nothing of time.",
    "Question 3 of 4. These are the codes of the clip:\n{summary}\n\nFor each of the groups, should its code become "
    'larger or smaller, and why? Answer with a JSON object {{"changes": [{{"group": "name", "direction": "larger" '
    'or "smaller", "why": "..."}}]}}.',
    "Question 4 of 4. Give the new codes, as a JSON object of this form: "
    '{{"possible": true, "reason": "one sentence", "edits": [{{"group": "name", "start_frame": a, "end_frame": b, '
    '"action": "set" or "shift", "code": 0}}]}}. An entry may also be one of these operations.\n\n{operations}',
)


def published_questions(instruction: str, codes: np.ndarray, fps: float, caption: str = "") -> list[str]:
    """The four questions, filled in."""
    facts = {
        "vocabulary": vocabulary(),
        "caption": f' is described as "{caption}"' if caption else " has no caption",
        "instruction": instruction,
        "frames": len(codes),
        "fps": fps,
        "summary": clip_summary(codes, fps),
        "operations": OPERATIONS_INTRO + described(),
    }
    return [question.format(**facts) for question in PUBLISHED_QUESTIONS]
