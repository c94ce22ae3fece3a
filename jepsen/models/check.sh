#!/usr/bin/env bash
# Runs the models of this folder through Spin: the protocols must pass, and each broken variant must fail. Prints a table; 0 if all is as it must be.
# usage: jepsen/models/check.sh [all|smoke|list|LINE ...]   (LINE as in the table's first column, e.g. rollout-crash or SAFETY14_TIMEOUT_UNFREEZES)
# Needs spin and gcc (Debian: apt-get install spin gcc); without them it says so and ends with 77.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")"
models=$PWD work=${MODELS_DIR:-$PWD/../target/models}
limit_seconds=${MODELS_SECONDS:-600} limit_mb=2000

# What is to pass: name, model, how states are kept, bounds. "exact" keeps each state, compressed; "hash" 64 bits of it (-DHC4): two that share them are taken for one.
passes="
meet                   meet      exact -DCRASHES=1
moves                  moves     exact -DOPERATIONS=2
migration              migration exact -DMIGRATIONS=1 -DATTEMPTS=2 -DWRITES=1 -DCHANGES=1 -DSTRAYS=1
migration-and-back     migration hash  -DMIGRATIONS=2 -DATTEMPTS=1 -DWRITES=1 -DCHANGES=1 -DSTRAYS=0
rollout                rollout   exact -DATTEMPTS=1 -DWRITES=1 -DCRASHES=0
rollout-crash          rollout   hash  -DATTEMPTS=1 -DWRITES=1 -DCRASHES=1
"
# The bounds in which a model's broken variants are looked for.
declare -A small=(
  [meet]="" [moves]=" -DOPERATIONS=2"
  [migration]=" -DMIGRATIONS=1 -DATTEMPTS=2 -DWRITES=1 -DCHANGES=1 -DSTRAYS=1"
  [rollout]=" -DATTEMPTS=1 -DWRITES=1"
)
crashes() { # a crash makes the search longer, and is for those that need one
  case $1 in
    SAFETY18_SEAL_NOT_ON_DISK | SAFETY19_*_NOT_ON_DISK | SAFETY19_NO_FSYNC) echo " -DCRASHES=1" ;;
    SAFETY18_* | SAFETY19_*) echo " -DCRASHES=0" ;;
  esac
}
# KNOWN_ is a limit that the documents name: it must be seen, too.
macros() { grep -oE '(SAFETY[0-9]+|KNOWN)_[A-Z0-9_]+' "$models/$1.pml" | sort -u; }

lines() { # name, model, mode, flags
  echo "$passes" | sed '/^$/d'
  local model macro
  for model in meet moves migration rollout; do
    for macro in $(macros "$model"); do
      echo "$macro $model fails${small[$model]}$(crashes "$macro") -D$macro"
    done
  done
}

missing=()
for tool in spin gcc; do command -v "$tool" >/dev/null || missing+=("$tool"); done
if [ ${#missing[@]} -gt 0 ]; then
  echo "skipped: ${missing[*]} not found (Debian: apt-get install ${missing[*]})"
  exit 77
fi

status=0
row() { printf '%-36s %-10s %-9s %-34s %12s %7s %6s\n' "$@"; }

check() { # name model mode flags...
  local name=$1 model=$2 mode=$3 dir=$work/$1 wanted=passes keep="-DCOLLAPSE" seen verdict began ended
  shift 3
  [ "$mode" = hash ] && keep="-DHC4"
  # A counterexample is real however states are kept.
  [ "$mode" = fails ] && wanted=fails keep="-DHC4"
  mkdir -p "$dir" && rm -f "$dir"/* && cp "$models/$model.pml" "$dir/" || exit 2
  if ! (cd "$dir" && spin "$@" -a "$model.pml" >spin.txt 2>&1 &&
        gcc -w -O2 -DSAFETY $keep -DVECTORSZ=2048 -DMEMLIM=$limit_mb -o pan pan.c >gcc.txt 2>&1); then
    row "$name" "$model" "" "does not build: see $dir" "" "" WRONG
    status=1
    return
  fi
  began=$(date +%s)
  (cd "$dir" && timeout "$limit_seconds" ./pan -m200000 >pan.txt 2>&1)
  ended=$(date +%s)
  seen="not finished"
  if grep -q 'errors: 0$' "$dir/pan.txt" && ! grep -qE 'not completed|max search depth too small|out of memory' "$dir/pan.txt"; then
    seen=passes
  elif grep -q 'assertion violated\|invalid end state' "$dir/pan.txt"; then
    seen=fails
    (cd "$dir" && ./pan -r >trace.txt 2>&1) # The schedule, step by step.
  fi
  verdict=ok
  if [ "$seen" != "$wanted" ]; then
    verdict=WRONG
    status=1
  fi
  row "$name" "$model" "$mode" "$seen$([ "$seen" = fails ] && sed -nE 's/.*\(at depth ([0-9]+)\).*/ after \1 steps/p' "$dir/pan.txt" | head -1)" \
    "$(sed -nE 's/^ *([0-9.e+]+) states, stored.*/\1/p' "$dir/pan.txt" | head -1)" "$((ended - began)) s" "$verdict"
}

case ${1:-all} in
  list) lines; exit 0 ;;
  all) wanted=$(lines) ;;
  smoke) wanted=$(lines | grep -E '^(meet|SAFETY18_SEALED_ADMITS) ') ;;
  *) wanted=$(for name in "$@"; do lines | grep -E "^$name " || echo "no line '$name': see $0 list" >&2; done)
     [ -n "$wanted" ] || exit 2 ;;
esac
row what model states saw states time ""
while read -r name model mode flags; do
  # shellcheck disable=SC2086
  check "$name" "$model" "$mode" $flags
done <<<"$wanted"
[ $status -eq 0 ] || echo "not as it must be; what each run wrote, and the schedule of what failed (trace.txt), is in $work"
exit $status
