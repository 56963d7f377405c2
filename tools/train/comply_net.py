#!/usr/bin/python3
"""Train the neural model of src/comply/net.h (python3-torch, python3-numpy; only to train, never to build, test or run).

  comply_net.py prepare WORK                    WORK/lines.txt: what the next step reads, from $TEXT_DATA, $TEXT_MORE and WORK/data.tsv
  comply_net.py pretrain WORK MINUTES           WORK/lines.tok -> WORK/pre.pt, going on from that if it is there: hidden characters are
                                                guessed from their neighbours, often with their syllable still there (Devlin et al. 2018)
  comply_net.py finetune WORK EPOCHS [RATE]     WORK/data.tsv, data.tok, data.held -> WORK/net.pt, going on from that if it is there
  comply_net.py export WORK OUT                 the section of the model file

The .tok files are made by `comply_train tokens`, data.held by `comply_train held`. Same seeds, same order; how far pre-training gets
in its minutes depends on the machine.
"""
import glob
import json
import lzma
import math
import os
import random
import re
import struct
import sys
import time

import comply_data

DIM, HIDDEN, DILATION = 128, 192, (1, 2, 4, 8)
TOKENS = 150                      # of a text in training
PAD, UNKNOWN, END, FIRST = 0, 1, 2, 3
MIN_COUNT = 20
CLASSES = "porn gambling abuse hate fraud blackad ad violence clean".split()
CLEAN, BAD = 8, 9
GATES = 0.4, 0.92                 # whole text, worst piece
CORPUS_CHARS = {"news_xwlb": 12e6, "law": 5e6, "tech": 14e6}


def prepare(work):
    rnd, lines = random.Random(1), []
    data, more = os.environ["TEXT_DATA"], os.environ.get("TEXT_MORE", "")
    for path in sorted(glob.glob(os.path.join(data, "corpus", "*.txt.xz"))):
        left = CORPUS_CHARS.get(os.path.basename(path).split(".")[0], 12e6)
        texts = [x.strip() for x in lzma.open(path, "rt", encoding="utf-8")]
        rnd.shuffle(texts)
        for text in texts:
            left -= len(text)
            if left < 0:
                break
            lines += re.findall(r".{1,200}(?:[。！？]|$)|.{200}", text)
    for name in sorted(comply_data.REAL):
        path = os.path.join(more, "real", name + ".tsv")
        if os.path.exists(path):
            lines += [x.rstrip("\n").partition("\t")[2] for x in open(path, encoding="utf-8")] * 4
    for path in sorted(glob.glob(os.path.join(more, "*.txt"))):
        lines += [x.strip() for x in open(path, encoding="utf-8")]
    lines += [x.rstrip("\n").split("\t")[3] for x in open(os.path.join(work, "data.tsv"), encoding="utf-8")]
    rnd.shuffle(lines)
    with open(os.path.join(work, "lines.txt"), "w", encoding="utf-8") as f:
        f.writelines(x + "\n" for x in lines if x)


def read_tokens(path):
    """Characters, syllables and where each text begins in them."""
    words = np.fromfile(path, dtype=np.uint32)
    starts, at = [], 0
    while at < len(words):
        starts.append(at)
        at += 1 + 2 * int(words[at])
    starts = np.array(starts)
    sizes = words[starts].astype(np.int64)
    body = np.ones(len(words), dtype=bool)
    body[starts] = False
    pairs = words[body].reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1], np.concatenate([[0], np.cumsum(sizes)])


def vocabulary(keys):
    found, counts = np.unique(keys, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return {int(k): i + FIRST for i, k in enumerate(found[order][counts[order] >= MIN_COUNT])}


def numbered(keys, vocab):
    found, back = np.unique(keys, return_inverse=True)
    return np.array([vocab.get(int(k), UNKNOWN) for k in found], dtype=np.int16)[back]


def save_vocabulary(work, vocabs):
    json.dump(vocabs, open(os.path.join(work, "vocab.json"), "w"))


def grown(vocab, keys):
    """The vocabulary with what is new in these keys."""
    for key in vocabulary(keys):
        vocab.setdefault(key, len(vocab) + FIRST)
    return vocab


def load_encoder(net, state):
    """Weights of a net whose vocabulary was smaller."""
    for name, weight in net.state_dict().items():
        weight[:len(state[name])] = state[name]


def load_vocabulary(work):
    return [{int(k): v for k, v in x.items()} for x in json.load(open(os.path.join(work, "vocab.json")))]


def make_encoder(vocabs):
    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.c = nn.Embedding(len(vocabs[0]) + FIRST, DIM, padding_idx=PAD)
            self.s = nn.Embedding(len(vocabs[1]) + FIRST, DIM, padding_idx=PAD)
            for table in (self.c, self.s):
                nn.init.normal_(table.weight, std=0.05)
                table.weight.data[PAD] = 0
            self.i = nn.Linear(DIM, HIDDEN)
            self.b = nn.ModuleList([nn.Linear(3 * HIDDEN, HIDDEN) for _ in DILATION])
            self.ln = nn.ModuleList([nn.LayerNorm(HIDDEN) for _ in DILATION])

        def forward(self, chars, sounds, drop=0.0):
            there = (sounds > 0).unsqueeze(2).float()
            h = self.i(F.dropout(self.c(chars) + self.s(sounds), drop, self.training))
            for d, layer, norm in zip(DILATION, self.b, self.ln):
                h = h * there
                wide = F.pad(h, (0, 0, d, d))
                wide = torch.cat([wide[:, :-2 * d], wide[:, d:-d], wide[:, 2 * d:]], 2)
                h = h + F.dropout(F.relu(layer(wide)), drop, self.training)
                h = F.layer_norm(h.float(), (HIDDEN,), norm.weight, norm.bias)
            return h

    return Encoder()


def make_net(vocabs):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.o = make_encoder(vocabs), nn.Linear(2 * HIDDEN, len(CLASSES))

        def forward(self, chars, sounds, drop=0.0):
            there = (sounds > 0).unsqueeze(2)
            h = self.e(chars, sounds, drop)
            top = h.masked_fill(~there, -1e4).amax(1)
            mean = (h * there).sum(1) / there.sum(1).clamp(min=1)
            return self.o(F.dropout(torch.cat([top, mean], 1), 3 * drop, self.training))

    return Net()


def brain():
    return torch.cpu.amp.autocast(dtype=torch.bfloat16)


def pretrain(work, minutes):
    chars, sounds, ends = read_tokens(os.path.join(work, "lines.tok"))
    before = os.path.join(work, "pre.pt")
    vocabs = load_vocabulary(work) if os.path.exists(before) else [{}, {}]
    vocabs = [grown(v, keys) for v, keys in zip(vocabs, (chars, sounds))]
    save_vocabulary(work, vocabs)
    at = ends[:-1][np.diff(ends) > 0]
    x, s = (np.insert(numbered(k, v), at, END) for k, v in zip((chars, sounds), vocabs))
    net = make_encoder(vocabs)
    if os.path.exists(before):
        load_encoder(net, torch.load(before))
    back, bias = nn.Linear(HIDDEN, DIM), nn.Parameter(torch.zeros(len(vocabs[0]) + FIRST))
    weights = list(net.parameters()) + list(back.parameters()) + [bias]
    opt = torch.optim.AdamW(weights, 1e-3, weight_decay=0.01, betas=(0.9, 0.98))
    rng, rows, length, began, step = np.random.default_rng(2), 64, 96, time.time(), 0
    while time.time() - began < minutes * 60:
        done = (time.time() - began) / (minutes * 60)
        for group in opt.param_groups:
            group["lr"] = 2e-3 * min(1, step / 300) * (0.485 * (1 + math.cos(math.pi * done)) + 0.03)
        pick = rng.integers(0, len(x) - length, rows)[:, None] + np.arange(length)
        want, heard = (torch.from_numpy(t[pick].astype(np.int64)) for t in (x, s))
        hidden = (torch.rand(want.shape) < 0.18) & (want > END)
        deaf, kept = hidden & (torch.rand(want.shape) < 0.6), torch.rand(want.shape) < 0.05
        given = torch.where(hidden & ~kept, torch.tensor(UNKNOWN), want)
        given = torch.where((torch.rand(want.shape) < 0.01) & (want > END), torch.randint(FIRST, len(bias), want.shape), given)
        at = hidden.reshape(-1).nonzero().squeeze(1)
        with brain():
            guess = F.linear(back(net(given, torch.where(deaf, torch.tensor(UNKNOWN), heard)).reshape(-1, HIDDEN)[at]), net.c.weight, bias)
        loss = F.cross_entropy(guess.float(), want.reshape(-1)[at])
        opt.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(weights, 1.0)
        opt.step()
        step += 1
        if step % 500 == 0:
            print("pretrain: step %d, loss %.3f" % (step, loss.item()), file=sys.stderr, flush=True)
    torch.save(net.state_dict(), os.path.join(work, "pre.pt"))


def read_data(work, vocabs):
    chars, sounds, ends = read_tokens(os.path.join(work, "data.tok"))
    rows = [x.split("\t", 3)[:3] for x in open(os.path.join(work, "data.tsv"), encoding="utf-8")]
    label = np.array([CLEAN if r[0] == "hard" else BAD if r[0] == "bad" else CLASSES.index(r[0]) for r in rows])
    weight = np.array([float(r[1]) for r in rows], dtype=np.float32)
    held = np.loadtxt(os.path.join(work, "data.held"), dtype=bool)
    joined = np.array([r[2][0] in "fl" for r in rows])
    return numbered(chars, vocabs[0]), numbered(sounds, vocabs[1]), ends, label, weight, held, joined


def gather(chars, sounds, ends, picks):
    sizes = np.minimum(ends[picks + 1] - ends[picks], TOKENS)
    x = np.zeros((len(picks), max(1, sizes.max())), dtype=np.int64)
    s = np.zeros_like(x)
    for row, (i, n) in enumerate(zip(picks, sizes)):
        x[row, :n], s[row, :n] = chars[ends[i]:ends[i] + n], sounds[ends[i]:ends[i] + n]
    return torch.from_numpy(x), torch.from_numpy(s)


def silenced(x, s):
    """Some texts lose a part of their characters, some all of them, so that the syllables learn to stand alone."""
    kind = torch.rand(len(x), 1)
    share = torch.where(kind < 0.5, 0.0, torch.where(kind < 0.9, 0.15, 1.0))
    x = torch.where((torch.rand(x.shape) < share) & (x > 0), torch.tensor(UNKNOWN), x)
    return x, torch.where((torch.rand(s.shape) < 0.03) & (s > 0), torch.tensor(UNKNOWN), s)


def loss_of(scores, label, weight):
    p = F.log_softmax(scores.float(), 1)
    known = -(0.97 * p.gather(1, label.clamp(max=CLEAN)[:, None]).squeeze(1) + 0.03 * p.mean(1))
    some = -torch.log1p(-p[:, CLEAN].exp().clamp(max=0.9999))
    return (torch.where(label == BAD, some, known) * weight).sum() / weight.sum()


def finetune(work, epochs, rate=1e-3, clean_texts=60000, joined_share=0.4, rows=256):
    vocabs = load_vocabulary(work)
    chars, sounds, ends, label, weight, held, joined = read_data(work, vocabs)
    net, before = make_net(vocabs), os.path.join(work, "net.pt")
    if os.path.exists(before):
        net.load_state_dict(torch.load(before))
    else:
        net.e.load_state_dict(torch.load(os.path.join(work, "pre.pt")))
    opt = torch.optim.AdamW([{"params": net.e.parameters()}, {"params": net.o.parameters()}], rate, weight_decay=0.01)
    rng, sizes = np.random.default_rng(1), np.diff(ends)
    usable = ~held & (sizes > 0)
    bad, phrases, clean = (np.flatnonzero(usable & x) for x in ((label != CLEAN) & ~joined, (label != CLEAN) & joined, label == CLEAN))
    odds = np.sqrt(weight[clean])
    each, some = min(clean_texts, len(clean)), int(joined_share * len(phrases))
    steps, step, began = int(epochs * (len(bad) + some + each) / rows), 0, time.time()
    labels, weights = torch.from_numpy(label), torch.from_numpy(np.sqrt(np.minimum(weight, 3)))
    while step < steps:
        picks = np.concatenate([bad, rng.choice(phrases, some, replace=False),
                                rng.choice(clean, each, replace=False, p=odds / odds.sum())])
        picks = picks[np.argsort(np.minimum(sizes[picks], TOKENS) + rng.normal(0, 3, len(picks)), kind="stable")]
        batches = [picks[i:i + rows] for i in range(0, len(picks), rows)]
        rng.shuffle(batches)
        for b in batches[:steps - step]:
            f = min(1, step / 200) * (0.49 * (1 + math.cos(math.pi * step / steps)) + 0.02)
            opt.param_groups[0]["lr"], opt.param_groups[1]["lr"] = rate * f, 2 * rate * f
            x, s = silenced(*gather(chars, sounds, ends, b))
            with brain():
                scores = net(x, s, 0.1)
            loss = loss_of(scores, labels[b], weights[b])
            opt.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
            step += 1
            if step % 500 == 0:
                print("finetune: step %d of %d, loss %.3f, %d s" % (step, steps, loss.item(), time.time() - began), file=sys.stderr, flush=True)
    torch.save(net.state_dict(), os.path.join(work, "net.pt"))


def padded(raw):
    return raw + b"\0" * (-len(raw) % 4)


def matrix(w):
    scale = np.abs(w).max(1) / 127
    scale[scale == 0] = 1
    return scale.astype("<f4").tobytes() + padded(np.rint(w / scale[:, None]).astype(np.int8).tobytes())


def export(work, out):
    vocabs = load_vocabulary(work)
    weights = {k: v.float().numpy() for k, v in torch.load(os.path.join(work, "net.pt")).items()}

    def floats(name):
        return weights[name].astype("<f4").tobytes()

    raw = struct.pack("<8s8I8I5f8fI", b"ZWNET", 2, len(vocabs[0]), len(vocabs[1]), DIM, HIDDEN, len(DILATION), len(CLASSES), 0,
                      *DILATION, *[0] * (8 - len(DILATION)), *GATES, 0.4, 0.1, 0.5, *[0] * 8, 0)
    for vocab in vocabs:
        raw += np.array(sorted(vocab, key=vocab.get), dtype="<u4").tobytes()
    raw += matrix(weights["e.c.weight"]) + matrix(weights["e.s.weight"]) + matrix(weights["e.i.weight"]) + floats("e.i.bias")
    for i in range(len(DILATION)):
        raw += matrix(weights["e.b.%d.weight" % i]) + b"".join(floats("e.%s" % n % i) for n in ("b.%d.bias", "ln.%d.weight", "ln.%d.bias"))
    raw += matrix(weights["o.weight"]) + padded(floats("o.bias"))
    with open(out, "wb") as f:
        f.write(raw)


if __name__ == "__main__":
    what, work = sys.argv[1], sys.argv[2]
    if what == "prepare":
        sys.exit(prepare(work))
    import numpy as np
    import torch
    import torch.nn.functional as F
    from torch import nn
    torch.manual_seed(1)
    torch.set_num_threads(int(os.environ.get("THREADS", "1")))
    {"pretrain": lambda: pretrain(work, float(sys.argv[3])), "finetune": lambda: finetune(work, float(sys.argv[3]), *map(float, sys.argv[4:5])),
     "export": lambda: export(work, sys.argv[3])}[what]()
