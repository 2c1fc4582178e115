# Installs the counterparts that are not ours, which are Python libraries, into a folder of their own that
# git ignores. Sourced, not run.

readonly counterparts=.cache/counterparts
readonly counterparts_list=tests/counterparts/requirements.txt

# What a Python needs to make such a folder.
readonly venv_modules='ensurepip, venv'

# Installs what the list names, unless exactly that is there.
install_missing_counterparts() {
  local python
  if ! has_counterparts; then
    python=$(python_with "$venv_modules") || die "Python 3 has no module venv, though it was installed."
    printf 'Installing %s from PyPI into %s: the channels and the pages are tried against programs that are not ours.\n' \
      "$(grep -cv '^#' "$counterparts_list") Python packages" "$counterparts"
    rm -rf "$counterparts"
    if ! make_counterparts "$python" >"$logs/counterparts.log" 2>&1; then
      tail -n 30 "$logs/counterparts.log" | sed 's/^/  | /' >&2
      die "The counterparts in $counterparts_list could not be installed. See above."
    fi
  fi
  export VESTNIK_TEST_COUNTERPARTS=$PWD/$counterparts/bin/python
  VESTNIK_TEST_AXE=$(find_axe) || die "axe-core is not in $counterparts, though it was installed."
  export VESTNIK_TEST_AXE
}

# Prints where axe-core is: one file of JavaScript, which a Python package brings along.
find_axe() {
  compgen -G "$PWD/$counterparts/lib/python*/site-packages/axe_playwright_python/axe.min.js"
}

# The list is copied last: where it lies, all that it names is there.
has_counterparts() {
  cmp --silent "$counterparts_list" "$counterparts/installed.txt" &&
    "$counterparts/bin/python" -c 'import aiosmtpd, smpp34, viberbot' 2>/dev/null
}

make_counterparts() {
  "$1" -m venv "$counterparts" &&
    "$counterparts/bin/pip" install --disable-pip-version-check --no-deps --requirement "$counterparts_list" &&
    cp "$counterparts_list" "$counterparts/installed.txt"
}
