"""The flights example's conversion against rows computed by hand."""

import importlib.util
import io
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("prepare", ROOT / "examples/flights/prepare.py")
prepare = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(prepare)

HEADER = ("year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,"
          "origin,dest,air_time,distance,hour,minute,time_hour")
ZONES = {"IAH": "America/Chicago", "SJU": "America/Puerto_Rico", "BQN": "America/Puerto_Rico", "PHX": "America/Phoenix",
         "HNL": "Pacific/Honolulu", "RDU": "America/New_York", "XNA": "America/Chicago", "BOS": "America/New_York"}

# The raw row; then scheduled, departed and arrived in UTC as found with a pencil.
CASES = {
    "central time": ("2013,1,1,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-01-01T10:00:00Z",
                     "2013-01-01T10:15", "2013-01-01T10:17", "2013-01-01T14:30"),
    "a destination without a zone in the airports table":
        ("2013,1,1,615,615,0,1039,1100,-21,B6,709,N794JB,JFK,SJU,182,1598,6,15,2013-01-01T11:00:00Z",
         "2013-01-01T11:15", "2013-01-01T11:15", "2013-01-01T14:39"),
    "five hours behind New York":
        ("2013,1,1,857,900,-3,1516,1530,-14,HA,51,N380HA,JFK,HNL,659,4983,9,0,2013-01-01T14:00:00Z",
         "2013-01-01T14:00", "2013-01-01T13:57", "2013-01-02T01:16"),
    "no daylight saving in Arizona":
        ("2013,1,1,622,630,-8,1017,1014,3,US,245,N807AW,EWR,PHX,342,2133,6,30,2013-01-01T11:00:00Z",
         "2013-01-01T11:30", "2013-01-01T11:22", "2013-01-01T17:17"),
    "past midnight": ("2013,1,1,1929,1920,9,3,7,-4,UA,1071,N27205,EWR,BQN,192,1585,19,20,2013-01-02T00:00:00Z",
                      "2013-01-02T00:20", "2013-01-02T00:29", "2013-01-02T04:03"),
    "arrival at 2400": ("2013,1,1,2209,2155,14,2400,2337,23,B6,1109,N216JB,JFK,RDU,86,427,21,55,2013-01-02T02:00:00Z",
                        "2013-01-02T02:55", "2013-01-02T03:09", "2013-01-02T05:00"),
    "departure at 2400":
        ("2013,10,30,2400,2359,1,327,337,-10,B6,839,N661JB,JFK,BQN,182,1576,23,59,2013-10-31T03:00:00Z",
         "2013-10-31T03:59", "2013-10-31T04:00", "2013-10-31T07:27"),
    "the day the clocks go back":
        ("2013,11,3,519,520,-1,751,800,-9,UA,322,N563UA,EWR,IAH,188,1400,5,20,2013-11-03T10:00:00Z",
         "2013-11-03T10:20", "2013-11-03T10:19", "2013-11-03T13:51"),
    "the night the clocks go forward":
        ("2013,3,9,2021,2003,18,46,104,-18,UA,1071,N76529,EWR,BQN,183,1585,20,3,2013-03-10T01:00:00Z",
         "2013-03-10T01:03", "2013-03-10T01:21", "2013-03-10T04:46"),
    "diverted": ("2013,1,1,1525,1530,-5,1934,1805,NA,MQ,4525,N719MQ,LGA,XNA,NA,1147,15,30,2013-01-01T20:00:00Z",
                 "2013-01-01T20:30", "2013-01-01T20:25", None),
    "cancelled": ("2013,1,1,NA,1630,NA,NA,1815,NA,EV,4308,N18120,EWR,RDU,NA,416,16,30,2013-01-01T21:00:00Z",
                  "2013-01-01T21:30", None, None),
}


def converted(text):
    raw = prepare.read_csv(io.BytesIO(f"{HEADER}\n{text}\n".encode()), prepare.RAW_FLIGHTS)
    columns, agrees = prepare.flight_columns(raw, ZONES)
    return {name: column[0].as_py() for name, column in columns.items()}, agrees[0]


def shown(instant):
    return None if instant is None else instant.strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize("name", CASES)
def test_instants_agree_with_the_pencil(name):
    text, scheduled, departed, arrived = CASES[name]
    flight, agrees = converted(text)
    assert agrees
    assert [shown(flight[key]) for key in ("scheduled", "departed_at", "arrived_at")] == [scheduled, departed, arrived]


def test_a_flight_without_a_tail_keeps_null():
    flight, _ = converted(CASES["cancelled"][0].replace("N18120", "NA"))
    assert flight["tail"] is None


def test_a_recorded_arrival_that_contradicts_the_delay_is_noticed():
    _, agrees = converted(CASES["central time"][0].replace(",830,", ",835,"))
    assert not agrees


def test_flights_to_several_zones_are_found_together():
    lines = "\n".join([HEADER] + [text for text, *_ in CASES.values()]) + "\n"
    columns, agrees = prepare.flight_columns(prepare.read_csv(io.BytesIO(lines.encode()), prepare.RAW_FLIGHTS), ZONES)
    assert agrees.all()
    assert [shown(at) for at in columns["arrived_at"].to_pylist()] == [arrived for *_, arrived in CASES.values()]


def test_the_four_missing_airports_get_atlantic_time(tmp_path):
    table = tmp_path / "airports.csv"
    table.write_text("faa,name,lat,lon,alt,tz,dst,tzone\nIAH,Houston,0,0,0,-6,A,America/Chicago\n")
    zones = prepare.zones_of_airports(table)
    assert {zones[code] for code in ("BQN", "PSE", "SJU", "STT")} == {"America/Puerto_Rico"}
    assert zones["IAH"] == "America/Chicago"


@pytest.mark.parametrize("number,minutes", [(517, 317), (2400, 1440), (3, 3), (0, 0)])
def test_hhmm(number, minutes):
    assert prepare.hhmm_minutes(number) == minutes
