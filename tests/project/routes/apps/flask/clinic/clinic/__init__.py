from flask import Flask

from clinic.api import api
from clinic.errors import register_error_handlers
from clinic.pages import pages


def create_app(config=None):
    app = Flask(__name__, static_url_path="/assets")
    app.config.from_mapping(config or {})
    app.url_map.strict_slashes = False
    register_blueprints(app)
    register_error_handlers(app)

    @app.get("/ping")
    def ping():
        return {"pong": True}

    return app


def register_blueprints(app):
    for blueprint, prefix in [(api, "/api"), (pages, None)]:
        app.register_blueprint(blueprint, url_prefix=prefix)
