"""django-helpdesk, in an environment of its own: the function that its mail command calls.

Its notices to the sender are rendered, as it does by default, and go nowhere.
"""

import logging
import sys
import time
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.urls import include, path

sys.path.insert(0, str(Path(__file__).parent))
from letters import SUPPORT, letter  # type: ignore[import-not-found]


def configure(folder: str, url: str) -> None:
    parts = urlsplit(url)
    settings.configure(
        SECRET_KEY="a benchmark has no secrets",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.sites",
            "django.contrib.humanize",
            "django.contrib.messages",
            "rest_framework",
            "helpdesk",
        ],
        TEMPLATES=[
            {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts.path.strip("/"),
                "USER": parts.username,
                "PASSWORD": parts.password or "",
                "HOST": parts.hostname,
                "PORT": parts.port or 5432,
                "CONN_MAX_AGE": None,
            }
        },
        MEDIA_ROOT=folder,
        SITE_ID=1,
        USE_TZ=True,
        HELPDESK_TEAMS_MODE_ENABLED=False,  # teams would need another package
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        LOGGING_CONFIG=None,
    )
    django.setup()
    pages = ModuleType("pages")  # its notices link to its pages
    pages.urlpatterns = [path("helpdesk/", include("helpdesk.urls", namespace="helpdesk"))]  # type: ignore[attr-defined]
    settings.ROOT_URLCONF = pages


def main(folder: str, url: str) -> None:
    configure(folder, url)
    from django.core.management import call_command  # noqa: PLC0415  # Django must be set up first
    from helpdesk.email import extract_email_metadata  # noqa: PLC0415
    from helpdesk.models import Queue, Ticket  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    queue = Queue.objects.create(title="Support", slug="support", email_address=SUPPORT)
    log = logging.getLogger("silent")
    log.disabled = True
    print("ready", flush=True)
    for line in sys.stdin:
        first, count = map(int, line.split())
        mails = [letter(number) for number in range(first, first + count)]
        had = Ticket.objects.count()
        began = time.process_time()
        for mail in mails:
            extract_email_metadata(mail.decode("utf-8", "replace"), queue, log)
        seconds = time.process_time() - began
        assert Ticket.objects.count() == had + count
        print(seconds, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
