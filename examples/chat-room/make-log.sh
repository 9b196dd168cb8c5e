#!/bin/sh
# Writes a chat log to standard output: JSON lines of id, room, author, body and time.
#   make-log.sh [MESSAGES] [ROOMS]        100000 messages in 500 rooms, if not said otherwise
# The same arguments give the same log.
set -eu
exec awk -v messages="${1:-100000}" -v rooms="${2:-500}" '
# A generator of our own: rand() differs between the awks.
function below(n) { state = (state * 16807) % 2147483647; return int(state / 2147483647 * n) }
BEGIN {
  state = 42
  words = split("so the thing is that nobody reads logs until it breaks and then everybody does at once", word, " ")
  names = split("ann ben cleo dan eve finn gwen hugo iris jon", name, " ")
  time = 1767225600000
  for (id = 1; id <= messages; id++) {
    body = ""
    for (n = 3 + below(12); n > 0; n--) body = body (body == "" ? "" : " ") word[1 + below(words)]
    time += below(500)
    # The first messages visit every room once, so that each has one; then some rooms are busier than others.
    room = id <= rooms ? id : 1 + below(1 + below(rooms))
    printf "{\"id\":%d,\"room\":\"room-%03d\",\"author\":\"%s\",\"body\":\"%s\",\"time\":%.0f}\n", id, room, name[1 + below(names)], body, time
  }
}'
