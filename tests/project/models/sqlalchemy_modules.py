"""Models in the styles people write them in: one program each, files by name. ``models.py`` is the one to import."""

from __future__ import annotations

from textwrap import dedent

#: name -> files
MODULES: dict[str, dict[str, str]] = {}
#: programs that need Flask-SQLAlchemy or SQLModel -> the requirement
NEEDS: dict[str, str] = {}


def _add(name: str, text: str, needs: str = "", **more: str) -> None:
    MODULES[name] = {"models.py": dedent(text), **{f"{key}.py": dedent(value) for key, value in more.items()}}
    if needs:
        NEEDS[name] = needs


_add(
    "annotated",
    """
    from __future__ import annotations
    from datetime import datetime
    from typing import List, Optional
    from sqlalchemy import ForeignKey, String, func
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

    class Base(DeclarativeBase):
        pass

    class Author(Base):
        __tablename__ = "authors"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(String(50), unique=True)
        bio: Mapped[Optional[str]]
        born: Mapped[datetime | None] = mapped_column("birth_date")
        created: Mapped[datetime] = mapped_column(server_default=func.now())
        books: Mapped[List[Book]] = relationship(back_populates="author", cascade="all, delete-orphan")

    class Book(Base):
        __tablename__ = "books"
        id: Mapped[int] = mapped_column(primary_key=True)
        author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
        author: Mapped["Author"] = relationship(back_populates="books")
    """,
)
_add(
    "classic",
    """
    import sqlalchemy as sa
    from sqlalchemy.orm import declarative_base, relationship, backref

    Base = declarative_base()

    class Station(Base):
        __tablename__ = "station"
        id = sa.Column(sa.Integer, primary_key=True)
        code = sa.Column("station_code", sa.String(8), nullable=False)
        height = sa.Column(sa.Float)
        note = sa.Column(sa.Text, default="")
        open_ = sa.Column("open", sa.Boolean, nullable=False, server_default=sa.true())

    class Reading(Base):
        __tablename__ = "reading"
        id = sa.Column(sa.BigInteger, primary_key=True)
        station_id = sa.Column(sa.ForeignKey("station.id"))
        taken = sa.Column(sa.DateTime(timezone=True), index=True)
        value = sa.Column(sa.Numeric(10, 2))
        station = relationship("Station", backref=backref("readings", lazy="dynamic"))
        detail = relationship("Detail", backref="reading", uselist=False)

    class Detail(Base):
        __tablename__ = "detail"
        id = sa.Column(sa.Integer, primary_key=True)
        reading_id = sa.Column(sa.Integer, sa.ForeignKey(Reading.id), nullable=False)
    """,
)
_add(
    "many_to_many",
    """
    from sqlalchemy import Column, ForeignKey, Integer, String, Table
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

    class Base(DeclarativeBase):
        pass

    recipe_tools = Table(
        "recipe_tools",
        Base.metadata,
        Column("recipe_id", ForeignKey("recipes.id", ondelete="CASCADE"), primary_key=True),
        Column("tool_id", Integer, ForeignKey("tools.id"), primary_key=True),
    )

    class Recipe(Base):
        __tablename__ = "recipes"
        id: Mapped[int] = mapped_column(primary_key=True)
        tools = relationship("Tool", secondary=recipe_tools, back_populates="recipes")
        helpers: Mapped[set["Tool"]] = relationship(secondary="recipe_tools", viewonly=True)

    class Tool(Base):
        __tablename__ = "tools"
        id: Mapped[int] = mapped_column(primary_key=True)
        label = Column(String)
        recipes = relationship(lambda: Recipe, secondary=lambda: recipe_tools, back_populates="tools")
    """,
)
_add(
    "mixins",
    """
    import uuid
    from datetime import datetime, timezone
    from sqlalchemy import DateTime, ForeignKey, String, Uuid, Index, UniqueConstraint
    from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship

    class Base(DeclarativeBase):
        @declared_attr.directive
        def __tablename__(cls) -> str:
            return cls.__name__.lower() + "s"

    class Stamped:
        created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=lambda: datetime.now(timezone.utc))
        updated_at = mapped_column(DateTime, nullable=True)

        def touch(self):
            self.updated_at = datetime.now()

    class Keyed(Base):
        __abstract__ = True
        id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)

    class Owned:
        @declared_attr
        def owner_id(cls) -> Mapped[uuid.UUID]:
            return mapped_column(ForeignKey("persons.id"))

        @declared_attr
        def owner(cls) -> Mapped["Person"]:
            return relationship("Person")

    class Person(Stamped, Keyed):
        name: Mapped[str] = mapped_column(String(20))

    class Garden(Owned, Stamped, Keyed):
        title: Mapped[str]
        __table_args__ = (UniqueConstraint("title", name="uq_title"), Index("ix_t", "title"), {"comment": "x"})
    """,
)
_add(
    "joined",
    """
    from sqlalchemy import ForeignKey
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

    class Base(DeclarativeBase): ...

    class Vehicle(Base):
        __tablename__ = "vehicles"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        depot_id: Mapped[int] = mapped_column(ForeignKey("depots.id"))
        depot: Mapped["Depot"] = relationship(back_populates="vehicles")
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "vehicle"}

    class Bus(Vehicle):
        __tablename__ = "buses"
        id: Mapped[int] = mapped_column(ForeignKey("vehicles.id"), primary_key=True)
        seats: Mapped[int]
        __mapper_args__ = {"polymorphic_identity": "bus"}

    class Tram(Vehicle):
        volts: Mapped[int] = mapped_column(nullable=True)
        __mapper_args__ = {"polymorphic_identity": "tram"}

    class Depot(Base):
        __tablename__ = "depots"
        id: Mapped[int] = mapped_column(primary_key=True)
        vehicles: Mapped[list[Vehicle]] = relationship(back_populates="depot")
    """,
)
_add(
    "imperative",
    """
    from dataclasses import dataclass
    from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table
    from sqlalchemy.orm import registry, relationship

    mapper_registry = registry()
    ships = Table("ships", mapper_registry.metadata, Column("id", Integer, primary_key=True), Column("name", String(40)))
    crew = Table(
        "crew",
        mapper_registry.metadata,
        Column("id", Integer, primary_key=True),
        Column("ship_id", Integer, ForeignKey("ships.id"), nullable=False),
        Column("rank", String, key="grade"),
    )

    class Ship:
        def __init__(self, name):
            self.name = name

    @dataclass
    class Sailor:
        id: int
        ship_id: int

    mapper_registry.map_imperatively(Ship, ships, properties={"crew": relationship(Sailor, back_populates="ship")})
    mapper_registry.map_imperatively(Sailor, crew, properties={"ship": relationship(Ship, back_populates="crew")})
    """,
)
_add(
    "core_tables",
    """
    import sqlalchemy as sa
    from sqlalchemy import MetaData
    metadata = MetaData()
    accounts = sa.Table(
        "accounts", metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mail", sa.Unicode(100), nullable=False, unique=True),
        sa.Column("data", sa.JSON),
        schema="bank",
    )
    moves = sa.Table(
        "moves", metadata,
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("a", sa.Integer), sa.Column("b", sa.Integer),
        sa.ForeignKeyConstraint(["a"], ["bank.accounts.id"]),
        sa.UniqueConstraint("a", "b"),
    )
    """,
)
_add(
    "own_table",
    """
    from sqlalchemy import Column, Integer, String, Table
    from sqlalchemy.orm import DeclarativeBase, column_property, synonym, deferred
    from sqlalchemy.ext.hybrid import hybrid_property, hybrid_method

    class Base(DeclarativeBase):
        pass

    class Parcel(Base):
        __table__ = Table("parcels", Base.metadata, Column("id", Integer, primary_key=True), Column("w", Integer), Column("h", Integer))
        area = column_property(__table__.c.w * __table__.c.h)
        width = synonym("w")

        @hybrid_property
        def big(self):
            return self.w > 10

        @big.expression
        def big(cls):
            return cls.w > 10

        @hybrid_method
        def wider(self, n):
            return self.w > n

        @property
        def label(self):
            return f"{self.w}"

    class Memo(Base):
        __tablename__ = "memos"
        id = Column(Integer, primary_key=True)
        body = deferred(Column(String, nullable=False))
    """,
)
_add(
    "as_declarative",
    """
    from typing import Any
    from sqlalchemy import Column, ForeignKey, Integer
    from sqlalchemy.orm import as_declarative, declared_attr, relationship

    @as_declarative()
    class Base:
        id: Any
        __name__: str

        @declared_attr
        def __tablename__(cls) -> str:
            return cls.__name__.lower()

    class Camp(Base):
        id = Column(Integer, primary_key=True)
        tents = relationship("Tent", back_populates="camp")

    class Tent(Base):
        id = Column(Integer, primary_key=True)
        camp_id = Column(Integer, ForeignKey("camp.id"))
        camp = relationship("Camp", back_populates="tents")
    """,
)
_add(
    "dataclass",
    """
    from sqlalchemy import ForeignKey
    from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship

    class Base(MappedAsDataclass, DeclarativeBase):
        pass

    class Song(Base):
        __tablename__ = "songs"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        title: Mapped[str]
        plays: Mapped[int] = mapped_column(default=0)
        album_id: Mapped[int | None] = mapped_column(ForeignKey("albums.id"), init=False)
        album: Mapped["Album | None"] = relationship(back_populates="songs", default=None)

    class Album(Base):
        __tablename__ = "albums"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        songs: Mapped[list["Song"]] = relationship(back_populates="album", default_factory=list)
    """,
)
_add(
    "aliases",
    """
    from typing import Optional
    from typing_extensions import Annotated
    from sqlalchemy import ForeignKey, String
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
    from kinds import intpk, name40

    user_fk = Annotated[int, mapped_column(ForeignKey("keeper.id"))]

    class Base(DeclarativeBase):
        type_annotation_map = {name40: String(40)}

    class Keeper(Base):
        __tablename__ = "keeper"
        id: Mapped[intpk]
        name: Mapped[name40]

    class Animal(Base):
        __tablename__ = "animal"
        id: Mapped[intpk]
        keeper_id: Mapped[user_fk]
        nick: Mapped[Optional[name40]]
        keeper: Mapped[Keeper] = relationship()
    """,
    kinds="""
    from typing_extensions import Annotated
    from sqlalchemy.orm import mapped_column

    intpk = Annotated[int, mapped_column(primary_key=True)]
    name40 = Annotated[str, 40]
    """,
)
_add(
    "self_reference",
    """
    from sqlalchemy import Column, ForeignKey, Integer, Table
    from sqlalchemy.orm import declarative_base, relationship, backref

    Base = declarative_base()
    follows = Table(
        "follows", Base.metadata,
        Column("a", Integer, ForeignKey("node.id")), Column("b", Integer, ForeignKey("node.id")),
    )

    class Node(Base):
        __tablename__ = "node"
        id = Column(Integer, primary_key=True)
        parent_id = Column(Integer, ForeignKey("node.id"))
        children = relationship("Node", backref=backref("parent", remote_side=[id]))
        friends = relationship(
            "Node", secondary=follows, primaryjoin=id == follows.c.a, secondaryjoin=id == follows.c.b, backref="fans"
        )
    """,
)
_add(
    "several_files",
    """
    from base import Base
    from teams import Team
    from players import Player
    """,
    base="""
    from sqlalchemy.ext.declarative import declarative_base

    class Helper:
        def as_dict(self):
            return {}

    Base = declarative_base(cls=Helper)
    """,
    teams="""
    from sqlalchemy import Column, Integer, String
    from sqlalchemy.orm import relationship
    from base import Base

    class Team(Base):
        __tablename__ = "team"
        id = Column(Integer, primary_key=True)
        name = Column(String(10))
        players = relationship("players.Player", back_populates="team", order_by="Player.id", lazy="selectin")
    """,
    players="""
    from typing import TYPE_CHECKING
    from sqlalchemy import Column, ForeignKey, Integer
    from sqlalchemy.orm import Mapped, relationship
    from base import Base
    if TYPE_CHECKING:
        from teams import Team

    class Player(Base):
        __tablename__ = "player"
        id = Column(Integer, primary_key=True)
        team_id = Column(Integer, ForeignKey("team.id"))
        team: Mapped["Team"] = relationship("Team", back_populates="players")
    """,
)
_add(
    "association_object",
    """
    from sqlalchemy import ForeignKey
    from sqlalchemy.ext.associationproxy import association_proxy, AssociationProxy
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

    class Base(DeclarativeBase):
        pass

    class Course(Base):
        __tablename__ = "course"
        id: Mapped[int] = mapped_column(primary_key=True)
        seats: Mapped[list["Seat"]] = relationship(back_populates="course")
        pupils: AssociationProxy[list["Pupil"]] = association_proxy("seats", "pupil")

    class Pupil(Base):
        __tablename__ = "pupil"
        id: Mapped[int] = mapped_column(primary_key=True)
        seats: Mapped[list["Seat"]] = relationship(back_populates="pupil")

    class Seat(Base):
        __tablename__ = "seat"
        course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), primary_key=True)
        pupil_id: Mapped[int] = mapped_column(ForeignKey("pupil.id"), primary_key=True)
        row: Mapped[str | None]
        course: Mapped[Course] = relationship(back_populates="seats")
        pupil: Mapped[Pupil] = relationship(back_populates="seats")
    """,
)
_add(
    "wrapped_columns",
    """
    from sqlalchemy import Column, ForeignKey, Integer, String
    from sqlalchemy.orm import declarative_base, relationship

    Base = declarative_base()

    def required(kind, **options):
        return Column(kind, nullable=False, **options)

    NAME = String(30)

    class Shop(Base):
        __tablename__ = "shop"
        id = Column(Integer, primary_key=True)
        name = Column(NAME)

    class Till(Base):
        __tablename__ = "till"
        id = Column(Integer, primary_key=True)
        shop_id = Column(None, ForeignKey("shop.id"))
        shop = relationship(Shop)

    Shop.tills = relationship(Till, overlaps="shop")
    """,
)
_add(
    "write_only",
    """
    import enum
    from decimal import Decimal
    from sqlalchemy import Enum, ForeignKey
    from sqlalchemy.orm import DeclarativeBase, DynamicMapped, Mapped, WriteOnlyMapped, mapped_column, relationship

    class Level(enum.Enum):
        low = 1

    class Base(DeclarativeBase):
        pass

    class Account(Base):
        __tablename__ = "account"
        id: Mapped[int] = mapped_column(primary_key=True)
        level: Mapped[Level]
        other: Mapped[str] = mapped_column(Enum("a", "b"))
        total: Mapped[Decimal]
        entries: WriteOnlyMapped["Entry"] = relationship()
        others: DynamicMapped["Entry"] = relationship(viewonly=True)

    class Entry(Base):
        __tablename__ = "entry"
        id: Mapped[int] = mapped_column(primary_key=True)
        account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    """,
)
_add(
    "registry_decorator",
    """
    from sqlalchemy import Column, Integer, String
    from sqlalchemy.orm import registry

    reg = registry()

    @reg.mapped
    class Lamp:
        __tablename__ = "lamps"
        id = Column(Integer, primary_key=True)
        colour = Column(String)

    Base = reg.generate_base()

    class Bulb(Base):
        __tablename__ = "bulbs"
        id = Column(Integer, primary_key=True)
        watts = Column(Integer, nullable=False)
    """,
)
_add(
    "overridden",
    """
    from sqlalchemy import Column, Integer, String
    from sqlalchemy.orm import declarative_base

    Base = declarative_base()

    class Named:
        name = Column(String(10), nullable=False)
        code = Column(String(3))

    class Plant(Named, Base):
        __tablename__ = "plants"
        id = Column(Integer, primary_key=True)
        name = Column(String(99))

    class Zoned(Base):
        __tablename__ = f"{'zo'}ned"
        if True:
            id = Column(Integer, primary_key=True)
    """,
)
_add(
    "flask",
    """
    from flask import Flask
    from extensions import db

    class Timestamped(object):
        made = db.Column(db.DateTime)

    tags = db.Table("post_tag", db.Column("post_id", db.Integer, db.ForeignKey("blog_post.id")), db.Column("t", db.ForeignKey("tag.id")))

    class BlogPost(Timestamped, db.Model):
        id = db.Column(db.Integer, primary_key=True)
        title = db.Column(db.String(80), nullable=False)
        user_id = db.Column(db.Integer, db.ForeignKey("http_user.id"))
        tags = db.relationship("Tag", secondary=tags, backref=db.backref("posts", lazy=True), lazy="subquery")

    class HTTPUser(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        posts = db.relationship("BlogPost", backref="user", lazy="dynamic")

    class Tag(db.Model):
        __tablename__ = "tag"
        id = db.Column(db.Integer, primary_key=True)

    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db.init_app(app)
    """,
    "flask-sqlalchemy",
    extensions="""
    from flask_sqlalchemy import SQLAlchemy
    db = SQLAlchemy()
    """,
)
_add(
    "flask_typed",
    """
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
    from flask_sqlalchemy import SQLAlchemy

    class Base(DeclarativeBase):
        def short(self):
            return "x"

    db = SQLAlchemy(model_class=Base)

    class CoffeeCup(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        size: Mapped[str | None]
    """,
    "flask-sqlalchemy",
)
_add(
    "sqlmodel",
    """
    from datetime import datetime
    from typing import List, Optional
    from sqlmodel import Field, Relationship, SQLModel

    class HeroBase(SQLModel):
        name: str = Field(index=True)
        age: Optional[int] = None

    class TeamLink(SQLModel, table=True):
        hero_id: int | None = Field(default=None, foreign_key="hero.id", primary_key=True)
        club_id: int | None = Field(default=None, foreign_key="club.id", primary_key=True)

    class Hero(HeroBase, table=True):
        id: Optional[int] = Field(default=None, primary_key=True)
        squad_id: Optional[int] = Field(default=None, foreign_key="squads.id")
        squad: Optional["Squad"] = Relationship(back_populates="heroes")
        clubs: list["Club"] = Relationship(back_populates="members", link_model=TeamLink)

    class Squad(SQLModel, table=True):
        __tablename__ = "squads"
        id: Optional[int] = Field(default=None, primary_key=True)
        heroes: List["Hero"] = Relationship(back_populates="squad", sa_relationship_kwargs={"lazy": "selectin"})

    class Club(SQLModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        opened: datetime
        members: list[Hero] = Relationship(back_populates="clubs", link_model=TeamLink)

    class HeroRead(HeroBase):
        id: int
    """,
    "sqlmodel",
)
