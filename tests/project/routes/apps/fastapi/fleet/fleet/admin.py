from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

admin = FastAPI(docs_url="/help", openapi_url="/schema.json")
admin.mount("/files", StaticFiles(directory=".", check_dir=False), name="files")


@admin.api_route("/settings", methods=["GET", "PATCH"])
def settings():
    return {}
