"""NoSQL injection into a store that matches documents as MongoDB does: operators in objects, $where scripts."""
import json
import re

from target import E, Reply, bad, form, good, json_body, link, pair

USERS = [{"name": "admin", "pass": "Zw-9c1f", "age": 40}, {"name": "alice", "pass": "Qm-77aa", "age": 31},
         {"name": "bob", "pass": "Xy-13bd", "age": 25}]


def compare(have, op, want):
    if op == "$ne":
        return have != want
    if op == "$eq":
        return have == want
    if op in ("$gt", "$gte", "$lt", "$lte"):
        if type(have) is not type(want):
            return False
        return {"$gt": have > want, "$gte": have >= want, "$lt": have < want, "$lte": have <= want}[op]
    if op == "$regex":
        return isinstance(have, str) and re.search(str(want), have) is not None
    if op in ("$in", "$nin"):
        return (have in want) == (op == "$in") if isinstance(want, list) else False
    if op == "$exists":
        return (have is not None) == bool(want)
    if op == "$options":
        return True
    raise ValueError("unknown operator: " + op)


def match(doc, query):
    for key, want in query.items():
        if key == "$where":
            if not where(doc, want):
                return False
        elif key == "$or":
            if not any(match(doc, x) for x in want):
                return False
        elif isinstance(want, dict):
            if not all(compare(doc.get(key), op, x) for op, x in want.items()):
                return False
        elif doc.get(key) != want:
            return False
    return True


def where(doc, script):
    """this.name == 'x' with && || ! and comparisons, as the database's JavaScript would see it."""
    text = re.sub(r"//.*", "", str(script)).replace("===", "==").replace("!==", "!=").replace("&&", " and ").replace("||", " or ")
    text = re.sub(r"this\.(\w+)", lambda m: repr(doc.get(m.group(1))), text).replace("true", "True").replace("false", "False")
    text = re.sub(r"!(?!=)", " not ", text).split(";")[0].replace("return ", "")
    return bool(eval(text, {"__builtins__": {}}, {}))  # pylint: disable=eval-used


def find(query):
    return [d for d in USERS if match(d, query)]


def brackets(r, name):
    """name=x, or name[$op]=x as PHP and Express read it."""
    source = {**r.query, **r.form}
    inner = {k[len(name) + 1:-1]: v[-1] for k, v in source.items() if k.startswith(name + "[") and k.endswith("]")}
    return inner or (source.get(name) or [""])[-1]


def listed(docs):
    return "<ul>" + "".join(f"<li>{E(d['name'])}</li>" for d in docs) + "</ul>" if docs else "<p>没有找到</p>"


def entered(docs):
    return f"<p>欢迎 {E(docs[0]['name'])}</p>" if docs else "<p>用户名或密码错误</p>"


def safe(f, fail="<p>请求有误</p>"):
    try:
        return f()
    except Exception as e:  # pylint: disable=broad-except
        return fail if fail else f"<pre>MongoError: {E(str(e))}</pre>"


def as_json(docs):
    return Reply(json.dumps({"count": len(docs), "names": [d["name"] for d in docs]}), kind="application/json")


K = "nosql"
pair(K, link("name", "alice"), lambda v, r: safe(lambda: listed(find({"name": brackets(r, "name")}))), lambda v, r: listed(find({"name": str(v)})))
pair(K, form("pass", "x", also={"name": "alice"}), lambda v, r: safe(lambda: entered(find({"name": brackets(r, "name"), "pass": brackets(r, "pass")}))),
     lambda v, r: entered(find({"name": r.get("name"), "pass": v})))
pair(K, json_body("pass", "x", also={"name": "alice"}), lambda v, r: safe(lambda: entered(find({"name": r.json.get("name"), "pass": v}))),
     lambda v, r: entered(find({"name": str(r.json.get("name")), "pass": str(v)})))
pair(K, json_body("name", "alice"), lambda v, r: safe(lambda: as_json(find({"name": v}))), lambda v, r: as_json(find({"name": v if isinstance(v, str) else ""})))
pair(K, json_body("filter/name", "bob"), lambda v, r: safe(lambda: as_json(find(r.json["filter"]))), lambda v, r: as_json(find({"name": str(v)})))
pair(K, link("name", "alice"), lambda v, r: safe(lambda: listed(find({"$where": f"this.name == '{v}'"}))), lambda v, r: listed(find({"name": v})))
pair(K, link("age", "31"), lambda v, r: safe(lambda: listed(find({"$where": f"this.age == {v}"}))), lambda v, r: listed([d for d in USERS if str(d["age"]) == v]))
pair(K, form("name", "bob"), lambda v, r: safe(lambda: listed(find({"$where": f'this.name == "{v}" && this.age > 1'}))), lambda v, r: listed(find({"name": v})))
pair(K, link("q", "al"), lambda v, r: safe(lambda: listed(find(json.loads('{"name": {"$regex": "^' + v + '"}}')))),
     lambda v, r: listed([d for d in USERS if d["name"].startswith(v)]))
pair(K, form("name", "alice"), lambda v, r: safe(lambda: listed(find(json.loads(f'{{"name": "{v}"}}')))), lambda v, r: listed(find(json.loads(json.dumps({"name": v})))))
pair(K, link("name", "alice"), lambda v, r: safe(lambda: listed(find({"name": brackets(r, "name")})), fail=""), lambda v, r: listed(find({"name": v})))
pair(K, json_body("age", 31), lambda v, r: safe(lambda: as_json(find({"age": v}))), lambda v, r: as_json(find({"age": int(v) if str(v).isdigit() else -1})))
pair(K, json_body("user/pass", "x", also={"k": 1}), lambda v, r: safe(lambda: entered(find({"name": "admin", "pass": v}))), lambda v, r: entered(find({"name": "admin", "pass": json.dumps(v)})))
pair(K, form("age", "25"), lambda v, r: safe(lambda: listed(find({"$where": f"return (this.age == {v})"}))), lambda v, r: listed([d for d in USERS if str(d["age"]) == v]))
pair(K, link("pass", "x", also={"name": "bob"}), lambda v, r: safe(lambda: entered(find({"name": r.get("name"), "pass": brackets(r, "pass")}))), lambda v, r: entered(find({"name": r.get("name"), "pass": v})))
# What only looks like it: objects refused with an error, arrays flattened to text, any unknown name ignored.
good(K, json_body("name", "alice"), lambda v, r: as_json(find({"name": v})) if isinstance(v, str) else Reply('{"error":"name must be a string"}', 400, kind="application/json"))
good(K, link("name", "alice"), lambda v, r: listed(find({"name": v})) if v else listed(USERS))
good(K, link("q", "a"), lambda v, r: listed([d for d in USERS if v.lower().strip("'\"$") in d["name"]]))
