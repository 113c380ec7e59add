"""Measure whether generated motion does what its sentence says, by geometric checks on its joints.

    python eval_instructions.py --checkpoint-folder pretrained/small --num-samples 8
    python eval_instructions.py --families "two at once" "two in sequence"
    python eval_instructions.py --check-table ../shared/data/mocap ../shared/data/mocap_more

Prints a table by family with 95 % intervals, side consistency and the share of clips at the length limit, and writes
table.md, instructions.json and failures.png (strips of motions that failed) into OUT.
"""

from evaluation.report import print_check_table, write_outcomes
from evaluation.run import InstructionSettings, measure_instructions
from options import eval_instructions_parser, parse
from utils.runtime import run_script


def main() -> None:
    """Parse options, generate and check, write the report."""
    args = parse(eval_instructions_parser())
    if args.check_table:
        print_check_table(args.check_table)
        return
    outcomes = measure_instructions(InstructionSettings.from_args(args))
    settings = {key: value for key, value in vars(args).items() if key != "explicit"}
    for path in write_outcomes(outcomes, args.out, settings, args.sheet_rows):
        print(path)


if __name__ == "__main__":
    run_script(main)
