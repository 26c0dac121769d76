#!/usr/bin/env bash
# The flights example from raw tables to a served, audited prediction. Run by `./dev demo`, which sets
#   PLUMB_BINARY         the plumb program
#   PLUMB_PYTHON         a Python with pyarrow and numpy (only to prepare the raw tables)
#   PLUMB_FLIGHTS_DATA   the folder with the raw tables
# It leaves its state in examples/flights/.plumb, so that every command of the tour in README.md works afterwards.
set -euo pipefail
cd "$(dirname "$0")"
plumb=$PLUMB_BINARY
requests=${PLUMB_DEMO_REQUESTS:-1000}
# XGBoost's threads sleep while they wait for one another, rather than spin: else they take the time of whatever else runs.
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}

step() { printf '\n== %s\n' "$*"; }
server=
cleanup() {
  if [[ -n $server ]]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -f .demo-serve.log .demo-*.json
}
trap cleanup EXIT

started=$SECONDS
if [[ ! -f data/planes.parquet || prepare.py -nt data/planes.parquet ]]; then
  step "Convert the raw tables (local times, midnights, missing zones)"
  "$PLUMB_PYTHON" prepare.py "$PLUMB_FLIGHTS_DATA" data
fi

step "Check the project"
rm -rf .plumb
"$plumb" check

step "Load the sources into the lake, as history"
"$plumb" ingest

step "Train the baseline: only what the timetable says months ahead"
"$plumb" train late_arrival --features 'planned.*'

step "Train on everything knowable one hour before departure"
"$plumb" train late_arrival --champion

step "Deploy and serve"
"$plumb" deploy late_arrival
"$plumb" serve --port 0 > .demo-serve.log 2>&1 &
server=$!
for _ in $(seq 1 600); do
  url=$(grep -oE 'http://[0-9.]+:[0-9]+' .demo-serve.log | head -1 || true)
  [[ -n $url ]] && break
  kill -0 "$server" 2>/dev/null || { cat .demo-serve.log; exit 1; }
  read -rt 0.1 <> <(:) || true
done
[[ -n $url ]] || { echo "The server did not say where it listens."; cat .demo-serve.log; exit 1; }
echo "$url"

step "Send $requests real requests of the test months, each asked as of its own time"
"$plumb" replay late_arrival --url "$url" --count "$requests"

step "Stop the server"
kill -TERM "$server"
wait "$server" || { cat .demo-serve.log; exit 1; }
server=

step "One feature explained: which events made it, and which were left out"
"$plumb" why 'avg(dep_delay) over 1h of origin from departures' origin=JFK --at 2013-12-05T22:00:00Z

step "Report"
"$plumb" --json models show late_arrival@v1 > .demo-baseline.json
"$plumb" --json models show late_arrival@v2 > .demo-champion.json
"$PLUMB_PYTHON" report.py .demo-baseline.json .demo-champion.json
echo "whole demo: $((SECONDS - started)) s"
echo
"$plumb" audit late_arrival
