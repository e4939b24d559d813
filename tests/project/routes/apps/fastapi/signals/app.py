from config import settings
from crud import CrudRouter
from fastapi import FastAPI
from versioning import VersionedRouter

app = FastAPI(docs_url=settings.docs_url, swagger_ui_oauth2_redirect_url=None)

sensors = CrudRouter("sensors", keys=("id",))
alarms = CrudRouter("alarms", writable=False)

v1 = VersionedRouter(1)
v2 = VersionedRouter(version=2)


@v1.get("/state")
@v2.get("/state")
def state():
    return {}


@v2.put("/state/")
def change():
    return {}


for router in [v1, v2]:
    router.include_router(sensors)
    app.include_router(router)
app.include_router(alarms, prefix=settings.api_prefix)


@app.head("/up")
@app.get("/up")
def up():
    return ""
