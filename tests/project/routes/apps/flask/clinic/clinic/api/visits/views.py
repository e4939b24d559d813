from flask import Blueprint

visits = Blueprint("visits", __name__)

REPORTS = ["daily", "weekly"]


def report(kind):
    def show():
        return {"kind": kind}

    return show


for kind in REPORTS:
    visits.add_url_rule(f"/reports/{kind}", f"report_{kind}", report(kind))


@visits.get("/")
def index():
    return []


@visits.post("/<date>/<string(length=2):room>")
def book(date, room):
    return {"date": date, "room": room}


@visits.route("/export/<path:target>.csv", provide_automatic_options=False)
def export(target):
    return target
