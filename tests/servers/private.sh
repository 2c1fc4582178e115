#!/usr/bin/env bash
# A RabbitMQ, a PostgreSQL or a Redis for one test alone, which kills it.
#
# Usage: private.sh rabbitmq|postgres|redis
#
# Prints how to reach it, each variable on a line, and `done`. Then it takes orders from standard input, a
# line each, and says `done` to each: `kill` ends the server as a power cut does, `start` starts it again
# with the files it had. Where standard input ends, the server is stopped and its files are removed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

for script in common packages postgres rabbitmq redis; do
  source "tests/servers/$script.sh"
done

main() {
  server=$1
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/vestnik-private.XXXXXX")
  chmod 711 "$scratch" # The database runs as another user where this runs as root.
  logs=$scratch/logs
  mkdir "$logs"
  trap clear_away EXIT
  "start_$server"
  tell_variables
  echo done
  while read -r order; do
    case $order in
      kill) "kill_$server" ;;
      start) "launch_$server" ;;
      *) die "Unknown order: $order" ;;
    esac
    echo done
  done
}

tell_variables() {
  local name
  for name in VESTNIK_TEST_{AMQP_URL,RABBITMQCTL,POSTGRES_URL,REDIS_URL}; do
    if [[ ${!name-} ]]; then printf '%s=%s\n' "$name" "${!name}"; fi
  done
}

clear_away() {
  stop_rabbitmq
  stop_postgres
  stop_redis
  rm -rf "$scratch"
}

main "$@"
