from flask import Blueprint, render_template

pages = Blueprint("pages", __name__, static_folder="files", static_url_path="/files")


@pages.route("/")
@pages.route("/home")
def home():
    return render_template("home.html")
