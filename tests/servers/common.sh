# What the scripts that install, start and stop the servers have in common. Sourced, not run.

# Says why the run cannot go on, and ends it.
die() {
  printf '\n%s\n' "$*" >&2
  exit 1
}

# Runs a command as root: directly, or by sudo.
as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

may_become_root() {
  ((EUID == 0)) || command -v sudo >/dev/null
}

# A secret of 32 hexadecimal digits. The servers listen on loopback only, but other people may have
# accounts on the same machine.
random_secret() {
  od -An -tx1 -N16 /dev/urandom | tr -d ' \n'
}

ports_taken=()

# Sets `port` to a loopback port on which nothing listens and which this run has not used. The range
# lies below the one from which the system serves outgoing connections.
find_free_port() {
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    port=$((20000 + RANDOM % 12000))
    [[ " ${ports_taken[*]-} " == *" $port "* ]] && continue
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
    ports_taken+=("$port")
    return
  done
  die "No free port found on 127.0.0.1 between 20000 and 32000."
}

# Starts a command in the background, in a process group of its own, and sets `launched` to its pid.
# Ctrl-C then reaches this script alone, which stops the rest in good order.
launch() {
  set -m
  "$@" </dev/null &
  launched=$!
  set +m
}

is_alive() {
  kill -0 "$1" 2>/dev/null
}

# await SECONDS COMMAND...: runs the command until it succeeds; fails when the time is over.
await() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

is_gone() {
  ! is_alive "$1"
}

# stop_process SIGNAL PID: asks a process that `launch` started to end, and after ten seconds makes
# its whole group end.
stop_process() {
  local signal=$1 pid=$2
  kill -s "$signal" -- "$pid" 2>/dev/null || return 0
  await 10 is_gone "$pid" || kill -s KILL -- "-$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
}

# await_server NAME PID SECONDS LOG COMMAND...: waits until the command says that the server answers;
# a server that does not come up ends the run with the end of its log.
await_server() {
  local name=$1 pid=$2 seconds=$3 log=$4
  shift 4
  ended_or_answers() { is_gone "$pid" || "$@" >/dev/null 2>&1; }
  if await "$seconds" ended_or_answers "$@" && is_alive "$pid"; then return; fi
  printf '\nThe end of the log:\n' >&2
  tail -n 40 "$log" | sed 's/^/  | /' >&2
  die "$name did not start within $seconds seconds, or ended at once."
}
