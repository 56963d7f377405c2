"""Objects in a language's own serial form: pickles are loaded for real; PHP, Java, .NET and Ruby by what their
readers say when the end is missing. The twins carry the same objects and sign, ignore or only compare them."""
import base64
import hashlib
import hmac
import io
import pickle


from target import E, Reply, cookie, form, json_body, link, page, pair

KEY = b"only the server knows"
GOODS = pickle.dumps({"item": 7, "count": 2})
OLD = pickle.dumps({"item": 7}, protocol=0)
PHP = 'O:4:"Cart":1:{s:5:"items";a:1:{i:0;i:7;}}'
PHP_LIST = 'a:2:{s:4:"lang";s:2:"zh";s:4:"size";i:3;}'
JAVA = base64.b64encode(bytes.fromhex("aced0005737200116a6176612e6c616e672e496e746567657212e2a0a4f781873802000149000576616c7565")).decode()
NET = base64.b64encode(bytes.fromhex("0001000000ffffffff01000000000000000601000000054974656d37") + b"\x0b").decode()
RUBY = base64.b64encode(bytes.fromhex("04087b063a0969746d65690c")).decode()


def b64(data):
    return base64.b64encode(data).decode()


def url64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def raw(text):
    return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))


def load(text, quiet=True):
    """The object; a careless page says nothing, or all, of what went wrong."""
    try:
        return f"<p>{E(str(pickle.loads(raw(text))))}</p>"  # pylint: disable=all
    except Exception as e:  # pylint: disable=broad-except
        return "<p>购物车是空的</p>" if quiet else f"<pre>{E(type(e).__name__)}: {E(str(e))}</pre>"


class Plain(pickle.Unpickler):
    def find_class(self, module, name):
        raise pickle.UnpicklingError("forbidden")


def plain(text):
    try:
        return f"<p>{E(str(Plain(io.BytesIO(raw(text))).load()))}</p>"
    except Exception:  # pylint: disable=broad-except
        return "<p>购物车是空的</p>"


def kept(text):
    return f"<p>已收到 {len(text) // 1000} KB</p>"


def known(*texts):
    return lambda v, r: "<p>商品 7</p>" if v in texts else "<p>购物车是空的</p>"


def signed(text):
    data, _, mac = text.partition(".")
    ok = hmac.compare_digest(hmac.new(KEY, data.encode(), hashlib.sha256).hexdigest(), mac)
    return load(data) if ok else "<p>签名无效</p>"


def sign(data):
    return data + "." + hmac.new(KEY, data.encode(), hashlib.sha256).hexdigest()


def complaining(whole, words, status=200):
    def show(v, r):
        if v != whole:
            raise Reply(page(f"<pre>{E(words)}</pre>"), status)
        return "<p>商品 7</p>"
    return show


K = "deserialization"
pair(K, link("object", b64(GOODS)), lambda v, r: load(v), lambda v, r: kept(v))
pair(K, link("cart", url64(GOODS)), lambda v, r: load(v), lambda v, r: plain(v))
pair(K, form("state", b64(GOODS)), lambda v, r: load(v), known(b64(GOODS)))
pair(K, cookie("cart", b64(GOODS)), lambda v, r: load(v), lambda v, r: kept(v))
pair(K, json_body("blob", b64(GOODS)), lambda v, r: load(v), lambda v, r: plain(v))
pair(K, link("prefs", b64(OLD)), lambda v, r: load(v, quiet=False), lambda v, r: plain(v))
pair(K, form("draft", b64(OLD)), lambda v, r: load(v, quiet=False), lambda v, r: kept(v))
pair(K, link("data", b64(GOODS)), lambda v, r: kept(str(load(v))), lambda v, r: kept(v))
pair(K, link("cart", PHP), complaining(PHP, "Notice: unserialize(): Error at offset 21 of 44 bytes in /var/www/cart.php on line 12"), known(PHP))
pair(K, form("options", PHP_LIST), complaining(PHP_LIST, "Warning: unserialize(): Error at offset 9 of 30 bytes"), lambda v, r: kept(v))
pair(K, cookie("prefs", b64(PHP.encode())), complaining(b64(PHP.encode()), "unserialize(): Error at offset 21 of 44 bytes", 500), lambda v, r: kept(v))
pair(K, link("session", JAVA), complaining(JAVA, "java.io.EOFException at java.io.ObjectInputStream$PeekInputStream.readFully", 500), known(JAVA))
pair(K, form("object", JAVA), complaining(JAVA, "Caused by: java.io.StreamCorruptedException: unexpected end of block data", 500), lambda v, r: kept(v))
pair(K, link("state", NET), complaining(NET, "System.Runtime.Serialization.SerializationException: End of Stream encountered before parsing was completed.", 500),
     known(NET))
pair(K, cookie("remember", RUBY), complaining(RUBY, "ArgumentError (marshal data too short)", 500), lambda v, r: kept(v))
pair(K, link("ticket", sign(b64(GOODS))), lambda v, r: load(v.partition(".")[0]), lambda v, r: signed(v))
