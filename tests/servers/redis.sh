# A private Redis on a free loopback port, with nothing on disk. Sourced, not run.

# Sets VESTNIK_TEST_REDIS_URL. Tests share it: each has an installation of its own in it.
start_redis() {
  local password port
  password=$(random_secret)
  find_free_port

  mkdir -p "$scratch/redis"
  write_redis_conf "$scratch/redis" "$password" "$port"
  launch_redis
  export VESTNIK_TEST_REDIS_URL="redis://:$password@127.0.0.1:$port/"
}

# Starts the server, also again after it was killed; then it knows nothing any more.
launch_redis() {
  local log=$logs/redis.log
  launch setpriv --pdeathsig TERM redis-server "$scratch/redis/redis.conf" >"$log" 2>&1
  redis_pid=$launched
  await_server Redis "$redis_pid" 30 "$log" grep -q "Ready to accept connections" "$log"
}

# Ends it as a power cut does.
kill_redis() {
  kill -s KILL -- "$redis_pid"
  wait "$redis_pid" 2>/dev/null || true
}

# The password stands in a file and not among the arguments, which everybody on the machine can read.
write_redis_conf() {
  local home=$1 password=$2 port=$3
  (umask 077 && cat >"$home/redis.conf") <<CONF
bind 127.0.0.1
port $port
requirepass $password
dir $home
save ""
appendonly no
daemonize no
CONF
}

stop_redis() {
  [[ ${redis_pid-} ]] || return 0
  stop_process TERM "$redis_pid"
  redis_pid=
}
