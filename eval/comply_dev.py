#!/usr/bin/python3
"""comply_dev.py [--no-model] [--kind K ...] [--show N]: what each disguise costs on our own lines, for whoever works on the engine.

Nothing of measure/ is read. The texts: lines of tools/train/seeds/model-lines-*.txt that training holds out (without the model: all
lines there), as far as they are flagged as they are; and beside the loss, how many held-out clean lines are flagged so. --show N prints N lost texts of each kind, --show -1 the
clean ones flagged. ZHANWEI names the program.
"""
import argparse
import glob
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "tools", "train"), os.path.join(HERE, "..", "tools", "train", "seeds")]
import comply_evade as measure  # noqa: E402
import comply_sets as sets  # noqa: E402
import evade  # noqa: E402
import expand  # noqa: E402

SEED, STRENGTH, MOST = 99, 0.25, 3000


def texts(labels, all_lines):
    slots = expand.read_slots(os.path.join(expand.HERE, "slots.tsv"))
    out = set()
    for label in labels:
        own = [label + ".txt"] if label in ("clean", "hard") else []
        for path in sorted(glob.glob(os.path.join(expand.HERE, "model-lines-%s*.txt" % label)) + [os.path.join(expand.HERE, n) for n in own]):
            for line in expand.read_lines(path):
                if all_lines or measure.held_out("s:" + line):
                    out.add(sets.one_line(expand.fill(line, slots, expand.generator(SEED, label, line))))
    return sorted(out, key=measure.order)


def check(options, lines):
    run = subprocess.run([os.environ.get("ZHANWEI", "build/zhanwei"), "check", "--lines", "--format", "json", *options, "-"],
                         input="".join(t + "\n" for t in lines).encode(), stdout=subprocess.PIPE, check=False)
    answers = [json.loads(line)["suggestion"] != "pass" for line in run.stdout.decode().splitlines()]
    if len(answers) != len(lines):
        raise SystemExit("%d answers for %d texts" % (len(answers), len(lines)))
    return answers


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--no-model", action="store_true")
    p.add_argument("--kind", action="append", choices=evade.KINDS)
    p.add_argument("--show", type=int, default=0)
    args = p.parse_args()
    options = ["--no-model"] if args.no_model else []
    bad, good = texts(measure.BAD, args.no_model), texts(["clean", "hard"], args.no_model)
    bad = [t for t, flagged in zip(bad, check(options, bad)) if flagged][:MOST]
    good = [t for t, flagged in zip(good, check(options, good)) if not flagged]
    ev = evade.Evader(evade.Tables(), STRENGTH)
    print("%d texts, %d clean" % (len(bad), len(good)))
    for kind in args.kind or evade.KINDS:
        twist = lambda t: sets.one_line(getattr(ev, kind)(t, evade.generator(SEED, kind, t)))
        changed = [twist(t) for t in bad]
        answers, false = check(options, changed), check(options, [twist(t) for t in good])
        print("%-14s %6.2f %6.2f" % (kind, 100 * answers.count(False) / max(1, len(bad)), 100 * sum(false) / max(1, len(good))), flush=True)
        if args.show < 0:
            print("".join("    %s\n    %s\n" % (t, twist(t)) for t, a in zip(good, false) if a), end="")
        for c, t in [(c, t) for c, t, a in zip(changed, bad, answers) if not a][:max(0, args.show)]:
            print("    %s\n    %s" % (t, c))


if __name__ == "__main__":
    sys.exit(main())
