import pathlib

import jobs
from aiohttp import web

PREFIX = "/printer"
app = web.Application()
app.router.add_static("/static/", pathlib.Path(__file__).parent, name="static")

queue = app.router.add_resource(PREFIX + "/queue")
queue.add_route("GET", jobs.show_queue)
queue.add_route("DELETE", jobs.clear)

for method, name, handler in [
    ("GET", "paper", jobs.paper),
    ("PUT", "ink", jobs.ink),
    ("POST", "jobs/{job}", jobs.start),
]:
    app.router.add_route(method, f"{PREFIX}/{name}", handler)

app.router.add_view(PREFIX + "/trays/{tray}", jobs.Tray)
app.router.add_head("/up", jobs.paper)


def main():
    web.run_app(app, port=8080)


if __name__ == "__main__":
    main()
