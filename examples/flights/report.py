"""Prints the demo's summary from two `plumb --json models show` documents: the baseline's and the champion's."""

import json
import sys


def line(name, metrics):
    test = metrics["test"]
    auc, pr = test["roc_auc"], test["pr_auc"]
    print(f"{name:<38} {auc['value']:.4f} [{auc['low']:.4f}, {auc['high']:.4f}]   {pr['value']:.4f}   "
          f"{test['log_loss']['value']:.4f}   {test['ece']:.4f}   {test['calibration_slope']:.3f}")


def main():
    baseline, champion = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:3])
    test = champion["metrics"]["test"]
    print(f"test months: {test['rows']:,} flights, {test['positives'] / test['rows']:.1%} late")
    print(f"{'':<38} ROC AUC [95 % interval]    PR AUC   log loss   ECE      slope")
    line(f"baseline (v{baseline['version']}, timetable only)", baseline["metrics"])
    line(f"champion (v{champion['version']}, {len(champion['features'])} features)", champion["metrics"])
    print("calibration of the champion (predicted → observed): " + ", ".join(
        f"{b['mean_score']:.2f} → {b['observed']:.2f}" for b in test["calibration"]))
    print("top features by gain: " + ", ".join(
        f"{entry['feature']} {entry['gain']:.1%}" for entry in champion["metrics"]["importance"][:8]))


if __name__ == "__main__":
    main()
