from garden.plants.handlers import Plants
from garden.plants.urls import urls


def setup(app):
    handlers = Plants()
    for path, table in urls.items():
        for method, name in table:
            app.router.add_route(method, path, getattr(handlers, name))
