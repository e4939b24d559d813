"""The models that come with Django (4.2 to 5.2) and Django REST framework: their fields as data.

A line without indentation is a model: label (or ``abstract`` and class name), where it is imported from, its table. Indented
lines are fields: name, class, flags. The line with ``:`` holds its other members.
"""

from __future__ import annotations

from functools import cache

from constraintlint.project.models.django_records import DjangoModel, Field, Manager
from constraintlint.project.schema.records import Place

_USER = """
  password CharField
  last_login DateTimeField null optional
"""
_USER_MEMBERS = (
    "REQUIRED_FIELDS acheck_password check_password get_email_field_name get_session_auth_fallback_hash "
    "get_session_auth_hash get_username has_usable_password is_active is_anonymous is_authenticated natural_key "
    "normalize_username set_password set_unusable_password"
)
_PERMISSIONS = """
  is_superuser BooleanField optional
  groups ManyToManyField optional to=auth.Group related=user_set query=user
  user_permissions ManyToManyField optional to=auth.Permission related=user_set query=user
"""
_PERMISSION_MEMBERS = (
    "aget_all_permissions aget_group_permissions aget_user_permissions ahas_module_perms ahas_perm ahas_perms "
    "get_all_permissions get_group_permissions get_user_permissions has_module_perms has_perm has_perms"
)
_FULL_USER = """
  username CharField unique
  first_name CharField optional
  last_name CharField optional
  email EmailField optional
  is_staff BooleanField optional
  is_active BooleanField optional
  date_joined DateTimeField optional
"""
_FULL_MEMBERS = "EMAIL_FIELD USERNAME_FIELD email_user get_full_name get_short_name username_validator clean"

_MODELS = f"""
abstract AbstractBaseUser django.contrib.auth.base_user.AbstractBaseUser -{_USER}
  : {_USER_MEMBERS}
abstract PermissionsMixin django.contrib.auth.models.PermissionsMixin -{_PERMISSIONS}
  : {_PERMISSION_MEMBERS}
abstract AbstractUser django.contrib.auth.models.AbstractUser -{_USER}{_PERMISSIONS}{_FULL_USER}
  : {_USER_MEMBERS} {_PERMISSION_MEMBERS} {_FULL_MEMBERS}
abstract AbstractBaseSession django.contrib.sessions.base_session.AbstractBaseSession -
  session_key CharField pk
  session_data TextField
  expire_date DateTimeField
  : get_decoded get_session_store_class
contenttypes.ContentType django.contrib.contenttypes.models.ContentType django_content_type
  id AutoField pk auto
  app_label CharField
  model CharField
  : app_labeled_name get_all_objects_for_this_type get_object_for_this_type model_class name natural_key
auth.Permission django.contrib.auth.models.Permission auth_permission
  id AutoField pk auto
  name CharField
  content_type ForeignKey to=contenttypes.ContentType
  codename CharField
  : natural_key
auth.Group django.contrib.auth.models.Group auth_group
  id AutoField pk auto
  name CharField unique
  permissions ManyToManyField optional to=auth.Permission
  : natural_key
auth.User django.contrib.auth.models.User auth_user
  id AutoField pk auto{_USER}{_PERMISSIONS}{_FULL_USER}
  : {_USER_MEMBERS} {_PERMISSION_MEMBERS} {_FULL_MEMBERS}
sessions.Session django.contrib.sessions.models.Session django_session
  session_key CharField pk
  session_data TextField
  expire_date DateTimeField
  : get_decoded get_session_store_class
sites.Site django.contrib.sites.models.Site django_site
  id AutoField pk auto
  domain CharField unique
  name CharField
  : natural_key
admin.LogEntry django.contrib.admin.models.LogEntry django_admin_log
  id AutoField pk auto
  action_time DateTimeField optional
  user ForeignKey to=auth.User
  content_type ForeignKey null optional to=contenttypes.ContentType
  object_id TextField null optional
  object_repr CharField
  action_flag PositiveSmallIntegerField choices
  change_message TextField optional
  : get_admin_url get_change_message get_edited_object is_addition is_change is_deletion
redirects.Redirect django.contrib.redirects.models.Redirect django_redirect
  id AutoField pk auto
  site ForeignKey to=sites.Site
  old_path CharField
  new_path CharField optional
flatpages.FlatPage django.contrib.flatpages.models.FlatPage django_flatpage
  id AutoField pk auto
  url CharField
  title CharField
  content TextField optional
  enable_comments BooleanField optional
  template_name CharField optional
  registration_required BooleanField optional
  sites ManyToManyField to=sites.Site
  : get_absolute_url
authtoken.Token rest_framework.authtoken.models.Token authtoken_token
  key CharField pk
  user OneToOneField unique to=auth.User related=auth_token
  created DateTimeField optional
  : generate_key
"""
#: the apps whose models are all listed above, or that have none: by the package in INSTALLED_APPS
APPS = {
    "django.contrib.admin": "admin",
    "django.contrib.admindocs": "admindocs",
    "django.contrib.auth": "auth",
    "django.contrib.contenttypes": "contenttypes",
    "django.contrib.flatpages": "flatpages",
    "django.contrib.gis": "gis",
    "django.contrib.humanize": "humanize",
    "django.contrib.messages": "messages",
    "django.contrib.postgres": "postgres",
    "django.contrib.redirects": "redirects",
    "django.contrib.sessions": "sessions",
    "django.contrib.sitemaps": "sitemaps",
    "django.contrib.sites": "sites",
    "django.contrib.staticfiles": "staticfiles",
    "django.contrib.syndication": "syndication",
    "rest_framework": "rest_framework",
    "rest_framework.authtoken": "authtoken",
    "rest_framework_simplejwt": "rest_framework_simplejwt",
    "corsheaders": "corsheaders",
    "django_filters": "django_filters",
    "django_extensions": "django_extensions",
    "drf_yasg": "drf_yasg",
    "drf_spectacular": "drf_spectacular",
    "whitenoise.runserver_nostatic": "whitenoise",
    "crispy_forms": "crispy_forms",
    "debug_toolbar": "debug_toolbar",
    "storages": "storages",
    "channels": "channels",
    "daphne": "daphne",
    "widget_tweaks": "widget_tweaks",
    "bootstrap4": "bootstrap4",
    "crispy_bootstrap5": "crispy_bootstrap5",
    "ninja": "ninja",
}
#: attributes of ``django.db.models.Model`` (4.2 to 5.2; the asynchronous ones came with 4.2 and 5.0)
MODEL_MEMBERS = frozenset(
    [
        "_check",
        "_do_insert",
        "_do_update",
        "_get_pk_val",
        "_meta",
        "_set_pk_val",
        "_state",
        "_perform_unique_checks",
        "_get_unique_checks",
        "adelete",
        "arefresh_from_db",
        "asave",
        "check",
        "clean",
        "clean_fields",
        "date_error_message",
        "delete",
        "from_db",
        "full_clean",
        "get_constraints",
        "get_deferred_fields",
        "pk",
        "prepare_database_save",
        "refresh_from_db",
        "save",
        "save_base",
        "serializable_value",
        "unique_error_message",
        "validate_constraints",
        "validate_unique",
        "DoesNotExist",
        "MultipleObjectsReturned",
        "NotUpdated",
    ]
)
_NOWHERE = Place("", (1, 1, 1, 1))


@cache
def contrib_models() -> tuple[DjangoModel, ...]:
    """All of them, made once; nobody may change them. Relations to ``auth.User`` mean the user model of the project."""
    found: list[DjangoModel] = []
    for line in _MODELS.strip().split("\n"):
        words = line.split()
        if not words:
            continue
        if not line.startswith(" "):
            abstract = words[0] == "abstract"
            dotted, table = words[-2], words[-1]
            label = words[0] if not abstract else f"{dotted.split('.')[2]}.{words[1]}"
            app, name = label.split(".")
            manager = {} if abstract else {"objects": Manager("objects", True, False)}
            found.append(
                DjangoModel(
                    f"{dotted}", label, name, app, "", _NOWHERE, dotted=dotted, abstract=abstract,
                    db_table="" if abstract else table, members=set(MODEL_MEMBERS), managers=manager,
                    swappable=label == "auth.User",
                )
            )  # fmt: skip
        elif words[0] == ":":
            found[-1].members.update(words[1:])
        else:
            field = _field(words)
            found[-1].fields[field.name] = field
    for model in found:
        model.managers = model.managers or {}
        if model.name in ("AbstractUser",):
            model.managers = {"objects": Manager("objects", True, False)}
    return tuple(found)


def _field(words: list[str]) -> Field:
    given = dict(word.split("=", 1) for word in words[2:] if "=" in word)
    name, cls = words[:2]
    column = "" if cls == "ManyToManyField" else name + "_id" if "to" in given else name
    return Field(
        name, cls, _NOWHERE, column, null="null" in words, primary_key="pk" in words, unique="unique" in words or "pk" in words,
        optional="optional" in words or "auto" in words, has_choices="choices" in words, auto="auto" in words,
        target=given.get("to", ""), target_written=given.get("to", ""), related_name=given.get("related", ""),
        related_query_name=given.get("query", ""),
    )  # fmt: skip


def by_dotted(dotted: str) -> DjangoModel | None:
    """A model or abstract base of Django's own by where it is imported from."""
    name = dotted.replace("django.contrib.auth.base_user.", "django.contrib.auth.models.")
    for model in contrib_models():
        known = model.dotted.replace("django.contrib.auth.base_user.", "django.contrib.auth.models.")
        if known in (dotted, name):
            return model
    return None
