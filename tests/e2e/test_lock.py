"""plumb.lock from the outside: plan, apply, check --locked; what is noticed, what is refused, and what goes on serving."""

import json
import re

import pytest

ROW = {"customer": "c03", "amount": 120.5}
AS_OF = "2024-03-20T12:00:00Z"
GROWN = ("      amount_max_30d: max(amount) over 30d\n",
         "      amount_max_30d: max(amount) over 30d\n      amount_sum_7d: sum(amount) over 7d\n")


def lock_of(plumb):
    return (plumb.directory / "plumb.lock").read_text(encoding="utf-8")


def write_lock(plumb, text):
    (plumb.directory / "plumb.lock").write_text(text, encoding="utf-8")


def view_of(plan, name):
    return next(view for view in plan["views"] if view["view"] == name)


def states(view):
    return sorted(aggregate["state"] for aggregate in view["aggregates"])


def test_apply_writes_what_plan_shows(shop):
    plan = shop.json("plan")
    assert plan["locked"] is False and plan["changes"] is True
    assert {view["change"] for view in plan["views"]} == {"added"}
    shop.run("plan", "--exit-code", code=1)
    assert not (shop.directory / "plumb.lock").exists() and not (shop.directory / ".plumb").exists()
    text = shop.run("apply")
    assert "wrote plumb.lock: 2 sources, 3 views, 1 model" in text and "orders has not been loaded" in text
    lock = lock_of(shop)
    for line in ("format: plumb-lock\n", "  customer_orders:\n    version: 1\n", '    source: "orders"\n',
                 '    inputs: "customer string, amount float64"\n', "    - customer_orders.orders_7d\n"):
        assert line in lock
    assert re.search(r"\nchecksum: [0-9a-f]{64}\n\Z", lock)
    assert "nothing to change" in shop.run("plan", "--exit-code")
    assert shop.json("apply")["applied"] is False
    assert lock_of(shop) == lock


def test_check_says_whether_the_lock_is_there_and_current(shop):
    shop.run("check")
    assert "there is no plumb.lock yet" in shop.errors
    assert "plumb.lock" in shop.run("check", "--locked", code=1)
    shop.run("apply")
    assert shop.json("check", "--locked") == {"ok": True, "lock": "current", "diagnostics": []}
    shop.edit("project.yaml", *GROWN)
    shop.run("check")
    assert "plumb.lock is behind the project: 1 view, 1 model" in shop.errors
    assert shop.json("check")["lock"] == "behind"
    report = shop.json("check", "--locked", code=1)
    assert report["ok"] is False and len(report["diagnostics"]) == 2
    shop.run("apply")
    shop.run("check", "--locked")


def test_growth_of_a_pattern_is_shown(shop):
    shop.run("ingest")
    shop.run("apply")
    before = lock_of(shop)
    shop.edit("project.yaml", *GROWN)
    text = shop.run("plan")
    assert "~ customer_orders  v1 → v2" in text and "+ amount_sum_7d  sum(amount) over" in text
    assert "      + customer_orders.amount_sum_7d" in text
    assert "backfill: 1 aggregate to fill, 400 row updates" in text and "newest data in the lake" in text
    plan = shop.json("plan")
    assert states(view_of(plan, "customer_orders")) == ["fill", "keep", "keep", "keep", "keep"]
    assert plan["models"] == [{"model": "returns", "change": "changed", "features": 8,
                               "added": ["customer_orders.amount_sum_7d"], "removed": [], "changed_meaning": []}]
    assert (plan["backfill"]["aggregates"], plan["backfill"]["row_updates"]) == (1, 400)
    assert plan["backfill"]["bytes"] > 0
    tried = shop.json("apply")["tried"]
    assert [(view["view"], view["features"], view["error"], view["skipped"]) for view in tried] == [
        ("customer_orders", 1, 0, None)]
    assert tried[0]["present"] > 0
    after = lock_of(shop)
    changed = set(after.splitlines()) ^ set(before.splitlines())
    assert len(changed) <= 12, "the diff has only the lines of what changed"


def test_a_changed_feature_is_shown_with_both_expressions_and_refused_by_locked(shop):
    shop.run("apply")
    shop.edit("project.yaml", "avg(amount) over 30d", "avg(amount) over 60d")
    text = shop.run("plan")
    assert re.search(r"~ amount_avg_30d +avg\(amount\) over \S+ → avg\(amount\) over \S+", text)
    assert re.search(r"~ against_usual .*customer_orders.amount_avg_30d changed", text), "what looks into it follows"
    view = view_of(shop.json("plan"), "customer_orders")
    feature = next(f for f in view["features"] if f["feature"] == "amount_avg_30d")
    problems = shop.run("check", "--locked", code=1)
    assert "project.yaml:" in problems
    assert (f"customer_orders.amount_avg_30d, locked {feature['before']['identity'][:12]}, "
            f"is {feature['after']['identity'][:12]}") in problems


SAME_MEANING = {
    "owner": ("owner: shop@example.com", "owner: you@example.com"),
    "promise": ("    owner: shop@example.com\n", "    owner: shop@example.com\n    sla: {freshness: 5m}\n"),
    "description": ("    owner: shop@example.com\n", "    description: What was bought\n"),
    "spelling": ("count() over 7d", "COUNT( ) over 1w"),
    "order": ("      orders_7d: count() over 7d\n      amount_avg_30d: avg(amount) over 30d\n",
              "      amount_avg_30d: avg(amount) over 30d\n      orders_7d: count() over 7d\n"),
    "unused column of a file": ("path: data/orders.csv", "path: [data/orders.csv]"),
    "patterns": ("[basket.*, customer_orders.*, customer_outcomes.*]",
                 "[customer_outcomes.returned_share_30d, basket.*, customer_orders.*]"),
}


@pytest.mark.parametrize("name", SAME_MEANING)
def test_what_means_the_same_changes_nothing(shop, name):
    shop.run("apply")
    shop.edit("project.yaml", *SAME_MEANING[name])
    shop.run("plan", "--exit-code")
    shop.run("check", "--locked")


def test_a_source_that_means_something_else_is_to_be_loaded_anew(shop):
    shop.run("ingest")
    shop.run("apply")
    shop.edit("project.yaml", "available_after: 1h", "available_after: 2h")
    text = shop.run("plan")
    assert re.search(r"~ outcomes  its rows mean something else; 400 rows, .* in the lake, to be loaded anew", text)
    assert "the rows of source outcomes changed" in text
    assert "Rows of a source mean something else than plumb.lock says: outcomes" in shop.run("check", "--locked", code=1)
    shop.run("ingest")
    assert "to be loaded anew" not in shop.run("plan"), "the lake follows the project, the lock does not yet"
    shop.run("apply")
    shop.run("check", "--locked")


def test_a_meaning_gets_its_number_back(shop):
    shop.run("apply")
    first = lock_of(shop)
    shop.edit("project.yaml", "count() over 7d", "count() over 14d")
    shop.run("apply")
    assert "  customer_orders:\n    version: 2\n" in lock_of(shop) and "    previous:\n      - {version: 1," in lock_of(shop)
    shop.edit("project.yaml", "count() over 14d", "count() over 7d")
    assert "v2 → v1, as it was before" in shop.run("plan")
    shop.run("apply")
    assert "  customer_orders:\n    version: 1\n" in lock_of(shop)
    shop.edit("project.yaml", "count() over 7d", "count() over 21d")
    shop.run("apply")
    assert "  customer_orders:\n    version: 3\n" in lock_of(shop)
    # Every environment says the same: the numbers are in the file, not in the state.
    write_lock(shop, first)
    shop.run("apply")
    assert "  customer_orders:\n    version: 2\n" in lock_of(shop)


LOCK_MISTAKES = {
    "a line changed by hand": (lambda text: text.replace("avg(returned)", "max(returned)"), 4, "checksum"),
    "a merge conflict": (lambda text: text.replace("models:\n", "<<<<<<< HEAD\nmodels:\n=======\n>>>>>>> other\n"), 2,
                         "merge conflict"),
    "cut short": (lambda text: text[:len(text) // 2], 2, "plumb.lock:"),
    "a newer plumb": (lambda text: text.replace("format_version: 1", "format_version: 2"), 2, "newer plumb"),
    "an unknown view": (lambda text: text.replace("- basket.amount\n", "- baskte.amount\n"), 2, "Did you mean basket?"),
    "no lock": (lambda text: "hello\n", 2, "format: plumb-lock"),
}


@pytest.mark.parametrize("name", LOCK_MISTAKES)
def test_a_broken_lock_is_refused(shop, name):
    change, code, sentence = LOCK_MISTAKES[name]
    shop.run("apply")
    broken = change(lock_of(shop))
    write_lock(shop, broken)
    for verb in ("plan", "apply"):
        shop.run(verb, code=code)
        assert sentence in shop.errors and "plumb.lock:" in shop.errors
    assert lock_of(shop) == broken
    for arguments in (("check",), ("check", "--locked")):
        assert sentence in shop.run(*arguments, code=1)
    # The lock says what was agreed; what works, works on.
    shop.run("ingest")


def without_outcomes(plumb):
    plumb.edit("project.yaml", "  customer_outcomes:\n    entity: customer\n    source: outcomes\n    features:\n"
                               "      returned_share_30d: avg(returned) over 30d\n", "")
    plumb.edit("project.yaml", ", customer_outcomes.*", "")


def served(plumb):
    answer = plumb.json("predict", "returns", "--rows", "-", "--as-of", AS_OF, "--features", text=json.dumps(ROW))
    return answer["predictions"][0]


def test_a_view_of_a_deployed_model_goes_only_by_force(trained):
    trained.run("apply")
    before = served(trained)
    locked = lock_of(trained)
    without_outcomes(trained)
    text = trained.run("plan")
    assert "- customer_outcomes  was v1" in text
    assert "returns@v1 keeps computing its own definitions" in text
    assert "no longer in the project: customer_outcomes.returned_share_30d" in text
    trained.run("apply", code=2)
    assert "customer_outcomes" in trained.errors and "returns@v1" in trained.errors and "--force" in trained.errors
    assert lock_of(trained) == locked
    trained.run("apply", "--force")
    assert "removed_views:\n  customer_outcomes:\n    - {version: 1," in lock_of(trained)
    # The served version has its own definitions.
    assert served(trained) == before
    trained.run("audit", "returns")


def test_a_served_model_keeps_the_old_version_of_a_view(trained):
    trained.run("apply")
    before = served(trained)
    trained.edit("project.yaml", "avg(amount) over 30d", "avg(amount) over 1d")
    assert "mean something else now: basket.against_usual, customer_orders.amount_avg_30d" in trained.run("plan")
    deployed = trained.json("apply")["deployed"]
    assert [(d["deployment"], d["model"], d["version"]) for d in deployed] == [("returns", "returns", 1)]
    assert served(trained) == before
    trained.run("audit", "returns")


def test_check_names_the_path_that_is_not_fresh_enough(shop):
    shop.edit("project.yaml", "    available_after: 1h\n", "    available_after: 1h\n    interval: 2h\n")
    needs = "    features: [basket.*, customer_orders.*, customer_outcomes.*]\n"
    shop.edit("project.yaml", needs, needs + "    needs: {freshness: 90m}\n")
    text = shop.run("check", code=1)
    assert "Freshness cannot be met: want 1h30m, at worst 3h" in text
    assert "outcomes (every 2h, known after 1h) → customer_outcomes.returned_share_30d" in text
    shop.edit("project.yaml", "freshness: 90m", "freshness: 3h")
    shop.run("check")


def test_apply_on_a_corrupt_lake_writes_nothing(shop):
    shop.run("ingest")
    part = next((shop.directory / ".plumb/lake/orders").glob("part-*"))
    part.chmod(0o644)
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(bytes(content))
    shop.run("apply", code=4)
    assert not (shop.directory / "plumb.lock").exists()
