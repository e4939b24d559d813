from kitchen.settings.base import *  # noqa: F403
