"""Training sets by plumb and by DuckDB: the same features of the same random files, point in time spelt out in SQL.

The SQL shares nothing with plumb but the meaning: of the versions of an event the one known last before the asking time
counts, and windows are conditions on event times. Values are drawn so that SQL has exact answers: doubles are multiples
of 1/1024, whose sums are exact in every order. PLUMB_SEED=n repeats a run.
"""

import math
import os
import random
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Plumb

ORDERS = 4000
EXAMPLES = 300
DAYS = 20
START = datetime(2024, 3, 20, tzinfo=timezone.utc)  # In Berlin, 31 March has 23 hours.
CUSTOMERS = [f"c{i:02}" for i in range(8)]
PRODUCTS = [f"p{i:02}" for i in range(20)]
COMPARED_MIN = 5000
FEATURES_MIN = 25

MINUTE = timedelta(minutes=1)
TIME = pa.timestamp("us", tz="UTC")
MONEY = pa.decimal128(12, 2)

ORDER_SCHEMA = pa.schema([("order_id", pa.string()), ("placed_at", TIME), ("seen_at", TIME), ("op", pa.string()),
                          ("customer", pa.string()), ("product", pa.string()), ("kind", pa.string()),
                          ("flag", pa.bool_()), ("qty", pa.int64()), ("units", pa.int64()), ("price", MONEY),
                          ("amount", pa.float64())])
PRICE_SCHEMA = pa.schema([("product", pa.string()), ("since", TIME), ("seen_at", TIME), ("price", MONEY)])
EXAMPLE_SCHEMA = pa.schema([("example", pa.int64()), ("asked_at", TIME), ("customer", pa.string()),
                            ("product", pa.string()), ("friend", pa.string()), ("label", pa.bool_())])


# The data.

def null_or(rng, share, value):
    return None if rng.random() < share else value


def minutes(rng, days):
    return timedelta(minutes=rng.randrange(int(days * 24 * 60)))


def contents(rng):
    """What an order says, but for its id and its times."""
    return {
        "op": rng.choice(["i", "u", None]),
        "customer": null_or(rng, 0.02, rng.choice(CUSTOMERS)),
        "product": null_or(rng, 0.05, PRODUCTS[int(len(PRODUCTS) * rng.random() ** 2)]),
        "kind": null_or(rng, 0.1, rng.choice(["x", "y", "z"])),
        "flag": null_or(rng, 0.1, rng.random() < 0.4),
        "qty": null_or(rng, 0.08, rng.randint(1, 200)),
        "units": rng.randint(-10**15, 10**15),
        "price": null_or(rng, 0.1, Decimal(rng.randint(-50000, 999999)).scaleb(-2)),
        "amount": null_or(rng, 0.1, rng.randint(-200000, 400000) / 1024),
    }


def lag(rng):
    """From event_time to known_at: soon, late, ahead, or at once."""
    return rng.choices([timedelta(minutes=rng.randrange(1, 30)), minutes(rng, 3), -minutes(rng, 3), timedelta()],
                       weights=[60, 15, 20, 5])[0]


def corrected(rng, order, seen_at):
    """A later version: other values, another customer or none, another time, withdrawn, deleted."""
    version = {**order, "seen_at": seen_at}
    what = rng.randrange(7)
    if what == 0:
        version["customer"] = rng.choice(CUSTOMERS)
    elif what == 1:
        version["placed_at"] = START + minutes(rng, DAYS)
    elif what == 2:
        version["placed_at"] = None
    elif what == 3:
        version = {"order_id": order["order_id"], "seen_at": seen_at, "op": "d"}
    else:
        version.update(contents(rng))
        version["placed_at"] = version["placed_at"] or START + minutes(rng, DAYS)
    return version


def versions_of(rng, number):
    """All versions of one order, no two known at one instant; sometimes a delete that was known before the order."""
    placed_at = START + minutes(rng, DAYS)
    order = {"order_id": f"o{number:05}", "placed_at": placed_at, "seen_at": placed_at + lag(rng), **contents(rng)}
    versions = [order]
    if rng.random() < 0.2:
        for seen_at in sorted({order["seen_at"] + MINUTE + minutes(rng, 4) for _ in range(rng.randint(1, 3))}):
            versions.append(corrected(rng, versions[-1] if "placed_at" in versions[-1] else order, seen_at))
    if rng.random() < 0.02:
        versions.insert(0, {"order_id": order["order_id"], "seen_at": order["seen_at"] - MINUTE, "op": "d"})
    return versions


def draw_orders(rng):
    """Beside versions, some rows come twice, and some contradict another that was known at the same instant: in the
    amount only, so that the order in which the first counts is told by it."""
    rows = [version for number in range(ORDERS) for version in versions_of(rng, number)]
    twice = [dict(row) for row in rows if rng.random() < 0.02]
    conflicts = [{**row, "amount": null_or(rng, 0.2, rng.randint(-200000, 400000) / 1024)}
                 for row in rows if row["op"] != "d" and rng.random() < 0.03]
    rows += twice + conflicts
    rng.shuffle(rows)
    return rows


def price_times(rng, orders):
    """(since, seen_at); often one of them is the very instant at which an order asks for the price."""
    since = START - timedelta(days=2) + minutes(rng, DAYS)
    order = rng.choice(orders)
    if order.get("placed_at") is None or rng.random() < 0.3:
        return since, since + lag(rng)
    asked = min(order["placed_at"], order["seen_at"])
    return rng.choice([(asked, asked - minutes(rng, 2)), (asked - minutes(rng, 2), asked)])


def draw_prices(rng, orders):
    """Versions of a table: a price holds from `since`; some are corrected, some announced."""
    rows = []
    for product in PRODUCTS[:-2]:
        of_product = [order for order in orders if order.get("product") == product]
        for since, seen_at in dict(price_times(rng, of_product) for _ in range(8)).items():
            for _ in range(1 + (rng.random() < 0.3)):
                price = null_or(rng, 0.05, Decimal(rng.randint(1, 99999)).scaleb(-2))
                rows.append({"product": product, "since": since, "seen_at": seen_at, "price": price})
                seen_at += MINUTE + minutes(rng, 2)
    rng.shuffle(rows)
    return rows


def draw_examples(rng, orders):
    """Half of them are asked at instants at which something happens, becomes known or leaves a window."""
    rows = []
    for number in range(EXAMPLES):
        asked_at = START + timedelta(days=2) + minutes(rng, DAYS - 2)
        if rng.random() < 0.5:
            order = rng.choice(orders)
            at = order.get("placed_at") or order["seen_at"]
            asked_at = max(START, rng.choice([at, order["seen_at"], at + timedelta(hours=1), at + timedelta(hours=24)]))
        rows.append({"example": number, "asked_at": asked_at, "customer": rng.choice([*CUSTOMERS, "unknown"]),
                     "product": rng.choice(PRODUCTS), "friend": null_or(rng, 0.1, rng.choice(CUSTOMERS)),
                     "label": number % 3 == 0})
    return rows


def write(path, rows, schema):
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)


# The features, each in both languages. In SQL, `t` is the asking time; rows are the events of the entity that count.

def past(window, offset="0 hours"):
    end = f"t - INTERVAL '{offset}'"
    return f"happened >= {end} - INTERVAL '{window}' AND happened < {end}"


def ahead(window, offset="0 hours"):
    begin = f"t + INTERVAL '{offset}'"
    return f"happened >= {begin} AND happened < {begin} + INTERVAL '{window}'"


def to_date(unit, zone="UTC"):
    local = f"(t AT TIME ZONE 'UTC') AT TIME ZONE '{zone}'"
    begin = f"(date_trunc('{unit}', {local}) AT TIME ZONE '{zone}') AT TIME ZONE 'UTC'"
    return f"happened >= {begin} AND happened < t"


def values(column, condition="happened < t"):
    """All values in order, nulls too."""
    return f"list({column} ORDER BY happened, seen_at, order_id) FILTER ({condition})"


def newest(n, column, condition="happened < t"):
    return f"list_slice({values(column, condition)}, -{n}, -1)"


def variance(column, condition, unit=1):
    """Of whole multiples of 1/unit, in 128 bits."""
    k = f"CAST({column} * {unit} AS HUGEINT)"
    n, s, q = (f"{f}({x}) FILTER ({condition})" for f, x in (("count", column), ("sum", k), ("sum", f"{k} * {k}")))
    return f"CASE WHEN {n} > 1 THEN CAST({n} * {q} - {s} * {s} AS DOUBLE) / ({n} * ({n} - 1)) / {unit * unit} END"


def quantile(column, q, condition):
    """The middle of the bucket of the value of rank ceil(q * n): 64 buckets an octave. For values from 1 on."""
    ordered = f"list_sort(list({column}) FILTER ({condition} AND {column} IS NOT NULL))"
    value = f"CAST({ordered}[greatest(1, CAST(ceil({q} * len({ordered})) AS BIGINT))] AS DOUBLE)"
    octave = f"power(2, floor(log2({value})))"
    return f"{octave} * (1 + (floor(({value} / {octave} - 1) * 64) + 0.5) / 64)"


def ewma(column, hours, condition="happened < t"):
    weight = f"power(2, -(epoch_us(t) - epoch_us(happened)) / ({hours} * 3600000000.0))"
    return (f"sum({column} * {weight}) FILTER ({condition} AND {column} IS NOT NULL)"
            f" / sum({weight}) FILTER ({condition} AND {column} IS NOT NULL)")


def top(k, column, condition):
    """The k-th most frequent value, ties by value."""
    entries = f"map_entries(histogram({column}) FILTER ({condition} AND {column} IS NOT NULL))"
    order = "lambda e: {'count': -CAST(e.value AS BIGINT), 'value': e.key}"
    return f"list_sort(list_transform({entries}, {order}))[{k}].value"


def within_age(value, hours, where="true"):
    newest_time = f"max(happened) FILTER (happened < t AND ({where}))"
    return f"CASE WHEN {newest_time} >= t - INTERVAL '{hours} hours' THEN {value} END"


BY_CUSTOMER = {
    "n_1h": ("count() over 1h", f"count(order_id) FILTER ({past('1 hour')})"),
    "n_24h": ("count() over 24h", f"count(order_id) FILTER ({past('24 hours')})"),
    "n_amounts_7d": ("count(amount) over 7d", f"count(amount) FILTER ({past('7 days')})"),
    "n_all": ("count()", "count(order_id) FILTER (happened < t)"),
    "n_flagged_24h": ("count(where flag) over 24h", f"count(order_id) FILTER ({past('24 hours')} AND flag)"),
    "n_big_7d": ("count(where amount > 100 and kind <> 'x') over 7d",
                 f"count(order_id) FILTER ({past('7 days')} AND amount > 100 AND kind <> 'x')"),
    "sum_24h": ("sum(amount) over 24h", f"sum(amount) FILTER ({past('24 hours')})"),
    "sum_all": ("sum(amount)", "sum(amount) FILTER (happened < t)"),
    "sum_yesterday": ("sum(amount) over 24h offset 1d", f"sum(amount) FILTER ({past('24 hours', '1 day')})"),
    "qty_7d": ("sum(qty) over 7d", f"sum(qty) FILTER ({past('7 days')})"),
    "qty_month": ("sum(qty) over 1mo", f"sum(qty) FILTER ({past('1 month')})"),
    "qty_before": ("sum(qty) over lifetime offset 3d", "sum(qty) FILTER (happened < t - INTERVAL '3 days')"),
    "units_all": ("sum(units)", "sum(units) FILTER (happened < t)"),
    "units_24h": ("sum(units where kind = 'y') over 24h", f"sum(units) FILTER ({past('24 hours')} AND kind = 'y')"),
    "price_24h": ("sum(price) over 24h", f"sum(price) FILTER ({past('24 hours')})"),
    "price_flagged": ("sum(price where flag)", "sum(price) FILTER (happened < t AND flag)"),
    "avg_24h": ("avg(amount) over 24h", f"avg(amount) FILTER ({past('24 hours')})"),
    "avg_qty_7d": ("avg(qty) over 7d", f"avg(qty) FILTER ({past('7 days')})"),
    "avg_price_7d": ("avg(price) over 7d", f"avg(price) FILTER ({past('7 days')})"),
    "flagged_share": ("avg(flag) over 24h", f"avg(CAST(flag AS INTEGER)) FILTER ({past('24 hours')})"),
    "min_24h": ("min(amount) over 24h", f"min(amount) FILTER ({past('24 hours')})"),
    "max_7d": ("max(amount where not flag) over 7d", f"max(amount) FILTER ({past('7 days')} AND NOT flag)"),
    "min_product": ("min(product) over 24h", f"min(product) FILTER ({past('24 hours')})"),
    "max_price": ("max(price)", "max(price) FILTER (happened < t)"),
    "max_time": ("max(event_time)", "epoch_us(max(happened) FILTER (happened < t))"),
    "any_flag": ("max(flag) over 1h", f"bool_or(flag) FILTER ({past('1 hour')})"),
    "var_24h": ("variance(amount) over 24h", variance("amount", past("24 hours"), 1024)),
    "dev_7d": ("stddev(amount) over 7d", f"sqrt({variance('amount', past('7 days'), 1024)})"),
    "var_units": ("variance(units)", variance("units", "happened < t")),
    "dev_qty_1h": ("stddev(qty) over 1h", f"sqrt({variance('qty', past('1 hour'))})"),
    "products_24h": ("distinct(product) over 24h", f"count(DISTINCT product) FILTER ({past('24 hours')})"),
    "products_7d": ("approx_distinct(product where flag) over 7d",
                    f"count(DISTINCT product) FILTER ({past('7 days')} AND flag)"),
    "n_today": ("count() over day to date", f"count(order_id) FILTER ({to_date('day')})"),
    "qty_today": ("sum(qty) over day to date in 'Europe/Berlin'",
                  f"sum(qty) FILTER ({to_date('day', 'Europe/Berlin')})"),
    "sum_week": ("sum(amount) over week to date in 'Europe/Berlin'",
                 f"sum(amount) FILTER ({to_date('week', 'Europe/Berlin')})"),
    "n_month": ("count() over month to date in 'America/New_York'",
                f"count(order_id) FILTER ({to_date('month', 'America/New_York')})"),
    "n_ahead": ("count() over 24h ahead", f"count(order_id) FILTER ({ahead('24 hours')})"),
    "qty_ahead": ("sum(qty) over 2d ahead", f"sum(qty) FILTER ({ahead('2 days')})"),
    "qty_ahead_1d": ("sum(qty) over 1d ahead offset 1d", f"sum(qty) FILTER ({ahead('1 day', '1 day')})"),
    "next_product": ("first(product) over 3d ahead", f"{values('product', ahead('3 days'))}[1]"),
    "sum_last_5": ("sum(amount) over last 5", f"list_sum({newest(5, 'amount')})"),
    "n_last_10": ("count(amount) over last 10", f"coalesce(list_count({newest(10, 'amount')}), 0)"),
    "qty_last_7": ("sum(qty where flag) over last 7", f"list_sum({newest(7, 'qty', 'happened < t AND flag')})"),
    "avg_last_20": ("avg(qty) over last 20 offset 12h",
                    f"list_avg({newest(20, 'qty', past('999 days', '12 hours'))})"),
    "products_last_9": ("distinct(product) over last 9", f"coalesce(list_unique({newest(9, 'product')}), 0)"),
    "last_product": ("last(product)", f"{values('product')}[-1]"),
    "last_amount": ("last(amount where amount is not null)",
                    f"{values('amount', 'happened < t AND amount IS NOT NULL')}[-1]"),
    "first_qty": ("first(qty) over 24h", f"{values('qty', past('24 hours'))}[1]"),
    "last_flag": ("last(flag) over 7d", f"{values('flag', past('7 days'))}[-1]"),
    "third_newest": ("element(last(product, 3), 1)", f"{newest(3, 'product')}[1]"),
    "second_qty": ("element(first(qty, 2) over 24h, -1)",
                   f"list_slice({values('qty', past('24 hours'))}, 1, 2)[-1]"),
    "hours_since": ("(t - last(event_time)) / 1h",
                    "CAST(epoch_us(t) - epoch_us(max(happened) FILTER (happened < t)) AS DOUBLE) / 3600000000"),
    "qty_ewma": ("ewma(qty, 1d)", ewma("qty", 24)),
    "qty_ewma_24h": ("ewma(qty, 2h) over 24h", ewma("qty", 2, past("24 hours"))),
    "qty_p90": ("approx_quantile(qty, 0.9) over 7d", quantile("qty", 0.9, past("7 days"))),
    "qty_median": ("approx_quantile(qty, 0.5) over 24h", quantile("qty", 0.5, past("24 hours"))),
    "top_product": ("element(top_k(product, 1) over 7d, 1)", top(1, "product", past("7 days"))),
    "next_kind": ("element(top_k(kind, 2) over 24h, 2)", top(2, "kind", past("24 hours"))),
    "listed_7d": ("sum(listed) over 7d", f"sum(listed) FILTER ({past('7 days')})"),
    "n_unlisted": ("count(where listed is null)", "count(order_id) FILTER (happened < t AND listed IS NULL)"),
}
FRESH = {  # max_age: 6h
    "last_qty": ("last(qty)", within_age(f"{values('qty')}[-1]", 6)),
    "qty_last_3": ("sum(qty where flag) over last 3",
                   within_age(f"list_sum({newest(3, 'qty', 'happened < t AND flag')})", 6, "flag")),
}
BY_PRODUCT = {
    "n_24h": ("count() over 24h", f"count(order_id) FILTER ({past('24 hours')})"),
    "customers_7d": ("distinct(customer) over 7d", f"count(DISTINCT customer) FILTER ({past('7 days')})"),
    "avg_all": ("avg(amount)", "avg(amount) FILTER (happened < t)"),
}
BY_BOTH = {
    "n_all": ("count()", "count(order_id) FILTER (happened < t)"),
    "last_qty": ("last(qty)", f"{values('qty')}[-1]"),
    "price_all": ("sum(price)", "sum(price) FILTER (happened < t)"),
}
OF_ALL = {
    "n_1h": ("count() over 1h", f"count(order_id) FILTER ({past('1 hour')})"),
    "customers_24h": ("distinct(customer) over 24h", f"count(DISTINCT customer) FILTER ({past('24 hours')})"),
    "sum_24h": ("sum(amount) over 24h", f"sum(amount) FILTER ({past('24 hours')})"),
    "max_qty_7d": ("max(qty) over 7d", f"max(qty) FILTER ({past('7 days')})"),
}
BY_FRIEND = {
    "n_24h": ("", f"CASE WHEN friend IS NOT NULL THEN count(order_id) FILTER ({past('24 hours')}) END"),
}
OF_PRICES = {
    "price": ("price", "list(price ORDER BY happened) FILTER (happened < t)[-1]"),
    "changes_7d": ("count() over 7d", f"count(happened) FILTER ({past('7 days')})"),
    "dearest": ("max(price)", "max(price) FILTER (happened < t)"),
    "next_price": ("first(price) over 3d ahead", f"list(price ORDER BY happened) FILTER ({ahead('3 days')})[1]"),
}


@dataclass(frozen=True)
class View:
    name: str
    head: str  # what stands in the project beside the features
    features: dict
    rows: str  # of which table, in SQL
    key: str   # which of them are the entity's


VIEWS = (
    View("customers", "entity: customer, source: orders", BY_CUSTOMER, "orders_seen", "e.customer = x.customer"),
    View("fresh", "entity: customer, source: orders, max_age: 6h", FRESH, "orders_seen", "e.customer = x.customer"),
    View("products", "entity: product, source: orders", BY_PRODUCT, "orders_seen", "e.product = x.product"),
    View("pairs", "entity: pair, source: orders", BY_BOTH, "orders_seen",
         "e.customer = x.customer AND e.product = x.product"),
    View("everything", "entity: [], source: orders", OF_ALL, "orders_seen", "true"),
    View("prices", "entity: product, source: prices", OF_PRICES, "prices_seen", "e.product = x.product"),
)
# Through a request view.
FRIENDS = View("request", "", BY_FRIEND, "orders_seen", "e.customer = x.friend")

PROJECT = """\
sources:
  orders:
    path: data/orders.parquet
    event_time: placed_at
    known_at: seen_at
    event_id: order_id
    deleted: op = 'd'
    columns: {order_id: string, placed_at: timestamp, seen_at: timestamp, op: string, customer: string, product: string,
              kind: string, flag: bool, qty: int64, units: int64, price: "decimal(12, 2)", amount: float64}
    derive: {listed: prices.price}
  prices:
    kind: table
    path: data/prices.parquet
    key: product
    valid_from: since
    known_at: seen_at
    columns: {product: string, since: timestamp, seen_at: timestamp, price: "decimal(12, 2)"}
entities:
  customer: {key: {customer: string}}
  product: {key: {product: string}}
  pair: {key: {customer: string, product: string}}
feature_views:
VIEWS
  request:
    request: {friend: string}
    features:
      n_24h: customers(customer = friend).n_24h
models:
  compared:
    examples:
      path: data/examples.parquet
      columns: {example: int64, asked_at: timestamp, customer: string, product: string, friend: string, label: bool}
      time: asked_at
    label: {is: label}
    features: [FEATURES]
    split: {train_until: 2024-03-30, validate_until: 2024-04-02, test_until: 2024-06-01}
    train: {with: xgboost}
"""


def project_text():
    views = []
    for view in VIEWS:
        views += [f"  {view.name}:", *(f"    {part}" for part in view.head.split(", ")), "    features:"]
        views += [f'      {name}: "{expression}"' for name, (expression, _) in view.features.items()]
    names = ", ".join(f"{view.name}.*" for view in (*VIEWS, FRIENDS))
    return PROJECT.replace("VIEWS", "\n".join(views)).replace("FEATURES", names)


# What SQL says.

def connect(data):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for table in ("orders", "prices", "examples"):
        columns = ", ".join(f"{name} AT TIME ZONE 'UTC' AS {name}" for name in times_of(table))
        connection.execute(f"CREATE TABLE {table} AS SELECT * REPLACE ({columns}) FROM '{data / table}.parquet'")
    connection.execute("ALTER TABLE examples RENAME COLUMN asked_at TO t")
    connection.execute("ALTER TABLE orders ADD COLUMN number INTEGER")
    connection.execute("UPDATE orders SET number = CAST(substr(order_id, 2) AS INTEGER)")
    return connection


def times_of(table):
    schema = {"orders": ORDER_SCHEMA, "prices": PRICE_SCHEMA, "examples": EXAMPLE_SCHEMA}[table]
    return [field.name for field in schema if field.type == TIME]


# Of each order version the price valid just before it had happened and was known, as known then.
LISTED = """
CREATE TABLE listed AS
WITH asked AS (SELECT DISTINCT product, least(placed_at, seen_at) AS c FROM orders WHERE placed_at IS NOT NULL),
known AS (
  SELECT a.product, a.c, p.since, p.price FROM asked a JOIN prices p ON p.product = a.product AND p.seen_at < a.c
  QUALIFY row_number() OVER (PARTITION BY a.product, a.c, p.since ORDER BY p.seen_at DESC) = 1)
SELECT product, c, price AS listed FROM known WHERE since < c
QUALIFY row_number() OVER (PARTITION BY product, c ORDER BY since DESC) = 1
"""
# Of versions known at one instant the first by amount counts, null before all: nothing else tells them apart.
ORDERS_SEEN = """
CREATE TABLE orders_seen AS
WITH versions AS (
  SELECT x.example, o.rowid AS id FROM examples x JOIN orders o ON o.seen_at < x.t
  QUALIFY row_number() OVER (PARTITION BY x.example, o.number ORDER BY o.seen_at DESC, o.amount NULLS FIRST) = 1)
SELECT v.example, o.* RENAME (placed_at AS happened), l.listed
FROM versions v JOIN orders o ON o.rowid = v.id
LEFT JOIN listed l ON l.product = o.product AND l.c = least(o.placed_at, o.seen_at)
WHERE o.placed_at IS NOT NULL AND o.op IS DISTINCT FROM 'd'
"""
PRICES_SEEN = """
CREATE TABLE prices_seen AS
SELECT x.example, p.* RENAME (since AS happened) FROM examples x JOIN prices p ON p.seen_at < x.t
QUALIFY row_number() OVER (PARTITION BY x.example, p.product, p.since ORDER BY p.seen_at DESC) = 1
"""


def sql_values(connection, view):
    """[feature] → values by example."""
    select = ", ".join(f"{expression} AS {name}" for name, (_, expression) in view.features.items())
    table = connection.sql(f"""
        WITH mine AS (
          SELECT x.example, x.t, x.friend, e.* EXCLUDE (example)
          FROM examples x LEFT JOIN {view.rows} e ON e.example = x.example AND {view.key})
        SELECT {select} FROM mine GROUP BY example, t, friend ORDER BY example""").to_arrow_table()
    return {name: table.column(name).to_pylist() for name in view.features}


# The comparison.

def same(plumb_value, sql_value):
    if plumb_value is None or sql_value is None:
        return plumb_value is None and sql_value is None
    if isinstance(plumb_value, float):
        return math.isclose(plumb_value, sql_value, rel_tol=1e-12, abs_tol=0)
    return plumb_value == sql_value


# Not a sum, quotient of exact sums or chosen value: SQL rounds on the way.
ROUNDED = {"avg_price_7d", "var_24h", "dev_7d", "var_units", "dev_qty_1h", "qty_ewma", "qty_ewma_24h"}


def is_trivial(value):
    return value is None or value == 0 or value == ""


def plumb_values(path):
    table = pq.read_table(path).sort_by("example")
    columns = {}
    for name in table.column_names:
        column = table.column(name)
        columns[name] = (column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column).to_pylist()
    return columns


@pytest.fixture(scope="module")
def compared(binary, tmp_path_factory):
    """(seed, plumb's columns, SQL's columns by the same names)."""
    seed = int(os.environ.get("PLUMB_SEED") or random.SystemRandom().getrandbits(32))
    print(f"PLUMB_SEED={seed}")
    rng = random.Random(seed)
    folder = tmp_path_factory.mktemp("duckdb")
    (folder / "data").mkdir()
    orders = draw_orders(rng)
    write(folder / "data/orders.parquet", orders, ORDER_SCHEMA)
    write(folder / "data/prices.parquet", draw_prices(rng, orders), PRICE_SCHEMA)
    write(folder / "data/examples.parquet", draw_examples(rng, orders), EXAMPLE_SCHEMA)
    (folder / "project.yaml").write_text(project_text(), encoding="utf-8")
    plumb = Plumb(binary, folder)
    plumb.run("ingest")
    plumb.run("dataset", "compared", "-o", "compared.parquet")

    connection = connect(folder / "data")
    for statement in (LISTED, ORDERS_SEEN, PRICES_SEEN):
        connection.execute(statement)
    by_sql = {f"{view.name}.{name}": column for view in (*VIEWS, FRIENDS)
              for name, column in sql_values(connection, view).items()}
    return seed, plumb_values(folder / "compared.parquet"), by_sql


def test_every_example_is_answered(compared):
    seed, by_plumb, by_sql = compared
    assert by_plumb["example"] == list(range(EXAMPLES)), f"PLUMB_SEED={seed}"
    features = [name for name in by_plumb if "." in name]
    assert sorted(features) == sorted(by_sql)
    assert len(features) >= FEATURES_MIN


def test_values_are_those_of_sql(compared):
    seed, by_plumb, by_sql = compared
    different, filled = [], 0
    for name, expected in by_sql.items():
        is_same = same if name.split(".")[1] in ROUNDED else lambda a, b: a == b
        for example, (got, want) in enumerate(zip(by_plumb[name], expected, strict=True)):
            filled += not is_trivial(want)
            if not is_same(got, want):
                different.append(f"{name} of example {example}: plumb {got!r}, SQL {want!r}")
    assert not different, f"PLUMB_SEED={seed}: {len(different)} differ\n" + "\n".join(different[:20])
    assert filled >= COMPARED_MIN, f"PLUMB_SEED={seed}: only {filled} values were neither null nor 0"
    print(f"{filled} values compared, of {len(by_sql)} features")


def test_no_feature_is_always_empty(compared):
    seed, _, by_sql = compared
    empty = [name for name, column in by_sql.items() if all(is_trivial(value) for value in column)]
    assert not empty, f"PLUMB_SEED={seed}"
