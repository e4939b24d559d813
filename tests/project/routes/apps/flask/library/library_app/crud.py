from flask.views import MethodView


class Resource(MethodView):
    def get(self, key=None):
        return {"key": key}


class Writable(Resource):
    def post(self):
        return {}

    def put(self, key):
        return {"key": key}


def expose(blueprint, view, url, key="key", kind="int"):
    function = view.as_view(view.__name__.lower())
    blueprint.add_url_rule(url, defaults={key: None}, view_func=function, methods=["GET"])
    if issubclass(view, Writable):
        blueprint.add_url_rule(url, view_func=function, methods=["POST"])
    blueprint.add_url_rule(f"{url}<{kind}:{key}>", view_func=function, methods=["GET", "PUT"])
