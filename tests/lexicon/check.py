#!/usr/bin/env python3
"""Runs the built-in lexicon over its regression samples (README.md beside this file).

usage: check.py PROGRAM        e.g. tests/lexicon/check.py build/zhanwei; exit status 1 when a sample is wrong
"""
import glob
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def check(program, texts, *options):
    out = subprocess.run([program, 'check', '--no-model', '--lines', '--format', 'json', *options, '-'],
                         input='\n'.join(texts) + '\n', capture_output=True, text=True)
    answers = [json.loads(line) for line in out.stdout.splitlines()]
    if len(answers) != len(texts):
        sys.exit(f'{len(texts)} texts, {len(answers)} answers\n{out.stderr}')
    return answers


def lines(pattern):
    out = []
    for path in sorted(glob.glob(os.path.join(HERE, pattern))):
        with open(path, encoding='utf-8') as f:
            out += f.read().splitlines()
    return out


def leaves(answer):
    return {'.'.join(filter(None, (h['label'], h['sub_label']))) for h in answer['hits']}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program, wrong = sys.argv[1], 0
    innocent = lines('innocent*.txt')
    for text, answer in zip(innocent, check(program, innocent)):
        if answer['suggestion'] != 'pass':
            wrong += 1
            print('flagged:', text, [(h['text'], h['label'], h['sub_label']) for h in answer['hits']])
    guilty = [line.split('\t') for line in lines('guilty*.tsv')]
    texts = [row[0] for row in guilty]
    for (text, leaf), a, b in zip(guilty, check(program, texts), check(program, texts, '--scene', 'ad')):
        if leaf not in leaves(a) | leaves(b):
            wrong += 1
            print('missed:', text, leaf)
    print(f'{len(innocent)} innocent, {len(guilty)} guilty, {wrong} wrong')
    sys.exit(1 if wrong else 0)


main()
