from rest_framework import generics, routers, viewsets
from rest_framework.response import Response


class BookingViewSet(viewsets.ViewSet):
    lookup_value_regex = "[0-9]+"

    def list(self, request):
        return Response([])

    def retrieve(self, request, pk=None):
        return Response({})

    def partial_update(self, request, pk=None):
        return Response({})


class ReadOnly(viewsets.ReadOnlyModelViewSet):
    pass


class Archive(ReadOnly):
    pass


class Payments(generics.ListCreateAPIView):
    pass


router = routers.SimpleRouter(trailing_slash=False)
for prefix, viewset in {"bookings": BookingViewSet, "archive": Archive}.items():
    router.register(prefix, viewset, basename=prefix)
