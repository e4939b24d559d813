from django.urls import include, path

from kitchen.api import api

SECTIONS = ["recipes"]

urlpatterns = [path("api/", api.urls)]
for section in SECTIONS:
    urlpatterns.append(path(f"{section}/", include(f"{section}.urls")))
