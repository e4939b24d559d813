from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute
from trees import tree_routes


async def index(request):
    return JSONResponse([])


class Harvest(HTTPEndpoint):
    async def get(self, request):
        return JSONResponse({})

    async def post(self, request):
        return JSONResponse({})


async def feed(socket):
    await socket.accept()


def numbered(kind):
    async def show(request):
        return JSONResponse({kind: request.path_params["number"]})

    return Route("/" + kind + "/{number:int}", show, name=kind)


routes = [
    Route("/", index),
    Route("/harvest/{year:int}", Harvest),
    Mount("/trees", routes=tree_routes, name="trees"),
    WebSocketRoute("/feed", feed),
    *[numbered(kind) for kind in ("apples", "pears")],
]

app = Starlette(debug=True, routes=routes, middleware=[Middleware(GZipMiddleware)])
app.add_route("/late", index, methods=["GET", "DELETE"])
