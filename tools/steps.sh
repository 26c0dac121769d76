# Sourced by `dev`: steps that say what they do and how long they took, on file descriptor 3.

say() { printf '%s\n' "$*" >&3; }

# step "What is done" command args...: runs the command and prints its time. The command's own output goes where the step
# lines go, so that a verb can keep standard output for its result.
step() {
  local title=$1 status=0 begin_ms
  shift
  say "== $title"
  begin_ms=$(date +%s%3N)
  "$@" >&3 2>&3 || status=$?
  local took_ms=$(($(date +%s%3N) - begin_ms))
  local outcome="done"
  ((status == 0)) || outcome="failed ($status)"
  say "   $title: $outcome in $((took_ms / 1000)).$(printf '%03d' $((took_ms % 1000)) | cut -c1) s"
  return "$status"
}
