"""Turn sentences into motion: arrays, a video and the pose codes in words.

    python generate.py "a person walks forward and waves"
    python generate.py "a person bows" "someone jumps" --seconds 4 --num-samples 3 --seed 7 --out output/try
    python generate.py --sequence "a person walks forward:6" "a person turns left:3" "a person waves:4.5"

Writes for each motion OUT/<number>_<words>.npz (joints, features, pose codes, residual codes), .mp4 and .txt. With another
--seed than the default the names end in _seed<seed>, so that it does not replace the files of the first.
"""

from functools import cache

from dataset.keyword_endpoint import EndpointKeywords
from models.follow import stage_folders
from models.pipeline import TextToMotion, story_text
from models.sampling import Sampling
from options import generate_parser, parse
from options.training import DEFAULT_SEED
from utils.runtime import pick_device, run_script
from visualization.outputs import choose_figure, file_stem, warn_of_replaced, write_clip, write_grid


def main() -> None:
    """Parse options, generate in batches, write each motion's files."""
    args = parse(generate_parser())
    figure = choose_figure(args.body, args.smpl_dir)
    model = TextToMotion.from_pretrained(
        args.checkpoint_folder,
        pick_device(args.device),
        text_encoder=args.text_encoder,
        text_encoder_path=args.text_encoder_path,
        data_root=args.data_root,
        folders=stage_folders(args),
        precision=args.precision,
    )
    keywords = args.keywords
    if keywords == "model":
        keywords = cache(EndpointKeywords(args.keyword_model, args.api_base))  # asked once for each sentence
    stories = [[(prompt.text, prompt.length(model.fps, args.seconds))] for prompt in args.prompts]
    stories += [args.sequence] if args.sequence else []
    stories = [story for story in stories for _ in range(args.num_samples)]
    model.check_stories(stories)
    named = None if args.seed == DEFAULT_SEED else args.seed
    stems = [file_stem(story_text(story), number, named) for number, story in enumerate(stories)]
    warn_of_replaced(args.out, stems)
    samples = []  # of the current sentence: (clip, the same by its pose codes alone or None)
    for start in range(0, len(stories), args.batch_size):
        clips = model.generate_sequence(
            stories[start : start + args.batch_size],
            seed=args.seed + start,
            keywords=keywords,
            sampling=Sampling.from_args(args),
        )
        alone = [None] * len(clips)
        if "html" in args.formats and clips[0].residual_codes is not None:
            alone = model.without_residuals(clips)
        if args.bones == "constant":
            clips, alone = ([clip and clip.with_constant_bones() for clip in row] for row in (clips, alone))
        for number, (clip, codes_alone) in enumerate(zip(clips, alone, strict=True), start):
            for path in write_clip(clip, args.out, stems[number], args.formats, codes_alone, figure):
                print(path)
            samples.append((clip, codes_alone))
            if (number + 1) % args.num_samples == 0:
                first = stems[number + 1 - args.num_samples]
                for path in write_grid(samples, args.out, first, args.formats, figure) if args.grid else ():
                    print(path)
                samples.clear()  # hundreds of clips need not stay in memory


if __name__ == "__main__":
    run_script(main)
