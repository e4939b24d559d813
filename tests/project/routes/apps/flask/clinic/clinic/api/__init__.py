from flask import Blueprint

from clinic.api.patients import views as patients
from clinic.api.visits.views import visits

api = Blueprint("api", __name__)
api.register_blueprint(patients.blueprint)
api.register_blueprint(visits, url_prefix="/visits")
