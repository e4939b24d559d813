"""Field classes of Django (4.2 to 5.2): what their column holds, and which lookups and transforms they have.

Names are those of the classes, whatever module they are taken from; see ``django.db.models.fields`` and
``django.contrib.postgres.fields`` of Django 5.2.
"""

from __future__ import annotations

from constraintlint.project.schema.records import Family

FAMILIES: dict[str, Family] = {
    "AutoField": "integer",
    "BigAutoField": "integer",
    "SmallAutoField": "integer",
    "BigIntegerField": "integer",
    "BinaryField": "binary",
    "BooleanField": "boolean",
    "NullBooleanField": "boolean",
    "CharField": "text",
    "CommaSeparatedIntegerField": "text",
    "DateField": "date",
    "DateTimeField": "datetime",
    "DecimalField": "numeric",
    "DurationField": "interval",
    "EmailField": "text",
    "FileField": "text",
    "FilePathField": "text",
    "FloatField": "float",
    "GenericIPAddressField": "text",
    "IPAddressField": "text",
    "ImageField": "text",
    "IntegerField": "integer",
    "JSONField": "json",
    "PositiveBigIntegerField": "integer",
    "PositiveIntegerField": "integer",
    "PositiveSmallIntegerField": "integer",
    "SlugField": "text",
    "SmallIntegerField": "integer",
    "TextField": "text",
    "TimeField": "time",
    "URLField": "text",
    "UUIDField": "uuid",
    # django.contrib.postgres.fields
    "ArrayField": "array",
    "HStoreField": "other",
    "CITextField": "text",
    "CICharField": "text",
    "CIEmailField": "text",
    "IntegerRangeField": "other",
    "BigIntegerRangeField": "other",
    "DecimalRangeField": "other",
    "FloatRangeField": "other",
    "DateTimeRangeField": "other",
    "DateRangeField": "other",
    "SearchVectorField": "other",
}
#: a key to another model
FORWARD = frozenset(("ForeignKey", "OneToOneField"))
RELATIONS = FORWARD | {"ManyToManyField"}
#: no column, and what is read through them is not one model
VIRTUAL = frozenset(("GenericForeignKey", "GenericRelation", "CompositePrimaryKey"))
AUTO = frozenset(("AutoField", "BigAutoField", "SmallAutoField"))
INTEGERS = frozenset(name for name, family in FAMILIES.items() if family == "integer")
#: of django.contrib.postgres: on PostgreSQL alone
POSTGRES = frozenset(
    [
        "ArrayField",
        "HStoreField",
        "CITextField",
        "CICharField",
        "CIEmailField",
        "IntegerRangeField",
        "BigIntegerRangeField",
        "DecimalRangeField",
        "FloatRangeField",
        "DateTimeRangeField",
        "DateRangeField",
        "SearchVectorField",
    ]
)
#: fields of other packages that are keys to another model like Django's own
LIKE_FORWARD = {
    "mptt.fields.TreeForeignKey": "ForeignKey",
    "mptt.fields.TreeOneToOneField": "OneToOneField",
    "mptt.fields.TreeManyToManyField": "ManyToManyField",
    "modelcluster.fields.ParentalKey": "ForeignKey",
    "modelcluster.fields.ParentalManyToManyField": "ManyToManyField",
    "sortedm2m.fields.SortedManyToManyField": "ManyToManyField",
}

#: lookups that every field has (``Field.class_lookups``)
COMMON = frozenset(
    [
        "exact",
        "iexact",
        "gt",
        "gte",
        "lt",
        "lte",
        "in",
        "contains",
        "icontains",
        "startswith",
        "istartswith",
        "endswith",
        "iendswith",
        "range",
        "isnull",
        "regex",
        "iregex",
    ]
)
_DATES = frozenset(["year", "month", "day", "week_day", "iso_week_day", "week", "iso_year", "quarter"])
_TIMES = frozenset(["hour", "minute", "second"])
#: lookups of a key to another model
OF_RELATION = frozenset(["exact", "in", "gt", "gte", "lt", "lte", "isnull"])
#: what django.contrib.postgres registers on text fields when it is installed
OF_POSTGRES = frozenset(
    ["search", "unaccent", "trigram_similar", "trigram_word_similar", "trigram_strict_word_similar"]
)
#: transforms that projects register by hand
FUNCTIONS = frozenset(
    [
        "lower",
        "upper",
        "length",
        "trim",
        "ltrim",
        "rtrim",
        "abs",
        "ceil",
        "floor",
        "round",
        "md5",
        "sha1",
        "sha224",
        "sha256",
        "sha384",
        "sha512",
        "reverse",
        "ord",
        "chr",
        "sqrt",
        "sign",
    ]
)

#: result of a transform: the class whose lookups follow it
_TRANSFORMED = {
    **dict.fromkeys((*_DATES, *_TIMES), "IntegerField"),
    "date": "DateField",
    "time": "TimeField",
}


def transform(cls: str, name: str) -> str | None:
    """The field class after a transform: ``created__date`` of a DateTimeField is a DateField. None where there is none.

    ``"*"`` is anything: the keys of a JSONField or an HStoreField.
    """
    if cls == "JSONField":
        return "JSONField"
    if cls in ("HStoreField", "*", "ArrayField") or cls.endswith("RangeField"):
        return "*"
    if cls == "DateField" and name in _DATES:
        return "IntegerField"
    if cls == "TimeField" and name in _TIMES:
        return "IntegerField"
    if cls == "DateTimeField":
        return _TRANSFORMED.get(name)
    return None


def is_lookup(cls: str, name: str) -> bool:
    """Whether a field class has a lookup of this name."""
    return (
        name in COMMON
        or cls in POSTGRES
        or cls == "*"
        or (cls == "JSONField" and name in ("contained_by", "has_key", "has_keys", "has_any_keys"))
    )
