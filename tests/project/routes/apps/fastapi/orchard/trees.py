from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, Router


async def listing(request):
    return JSONResponse([])


async def prune(request):
    return JSONResponse({})


inner = Router([Route("/", listing), Route("/{branch}", prune, methods=["POST"])])

tree_routes = [
    Route("/", listing, methods=["GET"]),
    Route("/old", listing),
    Mount("/{tree}/branches", app=inner),
    Route("/{tree}", prune, methods=["PUT", "DELETE"]),
]
