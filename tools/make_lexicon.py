#!/usr/bin/env python3
"""Checks the built-in lexicon (data/lexicon/README.md says the format); every mistake is told with
file and line. The compiler itself is C (`zhanwei lexicon build`, src/comply/compile.c): this script
needs nothing built, so that an editor can ask it at any time.

usage: make_lexicon.py --lint DIR      mistakes; exit status 1 when there are any
       make_lexicon.py --counts DIR    entries and written forms per leaf, as Markdown
"""
import os
import re
import sys
import unicodedata

KEYS = {'leaf', 'level', 'match', 'article', 'reason', 'advice', 'source'}
HEADER = ['term', 'level', 'match', 'context', 'advice']
LEVELS = {'block', 'review', 'weak'}
LETTERS = set('gpswx')
MAX_FORMS = 64       # forms that one line may stand for
MAX_TERM = 32        # characters of one written form
MAX_PARTS = 6        # of a rule
MAX_GAP = 60         # of A~n~B
MAX_CONTEXT = 1200   # characters
problems = []
warnings = []


def bad(where, text):
    problems.append(f'{where}: {text}')


def norm(text):
    return unicodedata.normalize('NFKC', text).lower()


def split_top(text, sep):
    """Parts of `text` between `sep` outside braces."""
    parts, depth, last = [], 0, 0
    for i, c in enumerate(text):
        depth += (c == '{') - (c == '}')
        if c == sep and depth == 0:
            parts.append(text[last:i])
            last = i + 1
    return parts + [text[last:]]


def expand(part):
    """Written forms of a part with {a|b}; None when the braces are wrong."""
    forms = ['']
    while part:
        i = part.find('{')
        if i < 0:
            if '}' in part or '|' in part:
                return None
            return [f + part for f in forms]
        j = part.find('}', i)
        if j < 0 or '{' in part[i + 1:j] or '}' in part[:i] or '|' in part[:i] or '|' not in part[i:j]:
            return None
        forms = [f + part[:i] + a for f in forms for a in part[i + 1:j].split('|')]
        if len(forms) > 4 * MAX_FORMS:
            return forms
        part = part[j + 1:]
    return forms


def symbols(text):
    """Characters that count: what is not space, punctuation or decoration."""
    return [c for c in text if unicodedata.category(c)[0] in 'LN' or unicodedata.category(c) in ('So', 'Sk', 'Mn')]


def is_emoji(form):
    return all(unicodedata.category(c) in ('So', 'Sk', 'Mn', 'Cf') for c in form)


def rule_parts(term):
    """(parts, error) of A~n~B and A&B."""
    if '~' in term:
        cells = split_top(term, '~')
        if len(cells) % 2 == 0:
            return [], '“甲~6~乙”的写法不完整 / A~n~B is not complete'
        for gap in cells[1::2]:
            if not gap.isdigit() or not 1 <= int(gap) <= MAX_GAP:
                return [], f'间隔应为 1–{MAX_GAP}：{gap!r} / distance must be 1–{MAX_GAP}'
        if '&' in term:
            return [], '~ 与 & 不能合用 / ~ and & cannot be combined'
        return cells[0::2], None
    return split_top(term, '&'), None


def check_term(where, term):
    """Adds problems; returns the number of written forms."""
    if term.startswith('re:'):
        return check_regex(where, term[3:])
    parts, error = rule_parts(term)
    if error:
        bad(where, error)
        return 0
    if len(parts) > MAX_PARTS:
        bad(where, f'规则最多 {MAX_PARTS} 段 / at most {MAX_PARTS} parts')
    total = 0
    for part in parts:
        forms = expand(part.strip())
        if forms is None:
            bad(where, f'花括号的写法不对：{part!r} / braces are wrong')
            return 0
        total += len(forms)
        for form in forms:
            n = len(symbols(form))
            least = 1 if len(parts) > 1 or is_emoji(form) else 2
            if n < least or len(form) > MAX_TERM:
                bad(where, f'写法 {form!r} 有 {n} 个字符，应为 {least}–{MAX_TERM} / form has {n} characters, '
                           f'{least}–{MAX_TERM} expected')
                return 0
        if len(forms) != len(set(forms)):
            bad(where, f'花括号展开后有重复的写法：{part!r} / the same form twice')
    if total > MAX_FORMS:
        bad(where, f'展开为 {total} 个写法，最多 {MAX_FORMS} 个 / {total} forms, at most {MAX_FORMS}')
    return total


def check_regex(where, pattern):
    try:
        re.compile(pattern)
    except re.error as e:
        bad(where, f'正则不对：{e} / bad regular expression')
        return 0
    if re.search(r'(\)|\])[*+](?=[)*+{]).?[*+{]', pattern) or re.search(r'\([^()]*[*+][^()]*\)[*+]', pattern):
        bad(where, '正则有嵌套的不定次重复 / nested unbounded repetition')
    if re.search(r'\.[*+]', pattern):
        bad(where, '请写 .{0,n}，不写 .* 或 .+ / write .{0,n} instead of .* or .+')
    if re.search(r'\\[./:-]|[：:/。，]', re.sub(r'\(\?[:=!<]+|\[[^\]]*\][?]|\\.[?]|\[[^\]]*\w[^\]]*\]|\([^()]*\)[?]', '', pattern)):
        bad(where, '折叠后的文本没有标点，这条正则匹配不到；网址与号码不必写正则 / folded text has no punctuation')
    if not re.search(r'[\w]{2}|\((\?:)?[\w|]+\)', re.sub(r'\\.|\[[^\]]*\]|\{[^}]*\}|.[?*]', '\0', pattern)):
        bad(where, '正则中须有必然出现的两个以上连续字符 / needs two adjacent characters that must occur')
    return 1


def check_context(where, context):
    if len(context) > MAX_CONTEXT:
        bad(where, f'条件太长 / conditions longer than {MAX_CONTEXT} characters')
    for cell in context.split(';'):
        m = re.fullmatch(r'\s*(!<|!>|!|\+<|\+>|\+)(.+)', cell, re.S)
        if not m:
            bad(where, f'条件的写法不对：{cell!r} / not a condition')
            continue
        for word in m[2].split('|'):
            if not symbols(word) or len(word) > MAX_TERM or set(word) & set('{}~&'):
                bad(where, f'条件中的词不对：{word!r} / not a word of a condition')


def put_sets(where, context, sets):
    """'+@goods|more' with the words of the set that '# set' gave the name."""
    def words(m):
        if m[2] not in sets:
            bad(where, f'没有“{m[2]}”这个词组，应先写 # set / no such set')
        return m[1] + sets.get(m[2], '')
    return re.sub(r'(^|[;|+!<>])@([^;|]+)', words, context)


def check_match(where, match):
    if not set(match) <= LETTERS or len(match) != len(set(match)):
        bad(where, f'匹配方式应由 g p s w x 组成：{match!r} / match must be letters of gpswx')
    elif 'x' in match and set(match) & set('ps'):
        bad(where, f'x 不能与 p、s 合用：{match!r} / x cannot be combined with p or s')


class Leaf:
    def __init__(self, code):
        self.code, self.entries, self.forms = code, 0, 0


def read_lines(path):
    with open(path, 'rb') as f:
        raw = f.read()
    try:
        text = raw.decode('utf-8')
    except UnicodeDecodeError as e:
        bad(f'{path}:{raw[:e.start].count(bytes([10])) + 1}', '不是 UTF-8 / not UTF-8')
        return []
    if '\r' in text or text.startswith('\ufeff'):
        bad(f'{path}:1', '不要 BOM 与回车符 / no BOM, no carriage returns')
    return text.split('\n')


def set_key(where, line, keys, code):
    name, _, value = line[1:].strip().partition('\t')
    name, value = name.strip(), value.strip()
    if not value and ('\t' in line or name in KEYS):
        bad(where, f'键 {name!r} 没有值 / key without value')
    if name == 'leaf' and value != code:
        bad(where, f'leaf 应为 {code}（目录与文件名）/ leaf must be {code}')
    if name == 'level' and value not in LEVELS:
        bad(where, f'级别应为 block、review、weak：{value!r} / not a level')
    if name == 'match' and value != '-':
        check_match(where, value)
    keys[name] = value


def add_set(where, head, keys):
    cells = [c.strip() for c in head.split('\t')]
    sets = keys.setdefault('sets', {})
    if len(cells) != 3 or not cells[1] or not cells[2] or set(cells[1]) & set(';|@+!<>'):
        bad(where, '应为“# set<TAB>名字<TAB>甲|乙” / a set is "# set<TAB>name<TAB>A|B"')
    elif cells[1] in sets:
        bad(where, f'词组“{cells[1]}”已有 / the set was given before')
    else:
        sets[cells[1]] = cells[2]


def read_leaf(path, code, labels, seen):
    leaf, keys, header = Leaf(code), {}, False
    if code not in labels:
        bad(f'{path}:1', f'labels.tsv 中没有 {code} / no such label')
    for n, line in enumerate(read_lines(path), 1):
        where = f'{path}:{n}'
        if not line.strip():
            continue
        if line.startswith('#'):
            head = line[1:].strip()
            if head.startswith('set\t'):
                add_set(where, head, keys)
            elif '\t' in line and head.split('\t')[0].strip() in KEYS:
                set_key(where, line, keys, code)
            elif head.split(' ')[0] in KEYS and len(head.split()) == 2:
                bad(where, '键与值之间是制表符 / a tab stands between key and value')
            continue
        cells = line.split('\t')
        if not header:
            header = True
            if [c.strip() for c in cells] != HEADER:
                bad(where, '表头应为 term level match context advice / wrong header')
                return leaf
            if 'leaf' not in keys:
                bad(where, '表头之前须有“# leaf” / “# leaf” must stand before the header')
            continue
        check_row(where, [c.strip() for c in cells], keys, leaf, seen)
    return leaf


def check_row(where, cells, keys, leaf, seen):
    if len(cells) > len(HEADER):
        bad(where, f'{len(cells)} 列，最多 {len(HEADER)} 列 / too many columns')
    term, level, match, context, _ = (cells + [''] * 5)[:5]
    default = lambda v, key: keys.get(key, '') if v in ('', '-') else v
    forms = check_term(where, term)
    if default(level, 'level') not in LEVELS:
        bad(where, f'级别应为 block、review、weak：{level!r} / not a level')
    match = default(match, 'match')
    if match not in ('', '-'):
        check_match(where, match)
    context = '' if context == '-' else put_sets(where, context, keys.get('sets', {}))
    if context:
        check_context(where, context)
    key = (leaf.code, norm(term), norm(context))
    if key in seen:
        bad(where, f'与 {seen[key]} 重复：{term} / given before')
    seen.setdefault(key, where)
    leaf.entries += 1
    leaf.forms += forms


def read_labels(path):
    labels = {}
    for n, line in enumerate(read_lines(path), 1):
        cells = line.split('\t')
        if line.strip() and not line.startswith('#') and cells[0] != 'code':
            if len(cells) < 5:
                bad(f'{path}:{n}', '应有五列以上 / five columns expected')
            elif cells[3] not in ('high', 'medium', 'low'):
                bad(f'{path}:{n}', f'级别不对：{cells[3]!r} / severity is high, medium or low')
            labels[cells[0]] = cells[1] if len(cells) > 1 else ''
    return labels


def read_allow(path, labels, seen):
    """term [label|*] [note]; {a|b} allowed."""
    n_entries = 0
    for n, line in enumerate(read_lines(path), 1):
        where = f'{path}:{n}'
        cells = [c.strip() for c in line.split('\t')]
        if not line.strip() or line.startswith('#') or cells[0] == 'term':
            continue
        n_entries += 1
        if len(cells) > 3:
            bad(where, '最多三列：词、标签、说明 / at most three columns: term, label, note')
        if '~' in cells[0] or '&' in cells[0] or cells[0].startswith('re:'):
            bad(where, '放行的是词，不是规则 / what is allowed is a term, not a rule')
            continue
        check_term(where, cells[0])
        if len(cells) > 1 and cells[1] not in ('', '-', '*') and cells[1] not in labels:
            bad(where, f'没有这个标签：{cells[1]!r} / no such label')
        key = ('allow', norm(cells[0]), cells[1] if len(cells) > 1 else '')
        if key in seen:
            bad(where, f'与 {seen[key]} 重复：{cells[0]} / given before')
        seen.setdefault(key, where)
    return n_entries


def leaf_files(root):
    for folder in sorted(os.listdir(root)):
        path = os.path.join(root, folder)
        if os.path.isdir(path):
            for name in sorted(os.listdir(path)):
                if name.endswith('.tsv'):
                    yield os.path.join(path, name), f'{folder}.{name[:-4]}'
                elif not name.startswith('.') and not name.endswith('.md'):
                    bad(os.path.join(path, name) + ':1', '只放 .tsv 文件 / only .tsv files')


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ('--lint', '--counts'):
        sys.exit(__doc__)
    mode, root = sys.argv[1:]
    seen = {}
    labels = read_labels(os.path.join(root, 'labels.tsv'))
    leaves = [read_leaf(path, code, labels, seen) for path, code in leaf_files(root)]
    allow = os.path.join(root, 'allow.tsv')
    allowed = read_allow(allow, labels, seen) if os.path.exists(allow) else 0
    for p in problems[:200]:
        print(p)
    if mode == '--counts':
        print('| 子类 leaf | 名称 | 条目 entries | 写法 forms |\n| --- | --- | ---: | ---: |')
        for leaf in leaves:
            print(f'| {leaf.code} | {labels.get(leaf.code, "")} | {leaf.entries} | {leaf.forms} |')
    print(f'{len(leaves)} files, {sum(x.entries for x in leaves)} entries ({sum(x.forms for x in leaves)} forms), '
          f'{allowed} allowed, {len(problems)} problems')
    sys.exit(1 if problems else 0)


if __name__ == '__main__':
    main()
