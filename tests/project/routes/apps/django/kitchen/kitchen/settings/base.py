SECRET_KEY = "kitchen"
PROJECT = "kitchen"
ROOT_URLCONF = f"{PROJECT}.urls"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "ninja", "recipes"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
