"""Settings of a test with some of them changed, and checked again."""


def replace(settings, **changes):
    return type(settings).model_validate({**settings.model_dump(), **changes})
