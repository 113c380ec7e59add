"""The studio: generate, see and edit motion by its pose codes, in the browser.

    python studio.py                     opens http://127.0.0.1:8014/ ; Ctrl-C ends it, all work is kept
    python studio.py --host 0.0.0.0      for other machines too: prints an address with a token
    python studio.py --llm --api-base http://localhost:8000/v1 --model NAME      a language model reads instructions too

Sentences, clips to load and all edits are entered in the page; see docs/studio.md.
"""

from editing.decode import Codec
from editing.language.language_model import Cached, ChatModel, with_retries
from models.pipeline import TextToMotion
from options import parse, studio_parser
from studio.app import Setting, make_app
from studio.bench import Bench
from studio.jobs import Worker
from studio.serve import address_of, listening_socket, names_of, serve, token_for
from studio.store import Store
from utils.runtime import pick_device, run_script


def main() -> None:
    """Parse options, load the models, answer the page."""
    args = parse(studio_parser())
    listening = listening_socket(
        args.host, args.port
    )  # before the models are loaded: a taken port is said at once
    model = TextToMotion.from_pretrained(
        args.checkpoint_folder, pick_device(args.device), data_root=args.data_root
    )
    language = None
    if args.llm:
        server = ChatModel(args.api_base, args.model, args.key_variable, title="motion_edit")
        language = with_retries(server)
        if args.cache:
            language = Cached(language, f"{server.where} {args.model}")
    codec = Codec(model.tokenizer, args.data_root)
    token = token_for(args.host)
    app = make_app(
        Bench(model, codec, args.data_root, language),
        Store(args.sessions, codec.shape),
        Worker(),
        Setting(names_of(args.host, args.allow_host), token, args.checkpoint_folder),
    )
    serve(app, listening, address_of(listening, token), args.open)


if __name__ == "__main__":
    run_script(main)
