#!/bin/bash
# Names the C++ files under ROOT that are not formatted as .clang-format says, and fails; with --fix, formats them.
set -euo pipefail
fix=no
if [[ ${1:-} == --fix ]]; then
  fix=yes
  shift
fi
cd "${1:-.}"
folders=()
for folder in src fuzz bench tests; do
  [[ ! -d $folder ]] || folders+=("$folder")
done

check_or_fix() {
  if [[ $1 == yes ]]; then
    clang-format-19 -i "$2"
  elif ! clang-format-19 --dry-run -Werror "$2" >/dev/null 2>&1; then
    echo "Not formatted: $2"
    return 1
  fi
}
export -f check_or_fix

if ! find "${folders[@]}" -type f \( -name '*.cc' -o -name '*.h' \) -print0 |
  xargs -0 -r -n 1 -P "$(nproc)" bash -c 'check_or_fix "$@"' _ "$fix"; then
  echo "./dev format formats them."
  exit 1
fi
