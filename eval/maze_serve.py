#!/usr/bin/env python3
"""Serves a fetched copy of google/security-crawl-maze on loopback and notes what is asked for.

    maze_serve.py DIR LOG [FRAMEWORKS]   prints the port; LOG gets "METHOD path status" a line

The application answers addresses of files with and without a slash at the end, as on its public
site. FRAMEWORKS is a folder with the built single-page applications, when there are any."""
import importlib.util
import os
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "targets"))
import unprivileged  # noqa: E402


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


class Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


def load(folder):
    sys.path.insert(0, folder)
    os.chdir(folder)
    spec = importlib.util.spec_from_file_location("maze_app", os.path.join(folder, "app.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.app


def main():
    folder, log = os.path.abspath(sys.argv[1]), open(sys.argv[2], "a", buffering=1)
    built = os.path.abspath(sys.argv[3]) if len(sys.argv) > 3 else None
    unprivileged.leave_root(os.path.join(folder, "app.py"))
    app = load(folder)
    if built:
        import blueprints.javascript as js
        plain = js.serve_framework_resource_or_root

        def serve(framework, path):
            root = os.path.join(built, framework)
            if not os.path.isdir(root):
                return plain(framework, path)
            known = os.path.isfile(os.path.join(root, path))
            return js.send_from_directory(root, path if known else "index.html")
        js.serve_framework_resource_or_root = serve

    def both(environ, start):
        kept = []
        path = environ["PATH_INFO"]
        body = app(environ, lambda s, h, e=None: kept.append((s, h)) or (lambda b: None))
        if kept[-1][0].startswith(("308", "404")) and not path.endswith("/"):
            body = app(dict(environ, PATH_INFO=path + "/"),
                       lambda s, h, e=None: kept.append((s, h)) or (lambda b: None))
        status, headers = kept[-1]
        log.write("%s %s %s\n" % (environ["REQUEST_METHOD"], path, status[:3]))
        start(status, headers)
        return body

    server = make_server("127.0.0.1", 0, both, Threads, Quiet)
    print(server.server_port, flush=True)
    server.serve_forever()


main()
