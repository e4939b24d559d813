from aiohttp import web

from harbour import berths, ships
from harbour.middleware import authenticate, errors


def make_app() -> web.Application:
    app = web.Application(middlewares=[errors])
    app.router.add_get("/", index)
    app.add_routes(ships.routes)
    api = web.Application()
    api.middlewares.append(authenticate("token"))
    api.add_routes([web.get("/status", index, allow_head=False), *berths.routes()])
    reports = web.Application()
    for period in ("day", "month"):
        reports.router.add_get(f"/{period}", index)
    api.add_subapp("/reports/", reports)
    app.add_subapp("/api", api)
    return app


async def index(request: web.Request) -> web.Response:
    return web.json_response({})
