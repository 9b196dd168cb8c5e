#!/usr/bin/env bash
# Calls over HTTP beside a bare axum handler, by `wrk` (apt-get install wrk), in turn. Seconds for each run: 5, or the first argument.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-5}
command -v wrk >/dev/null || { echo "this needs wrk: apt-get install wrk" >&2; exit 1; }
cargo build -q --release -p do-bench --bin http
out=$(mktemp); script=$(mktemp)
echo 'wrk.method = "POST"' >"$script"
target/release/http >"$out" &
server=$!
trap 'kill "$server"; rm -f "$out" "$script"' EXIT
until [ -s "$out" ]; do kill -0 "$server"; done
read -r bare noop add <"$out"
rate() { wrk -t1 -c"$2" -d"${seconds}s" -s "$script" "$1" | awk '/Requests\/sec/ { print $2 } /Non-2xx/ { exit 1 }'; }
for connections in 1 64; do
  for round in 1 2 3; do
    b=$(rate "$bare" "$connections") n=$(rate "$noop" "$connections") a=$(rate "$add" "$connections")
    awk -v c="$connections" -v b="$b" -v n="$n" -v a="$a" 'BEGIN { printf "%2d connections: bare %d/s, no-op call %d/s (%.0f %%), durable write %d/s (%.0f %%)\n", c, b, n, 100 * n / b, a, 100 * a / b }'
  done
done
