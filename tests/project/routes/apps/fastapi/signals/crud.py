from fastapi import APIRouter


class CrudRouter(APIRouter):
    def __init__(self, name, keys=("key",), writable=True, **options):
        super().__init__(prefix=f"/{name}", **options)
        self.name = name
        item = "/" + "/".join("{" + key + "}" for key in keys)
        self.add_api_route("", self._list(), methods=["GET"])
        self.add_api_route(item, self._show(), methods=["GET"])
        if writable:
            self.add_api_route("", self._create(), methods=["POST"])
            self.add_api_route(item, self._remove(), methods=["DELETE"])

    def _list(self):
        def route():
            return []

        return route

    def _show(self):
        def route():
            return {}

        return route

    def _create(self):
        def route():
            return {}

        return route

    def _remove(self):
        def route():
            return None

        return route
