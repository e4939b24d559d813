import os

from flask import Flask, jsonify
from flask.views import View

PREFIX = os.environ.get("WORKSHOP_PREFIX", "/v1")

app = Flask(__name__, static_folder=None)


class Health(View):
    methods = ["GET", "POST"]

    def dispatch_request(self):
        return jsonify(ok=True)


class Status(View):
    def dispatch_request(self):
        return jsonify(state="up")


app.add_url_rule("/health", view_func=Health.as_view("health"))
app.add_url_rule("/status/", view_func=Status.as_view("status"))


@app.before_request
def load_user():
    return None


@app.route(PREFIX + "/tools", methods=["GET"])
def tools():
    return jsonify([])


@app.route(PREFIX + "/tools", methods=["POST"])
def add_tool():
    return jsonify({})


@app.route(f"{PREFIX}/tools/<int:tool_id>", methods=["GET", "PUT", "DELETE"])
def tool(tool_id):
    return jsonify(tool_id)


@app.route("/tools/<any(saw, drill):kind>/", defaults={"page": 1})
@app.route("/tools/<any(saw, drill):kind>/page/<int:page>")
def by_kind(kind, page):
    return jsonify([kind, page])


def later():
    return jsonify([])


app.add_url_rule("/later", "later", later, methods=["OPTIONS", "GET"])

from legacy import attach  # noqa: E402

attach(app, "/old")

if __name__ == "__main__":
    app.run()
