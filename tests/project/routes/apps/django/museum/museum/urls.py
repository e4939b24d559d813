from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView, TemplateView
from exhibits.views import export
from tickets import urls as tickets

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", TemplateView.as_view(template_name="home.html"), name="home"),
    path(settings.API_PREFIX, include("exhibits.urls", namespace="exhibits")),
    path("tickets/", include((tickets.urlpatterns, "tickets"))),
    re_path(r"^export/(?P<year>[0-9]{4})\.csv$", export),
    path("old/", RedirectView.as_view(url="/")),
]

urlpatterns += i18n_patterns(path("visit/", TemplateView.as_view(template_name="visit.html")))
