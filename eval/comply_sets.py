"""Reading the outside sets and asking a checker: the engine (zhanwei check --lines) or the model alone (comply_train score)."""
import json
import os
import subprocess

CLASS_LABEL = {"porn": ("porn", "spreading"), "gambling": ("contraband", "gambling"), "abuse": ("abuse", "swearing"),
               "hate": ("abuse", "discrimination"), "fraud": ("adlaw", "fraud"), "blackad": ("contraband", "services"),
               "ad": ("ad", ""), "violence": ("violence", "speech")}
MODEL_REVIEW, MODEL_BLOCK = 0.5, 0.9  # of the model alone; the engine has its policies


def read_tsv(path, columns=3):
    """Rows of id, label, text. A line without tabs belongs to the text before it."""
    rows = []
    with open(path, encoding="utf-8", newline="\n") as f:
        for line in f:
            cells = line.rstrip("\r\n").split("\t")
            if len(cells) >= columns:
                rows.append(cells)
            elif rows:
                rows[-1][-1] += " " + " ".join(cells)
    return rows


def one_line(text):
    return " ".join(text.split("\n")).replace("\r", " ").replace("\x0b", " ").replace("\x0c", " ").replace("\x00", "")


class Engine:
    name = "engine"

    def __init__(self, scene=""):
        self.command = [os.environ.get("ZHANWEI", "build/zhanwei"), "check", "--lines", "--format", "json"]
        self.command += ["--scene", scene] if scene else []
        self.command.append("-")

    def check(self, texts):
        out = ask(self.command, texts)
        if len(out) != len(texts):
            raise SystemExit("%d answers for %d texts" % (len(out), len(texts)))
        return [json.loads(line) for line in out]


class Model:
    """The model alone, one window a text, with two fixed thresholds."""
    name = "model"

    def __init__(self, scene=""):
        self.command = [os.environ.get("COMPLY_TRAIN", "build/tools/train/comply_train"), "score",
                        os.environ.get("COMPLY_MODEL", "data/models/comply.bin")]

    def check(self, texts):
        out = ask(self.command, texts)
        names = out[0].split("\t")
        answers = []
        for line in out[1:]:
            p = dict(zip(names, map(float, line.split("\t"))))
            bad = 1 - p.pop("clean")
            labels = [{"label": CLASS_LABEL[c][0], "sub_label": CLASS_LABEL[c][1], "score": x}
                      for c, x in sorted(p.items(), key=lambda i: -i[1]) if x >= 0.05]
            action = "block" if bad >= MODEL_BLOCK else "review" if bad >= MODEL_REVIEW else "pass"
            answers.append({"suggestion": action, "score": bad, "labels": labels, "hits": []})
        if len(answers) != len(texts):
            raise SystemExit("%d answers for %d texts" % (len(answers), len(texts)))
        return answers


def ask(command, texts):
    data = "".join(one_line(t) + "\n" for t in texts)
    run = subprocess.run(command, input=data.encode(), stdout=subprocess.PIPE, check=False)
    return run.stdout.decode().splitlines() if run.stdout else []


def checker(kind, scene=""):
    return {"engine": Engine, "model": Model}[kind](scene)


def flagged(a):
    return a["suggestion"] != "pass"


def blocked(a):
    return a["suggestion"] == "block"


def column_score(a, *columns):
    return max((x["score"] for x in a["labels"] if x["label"] in columns), default=0)
