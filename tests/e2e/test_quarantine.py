"""What is known of data: rows that checks refuse, checks of a whole source, and profiles of datasets."""

import json

import pyarrow.parquet
import pytest


def define(shop, checks, more=""):
    """Gives the source of orders these checks."""
    shop.edit("project.yaml", "    known_at: loaded_at\n", f"    known_at: loaded_at\n    checks: [{checks}]\n{more}")


def held(shop):
    return {(r["reason"], r["check"]): r["rows"] for r in shop.json("quarantine", "list", "orders")["sources"][0]["reasons"]}


def test_rows_that_fail_a_check_are_held_and_the_others_loaded(shop):
    define(shop, "amount < 190, {expect: amount > 6, severity: warn}")
    amounts = [float(row[4]) for row in shop.orders()]
    refused, warned = sum(a >= 190 for a in amounts), sum(a <= 6 for a in amounts)
    assert refused and warned
    text = shop.run("ingest", "orders")
    assert "refused: check" in text and "amount < 190" in text and "amount > 6" in text
    report = shop.json("ingest", "orders")["sources"][0]
    assert (report["rows"], report["refused"], report["changed"]) == (400 - refused, refused, False)
    assert report["reasons"] == [{"reason": "check", "check": "amount < 190", "rows": refused}]
    assert report["warnings"] == [{"check": "amount > 6", "rows": warned}]
    assert held(shop) == {("check", "amount < 190"): refused}
    assert "no rows are held" in shop.run("quarantine", "list", "outcomes")


def test_a_held_row_says_where_it_is_from(shop):
    define(shop, "amount < 190")
    shop.run("ingest")
    rows = shop.json("quarantine", "show", "orders", "--limit", "1")
    number = next(i for i, row in enumerate(shop.orders()) if float(row[4]) >= 190)
    row = rows["rows"][0]
    assert (row["file"], row["row"], row["reason"]) == ("data/orders.csv", number + 1, "check")
    assert row["values"]["order_id"] == shop.orders()[number][0]
    assert len(rows["rows"]) == 1 < rows["matching"]
    text = shop.run("quarantine", "show", "orders", "--limit", "1")
    assert row["id"] in text and f"{rows['matching'] - 1} more of {rows['matching']}" in text
    assert shop.json("quarantine", "show", "orders", "--reason", "conflict")["rows"] == []


def test_the_quarantine_is_a_table_for_other_tools(shop):
    define(shop, "amount < 190")
    shop.run("ingest")
    (part,) = (shop.directory / ".plumb/quarantine/orders").glob("*.parquet")
    table = pyarrow.parquet.read_table(part).to_pylist()
    shown = shop.json("quarantine", "show", "orders", "--limit", "1000")["rows"]
    assert [row["__id"] for row in table] == [row["id"] for row in shown]
    assert table[0]["amount"] == shown[0]["values"]["amount"] and table[0]["__reason"] == "check"


def test_replay_lets_in_what_passes_now(shop):
    define(shop, "amount < 150")
    before = shop.json("ingest", "orders")["sources"][0]
    shop.edit("project.yaml", "amount < 150", "amount < 190")
    report = shop.json("quarantine", "replay", "orders")
    assert report["asked"] == before["refused"] == report["released"] + report["remaining"]
    assert report["released"] > 0 and report["version"] != before["version"]
    assert held(shop) == {("check", "amount < 190"): report["remaining"]}
    # The files and their meaning are loaded again, and what was let in keeps the time it was.
    after = shop.json("ingest", "orders")["sources"][0]
    assert (after["rows"], after["refused"]) == (before["rows"] + report["released"], report["remaining"])
    assert shop.json("ingest", "orders", "--force")["sources"][0]["version"] == after["version"]
    lake = shop.directory / ".plumb/lake/orders"
    newest = max(lake.glob("manifest-*.json"), key=lambda path: int(path.stem.split("-")[1]))
    rows = [row for part in json.loads(newest.read_text(encoding="utf-8"))["parts"]
            for row in pyarrow.parquet.read_table(lake / part["file"]).to_pylist()]
    late = [row for row in rows if row["__known_at"].year > 2024]
    assert len(late) == report["released"] and min(row["amount"] for row in late) >= 150


def test_replay_of_one_row(shop):
    define(shop, "amount < 150")
    shop.run("ingest", "orders")
    rows = shop.json("quarantine", "show", "orders", "--limit", "1000")["rows"]
    shop.edit("project.yaml", "amount < 150", "amount < 1000")
    chosen = [rows[1]["id"], rows[3]["id"]]
    text = shop.run("quarantine", "replay", "orders", "--where", ",".join(chosen))
    assert "2 of 2 rows pass" in text
    left = shop.json("quarantine", "show", "orders", "--limit", "1000")["rows"]
    assert [row["id"] for row in left] == [row["id"] for row in rows if row["id"] not in chosen]


def test_contradicting_versions_are_held(shop):
    rows = shop.orders()
    other = [*rows[7][:4], "1000000"]
    shop.write_orders([*rows, other, rows[7]])
    report = shop.json("ingest", "orders")["sources"][0]
    assert report["rows"] == 401 and [r["reason"] for r in report["reasons"]] == ["conflict"]


def test_rows_about_persons_are_not_shown(shop):
    define(shop, "amount < 190")
    shop.edit("project.yaml", "columns: {order_id: string, customer: string, ordered_at: timestamp, loaded_at",
              "columns: {order_id: string, customer: {type: string, pii: true}, ordered_at: timestamp, loaded_at")
    shop.run("ingest", "orders")
    row = shop.json("quarantine", "show", "orders")["rows"][0]
    assert row["values"]["customer"] == "(pii)" and row["values"]["order_id"].startswith("o")


def test_a_row_cannot_control_the_terminal(shop):
    define(shop, "amount < 190")
    rows = shop.orders()
    rows[0][1], rows[0][4] = "\x1b[2Jc01", "500"
    shop.write_orders(rows)
    shop.run("ingest", "orders")
    assert "\x1b" not in shop.run("quarantine", "show", "orders")


# Checks of the whole source.

def test_a_failing_set_check_ends_with_code_1_and_removes_nothing(shop):
    define(shop, "{rows: {min: 1000}}")
    text = shop.run("ingest", "orders", code=1)
    assert "failed" in text and "400 rows" in text
    report = shop.json("ingest", "orders", code=1)
    assert report["ok"] is False and report["sources"][0]["rows"] == 400
    assert report["sources"][0]["checks"][0]["outcome"] == "failed"
    shop.edit("project.yaml", "{rows: {min: 1000}}", "{rows: {min: 1000}, severity: warn}")
    assert "warning" in shop.run("ingest", "orders")
    shop.edit("project.yaml", "{rows: {min: 1000}, severity: warn}", "{rows: {min: 10}}")
    assert shop.json("ingest", "orders")["sources"][0]["checks"][0]["outcome"] == "passed"


def test_drift_is_measured_against_the_first_load(shop):
    define(shop, "{drift: amount}")
    assert shop.json("ingest", "orders")["sources"][0]["checks"][0]["value"] == 0
    shop.write_orders([[*row[:4], str(float(row[4]) + 100)] for row in shop.orders()])
    report = shop.json("ingest", "orders", code=1)["sources"][0]
    assert report["changed"] and report["checks"][0]["value"] > 0.2
    assert shop.json("ingest", "orders", "--set-reference")["sources"][0]["checks"][0]["outcome"] == "passed"
    assert shop.json("ingest", "orders")["sources"][0]["checks"][0]["value"] == 0


def test_freshness_of_a_history_is_not_compared(shop):
    define(shop, "{freshness: 2h}")
    assert shop.json("ingest", "orders")["sources"][0]["checks"][0]["outcome"] == "not_compared"


# Mistakes.

MISTAKES = {
    "unknown source": (("show", "odrers"), "Did you mean orders?"),
    "unknown reason": (("show", "orders", "--reason", "conflct"), "Did you mean conflict?"),
    "unknown row": (("replay", "orders", "--where", "0123456789abcdef"), "plumb quarantine show orders"),
    "unknown verb": (("lst",), "Did you mean list?"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_say_what_was_meant(shop, name):
    arguments, sentence = MISTAKES[name]
    shop.run("ingest", "orders")
    shop.run("quarantine", *arguments, code=2)
    assert sentence in shop.errors


def test_a_source_that_was_never_loaded(shop):
    assert "no rows are held" in shop.run("quarantine", "show", "orders")
    shop.run("quarantine", "replay", "orders", code=2)
    assert "plumb ingest" in shop.errors


def test_a_damaged_quarantine_is_named_and_can_be_loaded_again(shop):
    define(shop, "amount < 190")
    shop.run("ingest", "orders")
    (part,) = (shop.directory / ".plumb/quarantine/orders").glob("*.parquet")
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    shop.run("quarantine", "show", "orders", code=4)
    assert part.name in shop.errors
    shop.run("ingest", "orders", "--force")
    shop.run("quarantine", "show", "orders")


# What a dataset looks like.

def test_a_dataset_has_a_profile_beside_it(shop):
    report = shop.json("dataset", "returns", "-o", "train.parquet")
    profile = json.loads((shop.directory / report["profile"]).read_text(encoding="utf-8"))
    table = pyarrow.parquet.read_table(shop.directory / "train.parquet")
    columns = {column["name"]: column for column in profile["columns"]}
    assert list(columns) == [name for name in table.column_names if name != "__part"]
    assert profile["parts"] == ["train", "validate", "test"]
    for part, counts in report["parts"].items():
        assert columns["amount"]["parts"][part]["rows"] == counts["rows"]
    train = [row["amount"] for row in table.to_pylist() if row["__part"] == "train"]
    numbers = columns["amount"]["parts"]["train"]["numbers"]
    assert (numbers["min"], numbers["max"]) == (min(train), max(train))
    assert numbers["mean"] == pytest.approx(sum(train) / len(train))
    assert columns["amount"]["parts"]["test"]["change"]["psi"] >= 0

    page = (shop.directory / report["profile_page"]).read_text(encoding="utf-8")
    assert "customer_orders.amount_avg_30d" in page and "<svg" in page
    for word in ("<script", "http://", "https://"):
        assert word not in page
    assert profile["compared_with_earlier"] is False
    shop.json("dataset", "returns", "-o", "train.parquet")
    again = json.loads((shop.directory / report["profile"]).read_text(encoding="utf-8"))
    assert again["compared_with_earlier"] is True
    (amount,) = (column for column in again["columns"] if column["name"] == "amount")
    assert amount["parts"]["train"]["change"]["psi"] == 0


def test_a_profile_shows_no_values_about_persons(shop):
    shop.edit("project.yaml", "customer: string, ordered_at", "customer: {type: string, pii: true}, ordered_at")
    report = shop.json("dataset", "returns", "-o", "train.parquet")
    for name in (report["profile"], report["profile_page"]):
        assert "c03" not in (shop.directory / name).read_text(encoding="utf-8").replace("#c03", "")
