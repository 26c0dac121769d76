"""The program from the outside: every verb on a small project, and every mistake with its sentence and exit code."""

import csv
import json
import pathlib
import signal

import pytest

ROW = {"customer": "c03", "amount": 120.5}
AS_OF = "2024-03-20T12:00:00Z"


def last_line(text):
    return text.rstrip("\n").splitlines()[-1]


# What there is.

def test_help_names_every_verb_and_exit_code(shop):
    text = shop.run("--help")
    for word in (*VERBS, "Exit codes"):
        assert word.split(" ")[0] in text
    assert "Example:" in shop.run("why", "--help")


VERBS = ("", "init", "check", "plan", "apply", "ingest", "test", "dataset", "train", "gate", "reproduce", "diff", "models", "models list",
         "models show", "models alias", "models runs", "quarantine",
         "quarantine list", "quarantine show", "quarantine replay", "deploy", "rollback", "serve", "predict", "replay", "audit",
         "features", "features list", "features show", "features get", "query", "why")


def test_documentation_has_the_help_of_every_verb(shop):
    text = (pathlib.Path(__file__).resolve().parents[2] / "docs/cli.md").read_text(encoding="utf-8")
    for verb in VERBS:
        assert f"```\n{shop.run(*verb.split(), '--help').rstrip()}\n```" in text, f"docs/cli.md: plumb {verb}"


def test_misspelt_words_get_a_suggestion(shop):
    shop.run("trian", "returns", code=2)
    assert "Did you mean train?" in shop.errors
    shop.run("train", "returns", "--champoin", code=2)
    assert "Did you mean --champion?" in shop.errors
    assert "Did you mean" in shop.json("chekc", code=2)["error"]["suggestion"]


def test_init_writes_a_project_that_is_fine(shop):
    shop.run("init", "fresh")
    assert "project is fine" in shop.run("check", "--project", "fresh")
    shop.run("init", "fresh", code=2)
    assert "is there already" in shop.errors
    shop.run("init", "inferred", "--from", "data/orders.csv")
    text = (shop.directory / "inferred/project.yaml").read_text(encoding="utf-8")
    assert "event_time: ordered_at" in text and "event_id: order_id" in text and "key: {customer: string}" in text
    assert "project is fine" in shop.run("check", "--project", "inferred")


def test_check_counts_what_the_project_has(shop):
    text = shop.run("check")
    assert "project is fine: 2 sources, 1 entity, 3 feature views with 7 features, 1 model, 1 deployment" in text
    assert shop.json("check") == {"ok": True, "lock": "missing", "diagnostics": []}
    (shop.directory / "deeper").mkdir()
    shop.directory = shop.directory / "deeper"
    shop.run("check")


def test_ingest_reads_what_changed_and_nothing_else(shop):
    first = shop.json("ingest")
    assert [(s["source"], s["rows"], s["changed"]) for s in first["sources"]] == [("orders", 400, True),
                                                                                 ("outcomes", 400, True)]
    assert [s["changed"] for s in shop.json("ingest")["sources"]] == [False, False]
    forced = shop.json("ingest", "orders", "--force")["sources"]
    assert [(s["changed"], s["version"]) for s in forced] == [(True, first["sources"][0]["version"])]
    shop.run("ingest", "odrers", code=2)
    assert "Did you mean orders?" in shop.errors


def test_dataset_has_examples_parts_labels_and_features(shop):
    shop.run("dataset", "returns", "-o", "train.parquet")
    assert (shop.directory / "train.parquet").read_bytes()[:4] == b"PAR1"
    counts = shop.json("dataset", "returns", "-o", "train.csv")
    with (shop.directory / "train.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(part["rows"] for part in counts["parts"].values()) == len(rows)
    assert len(rows) + sum(counts["left_out"].values()) == 400
    assert {row["__part"] for row in rows} == {"train", "validate", "test"}
    assert {"customer_orders.orders_7d", "basket.against_usual", "order_id", "__t", "__label"} <= set(rows[0])
    # A visit is not part of its own features, so the first one of each customer has seen nothing.
    first = min((row for row in rows if row["customer"] == "c03"), key=lambda row: row["__t"])
    assert first["customer_orders.orders_7d"] == "0" and first["customer_orders.amount_avg_30d"] == ""
    shop.run("dataset", "returns", "-o", "train.xlsx", code=2)
    assert ".parquet or .csv" in shop.errors


def test_train_registers_a_judged_version(shop):
    text = shop.run("train", "returns")
    assert "returns@v1 (" in text and "ROC AUC [95 %]" in text and "champion" in text
    shop.run("train", "returns", "--features", "basket.*")
    versions = shop.json("models", "show", "returns@v2")
    assert [feature["name"] for feature in versions["features"]] == ["basket.amount", "basket.against_usual"]
    assert versions["metrics"]["test"]["rows"] > 50
    models = shop.json("models")["models"]
    assert models == [{"model": "returns", "versions": 2, "newest": 2, "champion": 1}]
    shop.run("models", "alias", "returns", "champion", "v2")
    assert shop.json("models", "show", "returns@champion")["version"] == 2
    assert [run["status"] for run in shop.json("models", "runs", "returns")["runs"]] == ["finished", "finished"]
    shop.run("train", "returns", "--features", "customer_ordres.*", code=2)


def test_the_same_data_gives_the_same_model(shop, trained):
    shop.run("train", "returns")
    here, there = (plumb.json("models", "show", "returns@v1") for plumb in (shop, trained))
    assert here["artifacts"]["model.ubj"] == there["artifacts"]["model.ubj"]
    assert here["data"] == there["data"]


# Serving.

def test_served_scores_are_those_of_the_command_line_and_pass_the_audit(trained):
    rows = [{"customer": f"c{number:02}", "amount": 10.0 * number} for number in range(12)]
    (trained.directory / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    with trained.serving() as server:
        status, answer = server.ask("/v1/predict/returns", {"rows": rows, "as_of": AS_OF, "features": True})
        assert status == 200, answer
        assert (answer["model"], answer["version"], answer["t"]) == ("returns", 1, AS_OF)
        assert set(answer["predictions"][0]["features"]) == set(answer["predictions"][0]["statuses"])
        over_http = trained.json("predict", "returns", "--rows", "rows.json", "--as-of", AS_OF, "--url", server.url)
        assert [p["score"] for p in over_http["predictions"]] == [p["score"] for p in answer["predictions"]]
        assert server.stop() == 0
    here = trained.json("predict", "returns", "--rows", "rows.json", "--as-of", AS_OF, "--features")
    assert here["predictions"] == answer["predictions"]
    text = trained.run("audit", "returns")
    assert last_line(text) == f"audit: {3 * 12 * 8} compared, 0 mismatches"


def test_shared_fields_rank_candidates(trained):
    with trained.serving() as server:
        body = {"shared": {"customer": "c03"}, "rows": [{"amount": 10}, {"amount": 150}], "as_of": AS_OF}
        status, answer = server.ask("/v1/predict/returns", body)
        assert status == 200 and len(answer["predictions"]) == 2
        status, features = server.ask("/v1/features", {"features": ["customer_orders.*"], "rows": [{"customer": "c03"}],
                                                       "as_of": AS_OF})
        assert status == 200, features
        assert features["features"][0] == "customer_orders.orders_7d"
        assert features["rows"][0]["statuses"]["customer_orders.orders_7d"] == "PRESENT"


def test_health_metrics_and_catalog(trained):
    with trained.serving() as server:
        server.ask("/v1/predict/returns", {"row": ROW})
        server.ask("/v1/predict/returns", b"{")
        assert server.ask("/health")[1] == {"status": "ok", "deployments": {"returns": "returns@v1"}}
        assert server.ask("/v1/health/live")[0] == 200
        assert server.ask("/v1/health/ready")[0] == 200
        _, page = server.ask("/metrics")
        assert 'plumb_requests_total{route="POST /v1/predict/{deployment}",code="200"} 1' in page
        assert 'plumb_requests_total{route="POST /v1/predict/{deployment}",code="400"} 1' in page
        assert 'plumb_prediction_rows_total{deployment="returns"} 1' in page
        assert "plumb_prediction_log_pending_records" in page and "plumb_http_connections_open" in page
        assert server.ask("/v1/deployments")[1]["deployments"][0]["version"] == 1
        assert server.ask("/v1/models")[1]["models"][0]["model"] == "returns"
        assert server.ask("/v1/models/returns")[1]["versions"][0]["version"] == 1
        assert server.ask("/v1/models/none")[0] == 404
        views = server.ask("/v1/feature_views")[1]["feature_views"]
        assert {view["name"] for view in views} == {"customer_orders", "customer_outcomes", "basket"}
        assert server.stop() == 0


def version_after(server, version):
    """Asks until the server answers with this version: it follows deployments by itself."""
    for _ in range(100_000):
        status, answer = server.ask("/v1/predict/returns", {"row": ROW, "as_of": AS_OF})
        assert status == 200, answer
        if answer["version"] == version:
            return True
    return False


def test_a_server_follows_deploy_and_rollback(trained):
    trained.run("train", "returns", "--features", "basket.*")
    with trained.serving() as server:
        assert "returns@v2 is deployed (was returns@v1)" in trained.run("deploy", "returns", "--version", "v2")
        assert version_after(server, 2)
        assert "returns@v1 is deployed" in trained.run("rollback", "returns")
        assert version_after(server, 1)
        assert server.stop() == 0
    assert last_line(trained.run("audit")).endswith(" 0 mismatches")


def test_replay_sends_examples_as_of_their_own_times(trained):
    with trained.serving() as server:
        figures = trained.json("replay", "returns", "--url", server.url, "--count", "30")
        assert figures["requests"] == 30 and 0 < figures["mean_score"] < 1
        assert "p99" in trained.run("replay", "returns", "--url", server.url, "--model", "returns", "--count", "5")
    assert trained.json("audit")["mismatched"] == 0


def test_second_server_on_the_same_state_is_refused(trained):
    with trained.serving() as server:
        trained.run("serve", "--port", "0", code=3)
        assert "A server already runs on this state" in trained.errors
        trained.run("predict", "returns", "--rows", "-", code=3, text=json.dumps(ROW))
        assert "--url" in trained.errors
        assert server.stop() == 0


# Questions.

def test_query_features_and_why_agree(trained):
    asked = ("customer=c03", "--at", AS_OF)
    value = trained.json("query", "count() over 7d of customer from orders", *asked)
    got = trained.json("features", "get", "customer_orders.*", *asked)["rows"][0]
    assert value["value"] == got["values"]["customer_orders.orders_7d"] and value["status"] == "PRESENT"
    why = trained.json("why", "customer_orders.orders_7d", *asked, "--all")
    assert why["value"] == value["value"]
    verdicts = [event["verdict"] for event in why["aggregates"][0]["events"]]
    assert verdicts.count("used") == value["value"] and "outside window" in verdicts and "not yet known" in verdicts
    text = trained.run("why", "sum(amount) over 7d of customer from orders", *asked)
    assert "more; --all shows them" in text and "used" in text
    assert trained.run("query", "count() over 7d of customer from orders", "customer=nobody", "--at", AS_OF) == \
        "0  NOT_FOUND\n"


def test_features_are_listed_and_shown(shop):
    assert "customer_orders.amount_avg_30d" in shop.run("features")
    text = shop.run("features", "show", "basket.against_usual")
    assert "amount / nullif(customer_orders.amount_avg_30d, 0)" in text and "customer_orders.amount_avg_30d" in text
    shop.run("features", "show", "basket.amuont", code=2)
    assert "Did you mean" in shop.errors


FEATURE_TEST = """\
# A visit is not part of its own window.
feature  visits_2h = count() over 2h   of customer from visits

events visits
event_time        known_at          customer
2024-01-01 08:00  2024-01-01 08:00  a
2024-01-01 09:00  2024-01-01 09:30  a

expect
time              customer  visits_2h
2024-01-01 08:00  a         0
2024-01-01 09:15  a         1
2024-01-01 09:45  a         {wanted}
"""


def test_feature_tests_pass_and_fail(shop):
    (shop.directory / "windows.test").write_text(FEATURE_TEST.format(wanted=2), encoding="utf-8")
    assert "1 cases, 3 values checked, 0 failures" in shop.run("test")
    (shop.directory / "windows.test").write_text(FEATURE_TEST.format(wanted=3), encoding="utf-8")
    assert "windows.test:" in shop.run("test", "windows.test", code=1)


# Mistakes.

PROJECT_MISTAKES = {
    "unknown key": ("event_time: ordered_at", "evnt_time: ordered_at", "Did you mean event_time?"),
    "type mismatch": ("avg(amount) over 30d", "avg(customer) over 30d", "customer"),
    "missing column": ("max(amount)", "max(amuont)", "Did you mean amount?"),
    "unknown view": ("nullif(customer_orders.", "nullif(customer_ordres.", "customer_orders"),
    "unknown model": ("model: returns@champion", "model: retruns@champion", "Did you mean returns?"),
    "empty part": ("test_until: 2024-04-10", "test_until: 2024-03-10", "Split leaves a part empty"),
    "no expression": ("count() over 7d", "count( over 7d", "project.yaml:"),
}


@pytest.mark.parametrize("name", PROJECT_MISTAKES)
def test_check_finds(shop, name):
    old, new, sentence = PROJECT_MISTAKES[name]
    shop.edit("project.yaml", old, new)
    text = shop.run("check", code=1)
    assert sentence in text and "project.yaml:" in text and "error: " in text
    assert shop.json("check", code=1)["ok"] is False
    shop.run("ingest", code=2)
    assert sentence in shop.errors


def test_check_finds_several_mistakes_at_once(shop):
    shop.edit("project.yaml", "max(amount)", "max(amuont)")
    shop.edit("project.yaml", "avg(returned)", "avg(retruned)")
    assert shop.run("check", code=1).count("error: ") == 2


def test_check_finds_a_cycle_between_views(shop):
    (shop.directory / "cycle.yaml").write_text(
        "feature_views:\n"
        "  one: {request: {customer: string}, features: {a: two(customer = customer).b}}\n"
        "  two: {request: {customer: string}, features: {b: one(customer = customer).a}}\n", encoding="utf-8")
    text = shop.run("check", code=1)
    assert "one" in text and "two" in text and "cycle.yaml:" in text


def test_check_finds_a_duplicate_name(shop):
    (shop.directory / "more.yaml").write_text("entities:\n  customer: {key: {customer: string}}\n", encoding="utf-8")
    assert "customer" in shop.run("check", code=1)


def test_check_finds_an_unknown_configuration_key(shop):
    (shop.directory / "plumb.yaml").write_text("serve: {prot: 80}\n", encoding="utf-8")
    assert "Did you mean serve.port?" in shop.run("check", code=1)


def test_example_file_without_keys_is_refused(shop):
    shop.edit("project.yaml", "examples: {source: orders, time: ordered_at}",
              "examples: {path: data/orders.csv, columns: {order_id: string, ordered_at: timestamp}, time: ordered_at}")
    text = shop.run("check", code=1)
    assert "Examples lack a column that the features need: customer" in text


def test_example_with_a_null_key_is_refused(shop):
    rows = shop.orders()
    rows[200][1] = ""
    shop.write_orders(rows)
    shop.run("dataset", "returns", "-o", "train.csv", code=2)
    assert "Example has a null key" in shop.errors
    assert not (shop.directory / "train.csv").exists()


TABLE_MISTAKES = {
    "broken row": (lambda text: text.replace("o005,", "o005,extra,"), "orders.csv:7"),
    "wrong type": (lambda text: text.replace(text.splitlines()[9].split(",")[4], "much", 1), "amount"),
    "missing column": (lambda text: text.replace("amount", "price", 1), "amount"),
    "empty file": (lambda text: "", "orders.csv"),
}


@pytest.mark.parametrize("name", TABLE_MISTAKES)
def test_ingest_refuses(shop, name):
    change, sentence = TABLE_MISTAKES[name]
    before = shop.json("ingest", "orders")["sources"][0]["version"]
    table = shop.directory / "data/orders.csv"
    original = table.read_text(encoding="utf-8")
    table.write_text(change(original), encoding="utf-8")
    shop.run("ingest", "orders", code=2)
    assert sentence in shop.errors
    table.write_text(original, encoding="utf-8")
    assert shop.json("ingest", "orders")["sources"][0] == {
        "source": "orders", "rows": 400, "files": 1, "skipped_null_time": 0, "refused": 0, "reasons": [], "warnings": [],
        "checks": [], "version": before, "changed": False}


def test_missing_files_and_names(shop):
    (shop.directory / "data/outcomes.csv").unlink()
    shop.run("ingest", code=2)
    assert "outcomes" in shop.errors
    shop.run("deploy", "retruns", code=2)
    assert "Did you mean returns?" in shop.errors
    shop.run("deploy", "returns", code=2)
    shop.run("rollback", "returns", code=2)
    shop.run("train", "none", code=2)
    shop.run("audit", code=2)
    assert "Nothing was predicted yet" in shop.errors
    shop.run("query", "count() over 7d of customer from orders", "customer=c03", "--state", "elsewhere", code=2)
    assert "plumb ingest orders" in shop.errors


def test_no_project_anywhere(shop, tmp_path):
    (tmp_path / "empty").mkdir()
    shop.directory = tmp_path / "empty"
    shop.run("check", code=2)
    assert "plumb init" in shop.errors


def test_questions_with_mistakes(trained):
    trained.run("query", "cuont() over 7d of customer from orders", "customer=c03", code=2)
    assert "<query>:1:" in trained.errors
    trained.run("query", "count() over 7d of customer from orders", code=2)
    assert "Key is missing: customer" in trained.errors
    trained.run("query", "count() over 7d of customer from orders", "custmer=c03", code=2)
    assert "customer=string" in trained.errors
    trained.run("query", "count() over 7d of customer from orders", "customer=c03", "--at", "noon", code=2)
    trained.run("predict", "returns", "--rows", "-", code=2, text='{"customer": "c03"}')
    assert "row.amount" in trained.errors
    trained.run("predict", "returns", "--rows", "-", code=2, text="[{")
    trained.run("predict", "returns", "--rows", "-", "--url", "http://127.0.0.1:1", code=3, text=json.dumps(ROW))


REQUEST_MISTAKES = {
    "no JSON": (b"{", 400, "1:2"),
    "no rows": ({"rows": []}, 400, "rows"),
    "unknown member": ({"rosw": []}, 400, "rosw"),
    "unknown field": ({"row": {**ROW, "colour": "red"}}, 400, "row.colour"),
    "missing field": ({"rows": [ROW, {"customer": "c03"}]}, 400, "rows[1].amount"),
    "wrong type": ({"rows": [{"customer": "c03", "amount": "much"}]}, 400, "rows[0].amount"),
    "null key": ({"rows": [{"customer": None, "amount": 1}]}, 400, "rows[0].customer"),
    "too many rows": ({"rows": [ROW] * 51}, 400, "rows"),
}


def test_malformed_requests_say_where(trained):
    with trained.serving() as server:
        for name, (body, code, where) in REQUEST_MISTAKES.items():
            status, answer = server.ask("/v1/predict/returns", body)
            assert (status, answer["error"]["where"]) == (code, where), name
            assert answer["error"]["code"] == "invalid_argument" and answer["error"]["message"]
        assert server.ask("/v1/predict/retruns", {"row": ROW})[0] == 404
        assert server.ask("/v1/features", {"features": ["basket.amuont"], "row": ROW})[0] == 404
        assert server.ask("/v1/predikt/returns", {"row": ROW})[0] == 404
        assert server.ask("/v1/predict/returns")[0] == 405


def test_a_corrupt_model_file_is_never_served(trained):
    digest = trained.json("models", "show", "returns@v1")["artifacts"]["model.ubj"]
    found = list((trained.directory / ".plumb/artifacts").rglob(f"*{digest}*")) or \
        list((trained.directory / ".plumb/artifacts").rglob(f"*{digest[2:]}*"))
    assert len(found) == 1
    content = bytearray(found[0].read_bytes())
    content[len(content) // 2] ^= 1
    found[0].chmod(0o644)
    found[0].write_bytes(bytes(content))
    trained.run("serve", "--port", "0", code=4)
    trained.run("deploy", "returns", code=4)
    assert trained.json("predict", "returns", "--rows", "-", code=4, text=json.dumps(ROW))["error"]["code"] == "data_loss"


def test_interrupted_training_leaves_no_version(shop):
    shop.edit("project.yaml", "rounds: 30, early_stopping: 10", "rounds: 100000, early_stopping: 10000")
    shop.edit("project.yaml", "eta: 0.2", "eta: 0.00001")
    process = shop.start("train", "returns")
    try:
        running = False
        while not running and process.poll() is None:
            running = any(run["status"] == "running" for run in shop.json("models", "runs", "returns")["runs"])
        assert running, process.communicate()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=shop.wait_seconds)
    finally:
        process.kill()
    assert process.returncode == 130
    assert [run["status"] for run in shop.json("models", "runs", "returns")["runs"]] == ["failed"]
    assert shop.json("models")["models"] in ([], [{"model": "returns", "versions": 0, "newest": None, "champion": None}])
    assert not [path for path in (shop.directory / ".plumb").rglob("*tmp*")]


def test_one_writer_at_a_time(shop):
    shop.run("ingest")
    shop.edit("project.yaml", "rounds: 30, early_stopping: 10", "rounds: 100000, early_stopping: 10000")
    shop.edit("project.yaml", "eta: 0.2", "eta: 0.00001")
    process = shop.start("train", "returns")
    try:
        while process.poll() is None and not shop.json("models", "runs", "returns")["runs"]:
            pass
        shop.run("ingest", code=3)
        assert "Another plumb process is writing to this state" in shop.errors
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=shop.wait_seconds)
        process.kill()


# The audit can fail. Each test changes one thing between serving and audit, and nothing else is reported.

def serve_once(plumb, *arguments):
    with plumb.serving(*arguments) as server:
        status, answer = server.ask("/v1/predict/returns", {"row": ROW, "as_of": AS_OF, "features": True})
        assert status == 200, answer
        assert server.stop() == 0
    return answer["predictions"][0]["features"]


def recent_order(plumb):
    """The place of the newest order of ROW's customer that was known before AS_OF."""
    rows = plumb.orders()
    known = [i for i, row in enumerate(rows) if row[1] == ROW["customer"] and row[3] < AS_OF]
    return max(known, key=lambda i: rows[i][2])


def failing_audit(plumb, *arguments):
    report = plumb.json("audit", *arguments, code=1)
    text = plumb.run("audit", *arguments, code=1)
    assert last_line(text) == f"audit: {report['compared']} compared, {report['mismatched']} mismatches"
    assert report["mismatched"] > 0 and "for example" in text
    return {mismatch["feature"]: mismatch["example"] for mismatch in report["mismatches"]}


def test_audit_finds_an_event_that_is_gone(trained):
    served = serve_once(trained)
    rows = trained.orders()
    del rows[recent_order(trained)]
    trained.write_orders(rows)
    trained.run("ingest", "--force")
    assert trained.json("audit")["mismatched"] == 0, "the data that was served from is still there"
    examples = failing_audit(trained, "--newest")
    inputs = examples["customer_orders.hours_since"]["inputs"].split(", ")
    assert sorted(inputs) == ["amount=120.5", "customer=c03"]
    assert examples["customer_orders.orders_7d"]["served"].startswith(str(served["customer_orders.orders_7d"]))
    assert "customer_outcomes.returned_share_30d" not in examples


def test_audit_finds_a_shifted_known_at(trained):
    serve_once(trained)
    rows = trained.orders()
    rows[recent_order(trained)][3] = "2024-03-20T12:00:00Z"
    trained.write_orders(rows)
    trained.run("ingest", "--force")
    examples = failing_audit(trained, "--newest")
    assert "customer_orders.orders_7d" in examples and "customer_outcomes.returned_share_30d" not in examples


def test_audit_finds_a_changed_expression(trained):
    trained.edit("project.yaml", "max(amount) over 30d", "max(amount) over 30d + 1")
    serve_once(trained, "--definitions", "project")
    examples = failing_audit(trained)
    assert set(examples) - {"score"} == {"customer_orders.amount_max_30d"}
    served, recomputed = (float(examples["customer_orders.amount_max_30d"][key].split()[0])
                          for key in ("served", "recomputed"))
    assert served == pytest.approx(recomputed + 1)
