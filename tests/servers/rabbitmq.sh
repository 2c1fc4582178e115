# A private RabbitMQ on a free loopback port, with its files in a temporary folder. Sourced, not run.

# Sets VESTNIK_TEST_AMQP_URL, whose user is an administrator, and VESTNIK_TEST_RABBITMQCTL, a command
# by which tests make virtual hosts and users of their own.
start_rabbitmq() {
  local programs home=$scratch/rabbitmq password port amqp_port epmd_port dist_port
  programs=$(rabbitmq_programs)
  password=$(random_secret)
  find_free_port && amqp_port=$port
  find_free_port && epmd_port=$port
  find_free_port && dist_port=$port

  mkdir -p "$home"
  write_rabbitmq_files "$home" "$password"
  rabbitmq_environment "$home" "$amqp_port" "$epmd_port" "$dist_port"
  write_rabbitmqctl "$home" "$programs"

  # Were it not there, the node would start a port mapper of its own that outlives it.
  launch run_epmd "$epmd_port" >"$logs/epmd.log" 2>&1
  epmd_pid=$launched
  await_server "Erlang's port mapper" "$epmd_pid" 10 "$logs/epmd.log" epmd -port "$epmd_port" -names
  launch_rabbitmq
  export VESTNIK_TEST_AMQP_URL="amqp://vestnik:$password@127.0.0.1:$amqp_port/%2f"
  export VESTNIK_TEST_RABBITMQCTL="$home/rabbitmqctl"
}

# Starts the server where its files are, also again after it was killed.
launch_rabbitmq() {
  local log=$logs/rabbitmq.log
  launch run_rabbitmq "$(rabbitmq_programs)" >"$log" 2>&1
  rabbitmq_pid=$launched
  await_server RabbitMQ "$rabbitmq_pid" 90 "$log" grep -q "completed with" "$log"
}

# Ends every process of it as a power cut does.
kill_rabbitmq() {
  kill -s KILL -- "-$rabbitmq_pid"
  wait "$rabbitmq_pid" 2>/dev/null || true
}

write_rabbitmq_files() {
  local home=$1 password=$2
  random_secret >"$home/.erlang.cookie"
  chmod 400 "$home/.erlang.cookie"
  printf '[].\n' >"$home/enabled_plugins"
  printf '[].\n' >"$home/advanced.config"
  : >"$home/rabbitmq-env.conf"
  cat >"$home/rabbitmq.conf" <<CONF
default_user = vestnik
default_pass = $password
default_user_tags.administrator = true
default_permissions.configure = .*
default_permissions.read = .*
default_permissions.write = .*
disk_free_limit.absolute = 50MB
log.console = true
log.console.level = info
CONF
}

# Sets `rabbitmq_settings`: every path and port that would otherwise be shared with an instance of
# the system.
rabbitmq_environment() {
  local home=$1 amqp_port=$2 epmd_port=$3 dist_port=$4
  rabbitmq_settings=(
    HOME="$home"
    ERL_EPMD_ADDRESS=127.0.0.1
    ERL_EPMD_PORT="$epmd_port"
    RABBITMQ_NODENAME="vestnik-$amqp_port@localhost"
    RABBITMQ_NODE_IP_ADDRESS=127.0.0.1
    RABBITMQ_NODE_PORT="$amqp_port"
    RABBITMQ_DIST_PORT="$dist_port"
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}"
    RABBITMQ_MNESIA_BASE="$home/data"
    RABBITMQ_LOG_BASE="$home/log"
    RABBITMQ_PID_FILE="$home/pid"
    RABBITMQ_CONFIG_FILE="$home/rabbitmq.conf"
    RABBITMQ_ADVANCED_CONFIG_FILE="$home/advanced.config"
    RABBITMQ_CONF_ENV_FILE="$home/rabbitmq-env.conf"
    RABBITMQ_ENABLED_PLUGINS_FILE="$home/enabled_plugins"
    RABBITMQ_GENERATED_CONFIG_DIR="$home/generated"
    RABBITMQ_SCHEMA_DIR="$home/schema"
  )
}

# The administration command with the same settings, so that it speaks to this node and to no other.
write_rabbitmqctl() {
  local home=$1 programs=$2
  {
    printf '#!/bin/sh\nexec env'
    printf ' %q' "${rabbitmq_settings[@]}" "$programs/rabbitmqctl"
    printf ' "$@"\n'
  } >"$home/rabbitmqctl"
  chmod 755 "$home/rabbitmqctl"
}

run_epmd() {
  exec setpriv --pdeathsig TERM epmd -address 127.0.0.1 -port "$1"
}

run_rabbitmq() {
  exec setpriv --pdeathsig TERM env "${rabbitmq_settings[@]}" "$1/rabbitmq-server"
}

stop_rabbitmq() {
  if [[ ${rabbitmq_pid-} ]]; then stop_process TERM "$rabbitmq_pid"; fi
  if [[ ${epmd_pid-} ]]; then stop_process TERM "$epmd_pid"; fi
  rabbitmq_pid='' epmd_pid=''
}
