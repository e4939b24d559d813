from fastapi import APIRouter


class VersionedRouter(APIRouter):
    def __init__(self, version: int):
        super().__init__(prefix=f"/v{version}")

    def add_api_route(self, path, endpoint, **kwargs):
        super().add_api_route(path.rstrip("/"), endpoint, **kwargs)
