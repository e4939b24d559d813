SECRET_KEY = "museum"
DEBUG = False
USE_I18N = True
ROOT_URLCONF = "museum.urls"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "exhibits",
    "tickets",
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
API_PREFIX = "api/"
