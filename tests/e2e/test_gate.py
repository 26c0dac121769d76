"""Gates, reproduction and comparison of versions, by the real program on the shop."""

import json
import shutil

import pytest

GATE = "    gate: {metric: log_loss, margin: 0.05, rows: 50, slices: {rows: 30}, calibration: 0.2, latency_p99: 1m}\n"
WORSE = "eta: 0.2, tree_method: hist"
BLIND = "eta: 0.0001, tree_method: hist"


def add_gate(shop, gate=GATE):
    shop.edit("project.yaml", "    train: {with: xgboost", f"    slices: [customer]\n{gate}    train: {{with: xgboost")


def aliases(shop, version):
    return set(shop.json("models", "show", f"returns@v{version}")["aliases"])


@pytest.fixture
def gated(shop):
    add_gate(shop)
    return shop


def test_training_promotes_what_passes_and_keeps_the_verdict(gated):
    first = gated.json("train", "returns")
    assert set(first["aliases"]) == {"challenger", "champion", "latest"}
    assert first["gate"]["verdict"] == "promote" and first["gate"]["promoted"]
    assert first["gate"]["comparisons"] == []

    text = gated.run("train", "returns")
    assert "gate of returns@v2: promote" in text
    assert "returns@v2 is the champion now" in text
    assert aliases(gated, 2) == {"challenger", "champion", "latest"}
    shown = gated.json("models", "show", "returns@v2")
    assert [entry["verdict"] for entry in shown["verdicts"]] == ["promote"]
    comparison = shown["verdicts"][0]["report"]["comparisons"][0]
    assert (comparison["role"], comparison["version"], comparison["difference"]) == ("champion", "returns@v1", 0)
    assert comparison["first"] == shown["metrics"]["test"]["log_loss"]["value"]
    assert "gate      promote" in gated.run("models", "show", "returns@v2")


def test_a_worse_version_stays_a_challenger_and_its_deployment_is_a_warning(gated):
    gated.run("train", "returns")
    gated.edit("project.yaml", WORSE, BLIND)
    worse = gated.json("train", "returns")
    assert worse["gate"]["verdict"] != "promote" and not worse["gate"]["promoted"]
    assert set(worse["aliases"]) == {"challenger", "latest"}
    assert "champion" in aliases(gated, 1)

    assert gated.json("gate", "returns", "--promote", code=1)["challenger"] == "returns@v2"
    assert "champion" in aliases(gated, 1)
    assert len(gated.json("models", "show", "returns@v2")["verdicts"]) == 2
    gated.run("deploy", "returns", "--version", "v2")
    assert "The gate did not pass returns@v2" in gated.errors
    gated.run("deploy", "returns", "--version", "v1")
    assert "gate" not in gated.errors


def test_small_losses_do_not_add_up(gated):
    """A champion that was put there by hand is easy to keep up with; the best past version is not."""
    gated.run("train", "returns")
    gated.edit("project.yaml", WORSE, BLIND)
    gated.run("train", "returns")
    gated.run("models", "alias", "returns", "champion", "v2")
    report = gated.json("train", "returns")["gate"]
    assert report["verdict"] != "promote"
    roles = {c["role"]: (c["version"], c["verdict"]) for c in report["comparisons"]}
    assert roles["champion"] == ("returns@v2", "not_worse")
    assert roles["best past version"][0] == "returns@v1"
    assert roles["best past version"][1] in ("worse", "inconclusive")


def test_promotion_by_hand_when_the_gate_says_so(shop):
    add_gate(shop, "    gate: {metric: log_loss, margin: 0.05, rows: 50, promote: false}\n")
    assert not shop.json("train", "returns")["gate"]["promoted"]
    assert aliases(shop, 1) == {"challenger", "latest"}
    assert "returns@v1 is the champion now" in shop.run("gate", "returns@v1", "--promote")
    assert aliases(shop, 1) == {"challenger", "champion", "latest"}


def test_old_champions_answer_by_their_own_definitions(gated):
    first = gated.json("train", "returns")
    gated.edit("project.yaml", "over 30d", "over 10d")
    comparison = gated.json("train", "returns")["gate"]["comparisons"][0]
    assert comparison["version"] == "returns@v1"
    assert comparison["second"] == first["metrics"]["test"]["log_loss"]["value"]


def test_mistakes_of_gates(shop, trained):
    trained.run("gate", "returns@v1", code=2)
    assert "Model has no gate: returns." in trained.errors
    trained.run("gate", "returns@v7", code=2)
    add_gate(shop, "    gate: {metric: rmse, margin: -1, agianst: champion}\n")
    text = shop.run("check", code=1)
    for sentence in ("Gate cannot compare versions by this metric: rmse.", "margin", "Did you mean against?"):
        assert sentence in text


def test_reproduce_gives_the_same_bytes(trained):
    text = trained.run("reproduce", "returns@v1")
    shown = trained.json("models", "show", "returns@v1")
    assert f"returns@v1 is identical: {shown['artifacts']['model.ubj']}" in text
    made = trained.json("reproduce", "returns")
    assert made["identical"] and made["differences"] == []
    assert made["sha256"] == made["recorded_sha256"]


def test_reproduce_uses_what_the_version_recorded(trained):
    """Neither a changed project nor newer data matters."""
    trained.edit("project.yaml", "max_depth: 3", "max_depth: 2")
    trained.edit("project.yaml", "over 30d", "over 3d")
    trained.write_orders(trained.orders()[:-1])
    trained.run("ingest")
    assert trained.json("reproduce", "returns@v1")["identical"]
    assert len(trained.json("models", "list")["models"]) == 1
    assert trained.json("models", "show", "returns")["version"] == 1


def test_reproduce_says_that_data_is_gone(trained):
    for file in (trained.directory / ".plumb/lake/orders").glob("manifest-*"):
        file.unlink()
    text = trained.run("reproduce", "returns@v1", code=1)
    assert "returns@v1 is not reproduced" in text
    assert "  data: The version's data cannot be read as it was: " in text


def test_diff_says_what_changed_and_what_it_brought(trained):
    trained.edit("project.yaml", "amount_max_30d: max(amount) over 30d", "amount_max_30d: max(amount) over 20d")
    trained.edit("project.yaml", "      hours_since: (t - last(event_time)) / 1h\n", "      amount_last: last(amount)\n")
    trained.edit("project.yaml", "max_depth: 3", "max_depth: 2")
    trained.run("train", "returns")
    diff = trained.json("diff", "returns@v1", "v2")
    assert diff["features"]["added"] == ["customer_orders.amount_last"]
    assert diff["features"]["removed"] == ["customer_orders.hours_since"]
    assert [change["name"] for change in diff["features"]["changed"]] == ["customer_orders.amount_max_30d"]
    assert {"max_depth"} <= {change["name"] for change in diff["parameters"]}
    metrics = {metric["metric"]: metric for metric in diff["metrics"]}
    for version, side in ((1, "first"), (2, "second")):
        shown = trained.json("models", "show", f"returns@v{version}")["metrics"]["test"]
        assert metrics["roc_auc"][side] == shown["roc_auc"]["value"]
    for metric in metrics.values():
        assert metric["low"] <= metric["difference"] <= metric["high"]
    predictions = diff["predictions"]
    assert predictions["rows"] == metrics["roc_auc"]["rows"]
    assert 0 < predictions["mean_absolute"] <= predictions["largest"]
    assert len(predictions["farthest"]) == 5 and predictions["farthest"][0]["example"]["order_id"].startswith("o")

    text = trained.run("diff", "returns@v1", "returns@v2")
    for words in ("  added    customer_orders.amount_last", "  removed  customer_orders.hours_since", "max_depth",
                  "difference [95 %]", "decided otherwise", "data: the same"):
        assert words in text
    same = trained.json("diff", "returns@v1", "v1")
    assert same["data"] == same["parameters"] == [] and same["predictions"]["largest"] == 0


def test_versions_of_before_gates_are_compared_and_reproduced(trained, binary, tmp_path):
    """A version without digests and environment, as older programs wrote it, lacks nothing but the explanation."""
    import sqlite3
    copy = tmp_path / "old"
    shutil.copytree(trained.directory, copy)
    database = sqlite3.connect(copy / ".plumb/registry.db")
    data = json.loads(database.execute("SELECT data FROM versions").fetchone()[0])
    del data["digests"], data["environment"]
    trigger = database.execute("SELECT sql FROM sqlite_schema WHERE name = 'versions_no_UPDATE'").fetchone()[0]
    database.execute("DROP TRIGGER versions_no_UPDATE")
    database.execute("UPDATE versions SET data = ?", (json.dumps(data),))
    database.execute(trigger)
    database.commit()
    database.close()
    trained.directory = copy
    assert trained.json("reproduce", "returns@v1")["identical"]
    assert trained.json("diff", "returns@v1", "v1")["predictions"]["largest"] == 0
