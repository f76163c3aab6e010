"""The PyPI package Canaille, run for one test: on loopback, with its own pages, a database of its
own, and a small API that its tokens open.

    python server.py REDIRECT_URI SECONDS_OF_AN_ACCESS_TOKEN

It says on which port it listens, and ends when its standard input does.
"""

import datetime
import logging
import secrets
import sys
import tempfile
import threading
import time

import flask
from canaille import create_app
from canaille.app import models
from canaille.app.flask import csrf
from canaille.backends import Backend
from canaille.oidc.provider import authorization
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

REDIRECT_URI, SECONDS = sys.argv[1], int(sys.argv[2])
PASSWORD = "a fake password"
API = "https://api.example.test"
READ, WRITE = f"{API}/notes.read", f"{API}/notes.write"
SCOPES = ["openid", "email", READ, WRITE]


def new_key():
    return RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True)


def configuration(port, folder):
    return {
        "SECRET_KEY": secrets.token_hex(32),
        "SERVER_NAME": f"127.0.0.1:{port}",
        "PREFERRED_URL_SCHEME": "http",
        "SESSION_COOKIE_SECURE": False,
        "CANAILLE": {"DATABASE": "sql", "JAVASCRIPT": False, "HTMX": False},
        "CANAILLE_SQL": {"DATABASE_URI": f"sqlite:///{folder}/canaille.db"},
        "CANAILLE_OIDC": {"ACTIVE_JWKS": [new_key()], "TRUSTED_DOMAINS": []},
    }


def populate():
    """Two people, and the app."""
    save = Backend.instance.save
    for name in ("ada", "eve"):
        save(models.User(
            user_name=name, formatted_name=name.title(), family_name="Example", given_name=name.title(),
            emails=[f"{name}@example.test"], phone_numbers=["555-000-000"], password=PASSWORD,
        ))
    client = models.Client(
        client_id="oauth-tests", client_name="Tests", client_secret="fake secret: 100% +",
        client_id_issued_at=datetime.datetime.now(datetime.timezone.utc),
        client_secret_expires_at=None, redirect_uris=[REDIRECT_URI], response_types=["code"],
        grant_types=["authorization_code", "refresh_token"], scope=SCOPES,
        token_endpoint_auth_method="client_secret_basic", id_token_signed_response_alg="RS256",
    )
    save(client)
    client.audience = [client]
    save(client)


def find(token):
    return Backend.instance.get(models.Token, access_token=token)


def is_alive(token):
    return token is not None and not token.is_expired() and not token.is_revoked()


class Counts:
    """How often each endpoint was called, and what came of it."""

    def __init__(self):
        self.token, self.granted, self.refused = 0, {}, {}
        self.api = {"served": 0, "refused": 0}

    def add(self, response):
        if flask.request.path == "/oauth/token":
            self.token += 1
            table = self.granted if response.status_code == 200 else self.refused
            key = flask.request.form.get("grant_type")
            table[key] = table.get(key, 0) + 1
        return response


def add_api(app, counts):
    """A small API. Reading and writing want different scopes."""
    spent = set()

    @app.route("/api/notes", methods=["GET", "POST"])
    @csrf.exempt
    def notes():
        text = flask.request.headers.get("authorization", "").removeprefix("Bearer ")
        token, needed = find(text), READ if flask.request.method == "GET" else WRITE
        if not is_alive(token) or text in spent:
            status = 401
        else:
            status = 200 if needed in token.scope else 403
        counts.api["served" if status == 200 else "refused"] += 1
        who = token.subject.user_name if status == 200 else None
        said = {"WWW-Authenticate": 'Bearer error="invalid_token"'} if status == 401 else {}
        return {"who": who, "did": needed}, status, said

    @app.get("/test/spend")
    def spend():
        spent.add(flask.request.args["token"])
        return {}


def add_controls(app, counts):
    """What a test can ask for and ask about."""

    @app.get("/test/counts")
    def tell():
        return vars(counts)

    @app.get("/test/rotate")
    def rotate():
        app.config["CANAILLE_OIDC"]["ACTIVE_JWKS"] = [new_key()]
        return {}

    @app.get("/test/withdraw")
    def withdraw():
        for consent in Backend.instance.query(models.Consent):
            consent.revoke()
        return {}

    @app.get("/test/dead")
    def dead():
        while is_alive(find(flask.request.args["token"])):
            time.sleep(0.02)
        return {}


def main(folder):
    logging.disable()
    # The port is known before the app is made, which has it in its name.
    server = make_server("127.0.0.1", 0, None, threaded=True)
    server.app = app = create_app(configuration(server.server_port, folder))
    app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {"authorization_code": SECONDS, "refresh_token": SECONDS}
    # Random ones: its signed access tokens are alike if they are of one second and one person.
    app.config["OAUTH2_ACCESS_TOKEN_GENERATOR"] = True
    generator = authorization.create_bearer_token_generator(app.config)
    authorization.register_token_generator("default", generator)
    counts = Counts()
    app.after_request(counts.add)
    add_api(app, counts)
    add_controls(app, counts)
    with app.app_context(), Backend.instance.session():
        populate()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"listening on port {server.server_port}", flush=True)
    sys.stdin.read()


with tempfile.TemporaryDirectory() as folder:
    main(folder)
