from functools import wraps

from flask import abort, request


def staff_only(view):
    @wraps(view)
    def wrapped(*args, **kwargs):
        if "X-Staff" not in request.headers:
            abort(401)
        return view(*args, **kwargs)

    return wrapped


def role(name):
    def decorate(view):
        @wraps(view)
        def wrapped(*args, **kwargs):
            if request.headers.get("X-Role") != name:
                abort(403)
            return view(*args, **kwargs)

        return wrapped

    return decorate
