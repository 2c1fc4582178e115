# Finds the servers' programs, the Python client and the browser, and installs them where they are missing. Sourced, not
# run.

# Prints the folder that holds PostgreSQL's programs, the newest version first.
postgres_programs() {
  local newest
  newest=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
  [[ -x $newest ]] || newest=$(command -v initdb) || return 1
  dirname "$newest"
}

# Prints the folder that holds RabbitMQ's own scripts. Those that Debian puts in the search path come
# last, because they change the user and the folder.
rabbitmq_programs() {
  local program=/usr/lib/rabbitmq/bin/rabbitmq-server
  [[ -x $program ]] || program=$(command -v rabbitmq-server) || return 1
  dirname "$program"
}

# Prints a Python that has these modules: an own one in the search path, or Debian's.
python_with() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -c "import $1" 2>/dev/null; then command -v "$python" && return; fi
  done
  return 1
}

# Whether there is a browser without a window and its driver.
has_browser() {
  command -v chromedriver >/dev/null && { command -v chromium || command -v google-chrome; } >/dev/null
}

# Installs what the tests need and is missing, and says what and why.
install_missing_packages() {
  local missing=()
  rabbitmq_programs >/dev/null || missing+=(rabbitmq-server)
  postgres_programs >/dev/null || missing+=(postgresql)
  command -v redis-server >/dev/null || missing+=(redis-server)
  python_with pika >/dev/null || missing+=(python3-pika)
  python_with "$venv_modules" >/dev/null || missing+=(python3-venv)
  compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || missing+=(libfaketime)
  has_browser || missing+=(chromium chromium-driver)
  ((${#missing[@]})) || return 0

  local advice="Install RabbitMQ 3.10 or newer, PostgreSQL 15 or newer, Redis 6.2 or newer, libfaketime, Chromium with chromedriver, and Python 3 with pika and venv, then run this again."
  command -v apt-get >/dev/null ||
    die "Missing: ${missing[*]}. This system has no apt-get, so nothing was installed. $advice"
  may_become_root ||
    die "Missing: ${missing[*]}. Installing needs root or sudo, so nothing was installed. $advice"
  printf 'Installing the Debian packages %s: the tests run on real servers,\n' "${missing[*]}"
  printf 'with a client that is not ours, with clocks that are wrong, and in a browser. No service is started: the tests run private instances.\n'
  without_starting_services apt_install "${missing[@]}"
}

# Installs from the package lists as they are, and refreshes the lists only if that does not work.
apt_install() {
  local log=$logs/apt.log
  apt_get install "$@" >"$log" 2>&1 && return
  { apt_get update && apt_get install "$@"; } >>"$log" 2>&1 && return
  tail -n 30 "$log" | sed 's/^/  | /' >&2
  die "apt-get could not install $*. See above."
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get --yes --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"
}

readonly service_policy=/usr/sbin/policy-rc.d

# Runs a command while Debian's policy for starting services says no, if the system has no policy of
# its own. `allow_services` takes the policy away again, also when the run is broken off.
without_starting_services() {
  if [[ ! -e $service_policy ]]; then
    policy_is_ours=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$service_policy" >/dev/null
    as_root chmod 755 "$service_policy"
  fi
  "$@"
  allow_services
}

allow_services() {
  [[ ${policy_is_ours-} ]] || return 0
  as_root rm -f "$service_policy"
  policy_is_ours=
}

# Prepares the parts of the Rust toolchain that a minimal installation leaves out.
install_missing_toolchain_parts() {
  command -v cargo >/dev/null || die "Missing: cargo. Install the Rust toolchain, see https://rustup.rs."
  local part missing=()
  for part in clippy fmt; do
    cargo "$part" --version >/dev/null 2>&1 || missing+=("${part/fmt/rustfmt}")
  done
  ((${#missing[@]})) || return 0
  command -v rustup >/dev/null || die "Missing: ${missing[*]}. Install them for your Rust toolchain."
  printf 'Installing the toolchain parts %s: the checks need them.\n' "${missing[*]}"
  rustup component add "${missing[@]}" >"$logs/rustup.log" 2>&1 || die "$(cat "$logs/rustup.log")"
}
