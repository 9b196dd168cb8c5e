#!/usr/bin/env bash
# What metrics cost a call that runs in place: without the feature, with it and no recorder, and with a recorder, in turn. Rounds: 10, or the
# first argument.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-10}
bins=$(mktemp -d)
trap 'rm -rf "$bins"' EXIT
build() { cargo build -q --release -p do-bench --bin calls "${@:2}" && cp target/release/calls "$bins/$1"; }
build without
build with --features metrics
for round in $(seq "$rounds"); do
  for mode in without with recorded; do
    case $mode in
      without) "$bins/without" 1000000 ;;
      with) "$bins/with" 1000000 ;;
      recorded) "$bins/with" 1000000 recorded ;;
    esac | sed "s/^/$mode /"
  done
done | awk '
  { ns = $(NF - 1); name = $2 " " $3; if (NF == 4) name = $2; i = ++n[$1, name]; took[$1, name, i] = ns; names[name] }
  function median(list, count,   i, j, t) {
    for (i = 1; i <= count; i++) for (j = i + 1; j <= count; j++) if (list[j] < list[i]) { t = list[i]; list[i] = list[j]; list[j] = t }
    return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
  }
  END {
    for (name in names) {
      count = n["without", name]
      for (i = 1; i <= count; i++) {
        base[i] = took["without", name, i]
        idle[i] = took["with", name, i] / base[i]
        recorded[i] = took["recorded", name, i] / base[i]
      }
      printf "%-14s %6.1f ns without; with the feature x %.2f, with a recorder x %.2f (medians of %d)\n", name, median(base, count), median(idle, count), median(recorded, count), count
    }
  }'
