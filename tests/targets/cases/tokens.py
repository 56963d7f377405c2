"""JSON Web Tokens, verified for real and each with its own mistake: keys, algorithms, headers that are believed."""
import base64
import hashlib
import hmac
import json
import subprocess
import time

from cases.api import J, NOBODY, STRONG, b64, sign, token_case, unb64, wrap
from target import E, ROOT, Reply, bad, good, page

for word in (b"changeme", b"jwt_secret", b"secretkey", b"qwerty", b"test"):
    token_case(True, key=word)

# An RSA key of this run, made by openssl; the arithmetic is small enough to do here.
PEM = subprocess.run(["openssl", "genrsa", "-traditional", "1024"], capture_output=True, check=True).stdout
(ROOT / "rsa.pem").write_bytes(PEM)
PUBLIC = subprocess.run(["openssl", "rsa", "-in", str(ROOT / "rsa.pem"), "-pubout"], capture_output=True, check=True).stdout
NUMBERS = subprocess.run(["openssl", "rsa", "-in", str(ROOT / "rsa.pem"), "-noout", "-text"], capture_output=True, check=True).stdout.decode()


def number(label):
    part = NUMBERS.split(label + ":\n", 1)[1].split("\n")
    digits = ""
    for line in part:
        if not line.startswith("    "):
            break
        digits += line.strip().replace(":", "")
    return int(digits, 16)


N, D_KEY, EXP = number("modulus"), number("privateExponent"), 65537
SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
SIZE = (N.bit_length() + 7) // 8


def padded(data, size=SIZE):
    tail = SHA256 + hashlib.sha256(data).digest()
    return b"\0\1" + b"\xff" * (size - 3 - len(tail)) + b"\0" + tail


def rs_sign(claims, **head):
    text = b64(json.dumps({"alg": "RS256", "typ": "JWT", **head}).encode()) + "." + b64(json.dumps(claims).encode())
    return text + "." + b64(pow(int.from_bytes(padded(text.encode()), "big"), D_KEY, N).to_bytes(SIZE, "big"))


def rs_good(text, sig, n=N, e=EXP):
    size = (n.bit_length() + 7) // 8
    return len(sig) == size and pow(int.from_bytes(sig, "big"), e, n).to_bytes(size, "big") == padded(text.encode(), size)


def jwk(kid="main"):
    return {"kty": "RSA", "use": "sig", "kid": kid, "n": b64(N.to_bytes(SIZE, "big")), "e": "AQAB"}


JWKS = json.dumps({"keys": [jwk()]})


def any_case(is_bad, check, make, routes=None):
    """check(head, claims, signed text, signature): is the token good? make(): a fresh one."""
    def show(v, r):
        name = "jt_" + r.case.base.rsplit("/", 1)[-1]
        t = r.cookies.get(name, "")
        claims = None
        try:
            h, c, s = t.split(".")
            head, body = json.loads(unb64(h)), json.loads(unb64(c))
            claims = body if check(head, body, h + "." + c, unb64(s)) else None
        except (ValueError, KeyError, TypeError, AttributeError):
            claims = None
        if claims is None:
            return Reply(page("<p>请先登录</p>" if t else "<p>欢迎</p>"), 401 if t else 200, [] if t else [
                ("Set-Cookie", f"{name}={make()}; Path={r.case.base}; HttpOnly; SameSite=Lax")])
        return page(f"<p>当前用户 {E(str(claims.get('sub')))}，角色 {E(str(claims.get('role')))}</p><a href='{r.case.base}/keys'>密钥</a>")
    (bad if is_bad else good)(J, NOBODY, lambda v, r: wrap(show(v, r), r), me=lambda r: wrap(show("", r), r), **(routes or {}))


def mine(**more):
    return {"sub": "guest", "role": "user", "iat": 1760000000, "exp": int(time.time()) + 86400, **more}


def mac(key, text):
    return hmac.new(key, text.encode(), "sha256").digest()


def confused(key):
    """The same verify() for both algorithms, with the public key as the key: what old libraries did."""
    def check(head, claims, text, sig):
        return rs_good(text, sig) if head["alg"] == "RS256" else head["alg"] == "HS256" and hmac.compare_digest(mac(key, text), sig)
    return check


OPEN_KEYS = {"jwks_json": lambda r: Reply(JWKS, kind="application/json"), "public_pem": lambda r: Reply(PUBLIC, kind="application/x-pem-file")}


def told(r, name):
    return Reply(page(f'<p>接口密钥</p><a href="{r.case.base}/{name}">公钥</a>'))


def strict(head, claims, text, sig):
    return head["alg"] == "RS256" and rs_good(text, sig) and claims["exp"] > time.time()


any_case(True, confused(PUBLIC), lambda: rs_sign(mine()), {**OPEN_KEYS, "keys": lambda r: told(r, "jwks.json")})
any_case(True, confused(PUBLIC.strip()), lambda: rs_sign(mine(), kid="main"), {**OPEN_KEYS, "keys": lambda r: told(r, "jwks.json")})
any_case(True, confused(PUBLIC), lambda: rs_sign(mine()), {**OPEN_KEYS, "keys": lambda r: told(r, "public.pem")})
# The key that stands in the token itself is believed.
any_case(True, lambda h, c, t, s: rs_good(t, s, int.from_bytes(unb64(h["jwk"]["n"]), "big"), int.from_bytes(unb64(h["jwk"]["e"]), "big")) if "jwk" in h else rs_good(t, s),
         lambda: rs_sign(mine()))
KEYS = ROOT / "jwt-keys"
KEYS.mkdir()
(KEYS / "main.key").write_bytes(STRONG)


def by_kid(h, c, t, s):
    """The key's file is named by the token; a file of nothing makes a key of nothing."""
    path = (KEYS / h["kid"]).resolve()
    key = path.read_bytes()[:4096] if path.is_file() else b"" if str(path) == "/dev/null" else None
    return key is not None and hmac.compare_digest(mac(key, t), s)


def with_kid(kid):
    text = b64(json.dumps({"alg": "HS256", "typ": "JWT", "kid": kid}).encode()) + "." + b64(json.dumps(mine()).encode())
    return text + "." + b64(mac(STRONG, text))


any_case(True, by_kid, lambda: with_kid("main.key"))
# The algorithm is looked up in a table where what is unknown has no check.
any_case(True, lambda h, c, t, s: h["alg"] != "HS256" or hmac.compare_digest(mac(STRONG, t), s), lambda: sign(mine(), STRONG))
# No signature is compared when there is none.
any_case(True, lambda h, c, t, s: not s or hmac.compare_digest(mac(STRONG, t), s), lambda: sign(mine(), STRONG))
# Only as many bytes as were sent are compared.
any_case(True, lambda h, c, t, s: mac(STRONG, t).startswith(s), lambda: sign(mine(), STRONG))
# The time in the token is not looked at.
any_case(True, lambda h, c, t, s: h["alg"] == "HS256" and hmac.compare_digest(mac(STRONG, t), s), lambda: sign(mine(exp=1500000000), STRONG))

any_case(False, strict, lambda: rs_sign(mine()), {**OPEN_KEYS, "keys": lambda r: told(r, "jwks.json")})
any_case(False, strict, lambda: rs_sign(mine(), jku="https://keys.example.cn/jwks.json", x5u="https://keys.example.cn/c.pem"))
any_case(False, strict, lambda: rs_sign(mine(), jwk=jwk()))
any_case(False, lambda h, c, t, s: h["kid"] == "main.key" and hmac.compare_digest(mac(STRONG, t), s), lambda: with_kid("main.key"))
any_case(False, lambda h, c, t, s: h["alg"] == "HS256" and hmac.compare_digest(mac(STRONG, t), s) and c["exp"] > time.time(), lambda: sign(mine(), STRONG))


for salt in (b"", b"another"):
    any_case(False, lambda h, c, t, s, k=hashlib.sha512(STRONG + salt).digest(): h["alg"] == "HS256" and hmac.compare_digest(mac(k, t), s),
             lambda k=hashlib.sha512(STRONG + salt).digest(): sign(mine(scope="none admin"), k))
# The signature is checked, though what is wrong with it is only said in words.
any_case(False, lambda h, c, t, s: h["alg"] in ("HS256", "HS512") and hmac.compare_digest(hmac.new(STRONG, t.encode(), {"HS512": "sha512"}.get(h["alg"], "sha256")).digest(), s),
         lambda: sign(mine(), STRONG, "HS512"))
# A value with three parts that is no token of ours to judge.
BLOB = base64.urlsafe_b64encode(b'{"a":1}').decode().rstrip("=")
good(J, NOBODY, lambda v, r: Reply(page("<p>文章</p>"), headers=[("Set-Cookie", f"seen={BLOB}.{b64(b'{}')}.x; Path={r.case.base}")]))
