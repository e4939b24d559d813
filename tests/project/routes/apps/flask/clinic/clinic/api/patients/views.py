from flask import Blueprint
from flask.views import MethodView

from clinic.api.guards import role, staff_only

blueprint = Blueprint("patients", __name__, url_prefix="/patients")


@blueprint.before_request
def check_token():
    return None


class PatientList(MethodView):
    decorators = [staff_only]

    def get(self):
        return []

    def post(self):
        return {}, 201


class PatientItem(MethodView):
    init_every_request = False

    @staff_only
    def get(self, number):
        return {"number": number}

    @role("doctor")
    def patch(self, number):
        return {"number": number}

    def delete(self, number):
        return "", 204


blueprint.add_url_rule("", view_func=PatientList.as_view("list"))
blueprint.add_url_rule("/<int:number>", view_func=PatientItem.as_view("item"))


@blueprint.route("/<uuid:card>/photo", methods=["GET", "PUT"])
@role("nurse")
def photo(card):
    return {"card": str(card)}
