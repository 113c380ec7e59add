"""Edit a motion: by an instruction (rules, or a language model with --llm), or by operations.

    python edit_motion.py --motion output/generated/000_a_person_walks.npz --instruction "raise the left hand at the end"
    python edit_motion.py --motion 000006 --data-root dataset/Mocap --set "L-elbow angle=90deg@0.8-2.0"
    python edit_motion.py --motion walk.bvh --operations turns.yaml     # "- Turn: {degrees: 90}", one a line
    python edit_motion.py --motion clip.npz --instruction "wave" --llm --api-base http://localhost:8000/v1 --model NAME

Writes OUT/<motion>_edited.npz (the edited clip), .mp4 (before and after, edited limbs coloured) and .txt (what changed).
"""

from editing.acting import Generator
from editing.decode import Codec
from editing.edit import edit_motion
from editing.loading import load_bank, load_codec
from editing.outputs import (
    clip_to_edit,
    operations_from,
    warn_of_reconstruction,
    write_edit,
)
from editing.settings import EditSettings
from options import edit_parser, parse
from utils.runtime import pick_device, run_script
from visualization.edit_video import render_edit


def main() -> None:
    """Parse options, load the clip, understand the edit, decode it, write its files."""
    args = parse(edit_parser())
    settings = EditSettings.from_args(args)
    codec: Codec = load_codec(args.checkpoint_folder, pick_device(args.device), args.data_root)
    clip = clip_to_edit(settings, codec)
    operations = operations_from(settings, clip, codec)
    if operations is None:
        return
    result = edit_motion(
        clip,
        operations,
        codec,
        decoding=args.decoding,
        consistency=args.consistency,
        bank=load_bank(args.data_root, codec) if args.consistency == "data" else None,
        residuals=args.residuals,
        touch_up=args.touch_up,
        source=args.source,
        actor=Generator(args.generator or args.checkpoint_folder, pick_device(args.device), args.data_root),
    )
    warn_of_reconstruction(result)
    print(result.difference, end="")
    if result.plan.held.any():
        print(
            f"{100 * result.success:.0f} % of the edited codes are within one category of what was asked for"
        )
    for path in write_edit(result, settings, render_edit):
        print(path)


if __name__ == "__main__":
    run_script(main)
