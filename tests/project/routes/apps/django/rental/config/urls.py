from bookings.api import Payments
from bookings.api import router as bookings
from cars.views import CarViewSet, ColourViewSet, count, ping
from django.urls import include, path
from rest_framework.routers import DefaultRouter

router = DefaultRouter()
router.register("cars", CarViewSet, basename="car")
router.register(r"colours", ColourViewSet, "colour")

urlpatterns = [
    path("api/", include(router.urls)),
    path("api/", include((bookings.urls, "bookings"))),
    path("payments/", Payments.as_view()),
    path("ping/", ping),
    path("count/", count),
    path("cars/<int:number>/", CarViewSet.as_view({"get": "retrieve", "delete": "destroy"})),
    path("auth/", include("rest_framework.urls")),
]
