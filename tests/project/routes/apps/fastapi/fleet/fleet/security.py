from typing import Annotated

from fastapi import Depends, Header, HTTPException, Security


def require_key(x_key: str = Header("")):
    if not x_key:
        raise HTTPException(403)


def current_user(x_user: str = Header("")):
    return x_user


def with_scope(user: str = Depends(current_user)):
    return user


User = Annotated[str, Depends(current_user)]
Manager = Annotated[str, Security(with_scope, scopes=["manage"])]
