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
from models.pipeline import TextToMotion
from models.sampling import Sampling
from options import generate_parser, parse
from options.training import DEFAULT_SEED
from utils.runtime import pick_device, run_script
from visualization.generation import FileSettings, GenerationSettings, generate_files
from visualization.outputs import choose_figure


def main() -> None:
    """Parse options, load the models, generate and write each motion's files."""
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
    settings = GenerationSettings(
        args.num_samples, args.seed, args.batch_size, keywords, Sampling.from_args(args)
    )
    named = None if args.seed == DEFAULT_SEED else args.seed
    formats = tuple(args.formats)
    files = FileSettings(args.out, formats, named, args.bones == "constant", args.grid, figure)
    for path in generate_files(model, stories, settings, files):
        print(path)


if __name__ == "__main__":
    run_script(main)
