"""A small shop as a plumb project: 400 orders of 12 customers over 100 days, some of which come back."""

import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import threading
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

import pytest

SEED = 20240101
ORDERS = 400
START = datetime(2024, 1, 1, tzinfo=timezone.utc)
WAIT_SECONDS = 300

PROJECT = """\
sources:
  orders:
    path: data/orders.csv
    event_time: ordered_at
    known_at: loaded_at
    event_id: order_id
    columns: {order_id: string, customer: string, ordered_at: timestamp, loaded_at: timestamp, amount: float64}
  outcomes:
    path: data/outcomes.csv
    event_time: decided_at
    available_after: 1h
    event_id: order_id
    columns: {order_id: string, customer: string, decided_at: timestamp, returned: bool}

entities:
  customer: {key: {customer: string}}

feature_views:
  customer_orders:
    entity: customer
    source: orders
    owner: shop@example.com
    features:
      orders_7d: count() over 7d
      amount_avg_30d: avg(amount) over 30d
      amount_max_30d: max(amount) over 30d
      hours_since: (t - last(event_time)) / 1h
  customer_outcomes:
    entity: customer
    source: outcomes
    features:
      returned_share_30d: avg(returned) over 30d
  basket:
    request: {customer: string, amount: float64}
    features:
      amount: amount
      against_usual: amount / nullif(customer_orders.amount_avg_30d, 0)

models:
  returns:
    examples: {source: orders, time: ordered_at}
    label: {is: returned, from: outcomes, by: order_id}
    features: [basket.*, customer_orders.*, customer_outcomes.*]
    split: {train_until: 2024-02-25, validate_until: 2024-03-18, test_until: 2024-04-10, gap: 3d}
    train: {with: xgboost, rounds: 30, early_stopping: 10, seed: 3, max_depth: 3, eta: 0.2, tree_method: hist}

deployments:
  returns:
    model: returns@champion
    limits: {rows: 50}
"""


def stamp(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def write_tables(folder):
    """The same tables on every machine: only `random` with a seed."""
    generator = random.Random(SEED)
    folder.mkdir(parents=True)
    orders = ["order_id,customer,ordered_at,loaded_at,amount"]
    outcomes = ["order_id,customer,decided_at,returned"]
    for number in range(ORDERS):
        customer = generator.randrange(12)
        ordered = START + timedelta(minutes=100 * 24 * 60 * number // ORDERS + generator.randrange(200))
        amount = round(5 + 200 * generator.random() ** 2, 2)
        loaded = ordered + timedelta(minutes=2 + generator.randrange(30))
        returned = generator.random() < 0.15 + 0.05 * (customer % 4) + (0.4 if amount > 100 else 0)
        decided = ordered + timedelta(hours=30 + generator.randrange(18))
        orders.append(f"o{number:03},c{customer:02},{stamp(ordered)},{stamp(loaded)},{amount}")
        outcomes.append(f"o{number:03},c{customer:02},{stamp(decided)},{'true' if returned else 'false'}")
    (folder / "orders.csv").write_text("\n".join(orders) + "\n", encoding="utf-8")
    (folder / "outcomes.csv").write_text("\n".join(outcomes) + "\n", encoding="utf-8")


class Server:
    """A running `plumb serve` and what it answers."""

    def __init__(self, process, url):
        self.process = process
        self.url = url

    def ask(self, path, body=None):
        """Status and decoded body (text that is not JSON as it is)."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=WAIT_SECONDS)


class Plumb:
    """The program, run in one project's directory."""

    wait_seconds = WAIT_SECONDS

    def __init__(self, binary, directory):
        self.binary = binary
        self.directory = pathlib.Path(directory)

    def run(self, *arguments, code=0, text=None):
        """Its standard output; fails unless it ends with `code`. Standard error is in `self.errors`."""
        done = subprocess.run([self.binary, *map(str, arguments)], cwd=self.directory, input=text, text=True,
                              capture_output=True, timeout=WAIT_SECONDS, check=False)
        self.errors = done.stderr
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments, code=0, text=None):
        return json.loads(self.run("--json", *arguments, code=code, text=text))

    def start(self, *arguments):
        return subprocess.Popen([self.binary, *map(str, arguments)], cwd=self.directory, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    @contextlib.contextmanager
    def serving(self, *arguments):
        with (self.directory / "serve.log").open("w", encoding="utf-8") as log:
            process = subprocess.Popen([self.binary, "serve", "--port", "0", *arguments], cwd=self.directory, text=True,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        watchdog = threading.Timer(WAIT_SECONDS, process.kill)
        watchdog.start()
        try:
            line = process.stdout.readline()
            found = re.search(r"listening on (http://\S+)", line)
            assert found, line + (self.directory / "serve.log").read_text(encoding="utf-8")
            yield Server(process, found[1])
        finally:
            watchdog.cancel()
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdout.close()

    def edit(self, path, old, new):
        file = self.directory / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {path}"
        file.write_text(text.replace(old, new), encoding="utf-8")

    def orders(self):
        """Rows of the orders table without the header."""
        lines = (self.directory / "data/orders.csv").read_text(encoding="utf-8").splitlines()
        return [line.split(",") for line in lines[1:]]

    def write_orders(self, rows):
        text = "order_id,customer,ordered_at,loaded_at,amount\n" + "".join(",".join(row) + "\n" for row in rows)
        (self.directory / "data/orders.csv").write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def binary():
    path = os.environ.get("PLUMB_BINARY")
    if not path:
        pytest.skip("PLUMB_BINARY is not set: ./dev test sets it to the program it has built")
    return path


@pytest.fixture(scope="session")
def shop_template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop") / "project"
    write_tables(folder / "data")
    (folder / "project.yaml").write_text(PROJECT, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def trained_template(binary, shop_template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "project"
    shutil.copytree(shop_template, folder)
    plumb = Plumb(binary, folder)
    plumb.run("train", "returns")
    plumb.run("deploy", "returns")
    return folder


@pytest.fixture
def shop(binary, shop_template, tmp_path):
    """The project with its tables, nothing loaded."""
    shutil.copytree(shop_template, tmp_path / "shop")
    return Plumb(binary, tmp_path / "shop")


@pytest.fixture
def trained(binary, trained_template, tmp_path):
    """The same with version 1 trained and deployed."""
    shutil.copytree(trained_template, tmp_path / "trained")
    return Plumb(binary, tmp_path / "trained")
