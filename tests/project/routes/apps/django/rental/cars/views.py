from rest_framework import mixins, permissions, viewsets
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.response import Response


class CarViewSet(viewsets.ModelViewSet):
    lookup_field = "number"
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    @action(detail=True, methods=["post"], permission_classes=[permissions.AllowAny])
    def hire(self, request, number=None):
        return Response()

    @action(detail=True, url_path="mileage/(?P<unit>[a-z]+)")
    def mileage(self, request, number=None, unit="km"):
        return Response()

    @action(detail=False)
    def available(self, request):
        return Response()

    @available.mapping.delete
    def clear(self, request):
        return Response()


class ColourViewSet(mixins.ListModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet):
    permission_classes = [permissions.IsAdminUser]


@api_view(["GET", "POST"])
@permission_classes([permissions.AllowAny])
def ping(request):
    return Response("pong")


@api_view()
def count(request):
    return Response(0)
