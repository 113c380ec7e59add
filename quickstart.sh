#!/usr/bin/env bash
# From a fresh clone to moving people:
#   bash quickstart.sh           text to motion with the small models in pretrained/small (about a minute,
#                                after the environment is made)
#   bash quickstart.sh --train   make toy data, train all models on it, measure them, generate (about 10
#                                minutes on two cores)
# What is already there is left alone, and a training that was stopped goes on: run it again at any time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

caption="a person walks forward and waves with the right hand"
mode=generate
case ${1:-} in
"") ;;
--train) mode=train ;;
-h | --help)
  sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
  exit 0
  ;;
*)
  echo "error: $1: unknown argument; use no argument, --train or --help" >&2
  exit 2
  ;;
esac

bash setup_env.sh
python=.venv/bin/python
say() { printf '\n== %s\n' "$*"; }

if [ $mode = generate ]; then
  say "text to motion: \"$caption\""
  $python generate.py "$caption" --checkpoint-folder pretrained/small --out output/quickstart
  say "done; these files are new:"
  ls -1 output/quickstart/*
  cat <<'END'
Try next (after: source .venv/bin/activate):
  python studio.py                             see, edit and generate motion in the browser
  python generate.py "a person jumps" "someone sits down" --out output/mine
  python generate.py --help          lengths, formats (html, bvh, ...), several samples
  bash quickstart.sh --train                   train everything yourself, on toy data
END
  exit 0
fi

runs=output/toy

# Newest dated folder of a run, or nothing.
newest() {
  [ ! -d "$runs/$1" ] || find "$runs/$1" -mindepth 1 -maxdepth 1 -type d -name '20*' | sort | tail -n 1
}

# train NAME SCRIPT [flags]: skipped when NAME.done exists; resumed when it was stopped half-way.
train() {
  local name=$1 script=$2 folder resume=()
  shift 2
  if [ -e "$runs/$name.done" ]; then
    say "$name: trained already ($(newest "$name"))"
    return
  fi
  folder=$(newest "$name")
  if [ -n "$folder" ] && [ -e "$folder/net_last.pth" ]; then resume=(--resume "$folder"); fi
  say "training: $name"
  $python "$script" --preset "configs/toy/$name.yaml" "$@" ${resume[@]+"${resume[@]}"}
  touch "$runs/$name.done"
}

# measure NAME SCRIPT [flags]: skipped when NAME.done exists.
measure() {
  local name=$1 script=$2
  shift 2
  if [ -e "$runs/$name.done" ]; then
    say "$name: measured already ($(newest "$name"))"
    return
  fi
  say "measuring: $name"
  $python "$script" --out-dir "$runs" --exp-name "$name" --checkpoints-dir "$runs/checkpoints" --repeats 2 "$@"
  touch "$runs/$name.done"
}

mkdir -p "$runs"
if [ -e dataset/Toy/train.txt ]; then
  say "toy data: there already (dataset/Toy)"
else
  say "making toy data in dataset/Toy"
  $python dataset/prepare/make_toy.py
fi
train evaluator train_evaluator.py
train tokenizer train_pg_tokenizer.py
tokenizer=$(newest tokenizer)
train base train_base_trans.py --dec-checkpoint-folder "$tokenizer"
base=$(newest base)
train refine train_refine_trans.py --dec-checkpoint-folder "$tokenizer" --t2m-checkpoint-folder "$base"
refine=$(newest refine)

measure eval_tokenizer eval_pg_tokenizer.py --dec-checkpoint-folder "$tokenizer"
measure eval_base eval_base_trans.py --dec-checkpoint-folder "$tokenizer" --t2m-checkpoint-folder "$base"
measure eval_refine eval_refine_trans.py --dec-checkpoint-folder "$tokenizer" \
  --t2m-checkpoint-folder "$base" --residual-t2m-checkpoint-folder "$refine"

say "text to motion with the models just trained"
$python generate.py "$caption" --dec-checkpoint-folder "$tokenizer" --t2m-checkpoint-folder "$base" \
  --residual-t2m-checkpoint-folder "$refine" --out "$runs/generated"
say "done; motions: $runs/generated, models: $runs/{tokenizer,base,refine}, metrics: $runs/eval_*"
ls -1 "$runs"/generated/*
cat <<END
Try next:
  tensorboard --logdir $runs         the training curves
  edit configs/toy/base.yaml, remove $runs/base.done and $runs/base, run this again
  README.md                                    real data: HumanML3D, KIT-ML, motion capture
END
