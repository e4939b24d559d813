from fastapi import Depends, FastAPI

from fleet.admin import admin
from fleet.routers import drivers, vehicles
from fleet.security import current_user, require_key


def create_app() -> FastAPI:
    app = FastAPI(title="Fleet", redoc_url=None, dependencies=[Depends(require_key)])
    register(app)
    app.mount("/admin", admin)

    @app.middleware("http")
    async def timing(request, call_next):
        return await call_next(request)

    @app.get("/health", include_in_schema=False)
    async def health():
        return {"ok": True}

    return app


def register(app: FastAPI) -> None:
    for module in (vehicles, drivers):
        app.include_router(module.router, prefix="/api/v1")
    app.include_router(vehicles.tracking, prefix="/track", dependencies=[Depends(current_user)])
