from django.urls import path, re_path

from . import views

app_name = "exhibits"
urlpatterns = [
    path("exhibits/", views.ExhibitList.as_view()),
    path("exhibits/<int:pk>/", views.ExhibitDetail.as_view()),
    path("exhibits/<slug:slug>/", views.by_slug),
    path("exhibits/new/", views.ExhibitCreate.as_view(http_method_names=["get", "post"])),
    re_path(r"^rooms/(?P<room>\w+)/(?P<rest>.*)$", views.room, name="room"),
    *[path(f"floors/{floor}/", views.floor, {"floor": floor}) for floor in range(2)],
]
