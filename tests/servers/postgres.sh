# A private PostgreSQL on a free loopback port, with its files in a temporary folder. Sourced, not run.

# Sets VESTNIK_TEST_POSTGRES_URL. The role in it may create databases; each test makes its own.
start_postgres() {
  local programs data=$scratch/postgres log=$logs/postgres.log password port
  programs=$(postgres_programs)
  password=$(random_secret)
  find_free_port

  mkdir -p "$data"
  printf '%s\n' "$password" >"$data.password"
  if ((EUID == 0)); then chown -R postgres "$data" "$data.password"; fi
  as_postgres "$programs/initdb" --pgdata="$data" --no-sync --auth=scram-sha-256 --username=postgres \
    --pwfile="$data.password" --encoding=UTF8 --locale=C >"$log" 2>&1 ||
    { tail -n 20 "$log" >&2; die "PostgreSQL's initdb failed. See above."; }

  postgres_place=("$programs" "$data" "$port")
  launch_postgres
  export VESTNIK_TEST_POSTGRES_URL="postgres://postgres:$password@127.0.0.1:$port/postgres"
}

# Starts the server where its files are, also again after it was killed.
launch_postgres() {
  local log=$logs/postgres.log
  launch run_postgres "${postgres_place[@]}" >>"$log" 2>&1
  postgres_pid=$launched
  await_server PostgreSQL "$postgres_pid" 30 "$log" \
    "${postgres_place[0]}/pg_isready" --host=127.0.0.1 --port="${postgres_place[2]}"
}

# SIGQUIT is PostgreSQL's immediate shutdown: every process of it ends where it stands.
kill_postgres() {
  stop_process QUIT "$postgres_pid"
}

# Without fsync a power cut would lose data, a killed process does not: enough for a test.
run_postgres() {
  local programs=$1 data=$2 port=$3
  local command=(
    "$programs/postgres" -D "$data" -p "$port"
    -c listen_addresses=127.0.0.1 -c unix_socket_directories=
    -c max_connections=200 -c fsync=off -c timezone=UTC
  )
  if ((EUID == 0)); then
    exec setpriv --reuid=postgres --regid=postgres --init-groups --pdeathsig INT "${command[@]}"
  fi
  exec setpriv --pdeathsig INT "${command[@]}"
}

# PostgreSQL refuses to run as root.
as_postgres() {
  if ((EUID == 0)); then
    setpriv --reuid=postgres --regid=postgres --init-groups "$@"
  else
    "$@"
  fi
}

# SIGINT is PostgreSQL's fast shutdown: it ends the sessions that tests left open.
stop_postgres() {
  [[ ${postgres_pid-} ]] || return 0
  stop_process INT "$postgres_pid"
  postgres_pid=
}
