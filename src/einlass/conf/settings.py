# SPDX-License-Identifier: Apache-2.0
"""Django's settings, made from `environment.py`. What an administrator may set stands there, not here."""

from pathlib import Path
from urllib.parse import urlsplit

from einlass.conf import database, logs
from einlass.conf.environment import environment
from einlass.conf.mail import mail_server
from einlass.conf.returns import returns_mailbox
from einlass.conf.secrets import encryption_keys, secret_key
from einlass.conf.sms import sms_server
from einlass.locks.port import Limits
from einlass.web.security import file_headers

database.use_newer_sqlite()
ENVIRONMENT = environment()
PACKAGE = Path(__file__).resolve().parent.parent

SECRET_KEY = secret_key(ENVIRONMENT)
ENCRYPTION_KEYS = encryption_keys(ENVIRONMENT)
DEBUG = False
BASE_URL = ENVIRONMENT.base_url
EXIVO_URL = ENVIRONMENT.exivo_url
ALLOWED_HOSTS = [urlsplit(BASE_URL).hostname or "localhost", "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"{urlsplit(BASE_URL).scheme}://{urlsplit(BASE_URL).netloc}"]
OVER_HTTPS = BASE_URL.startswith("https://")
# How a visitor's address is found, how often he may do what, and how long a person takes for a form at least.
PROXIES, LIMIT_FACTOR, FORM_SECONDS = ENVIRONMENT.proxies, ENVIRONMENT.limit_factor, ENVIRONMENT.form_seconds

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "einlass.conf.apps.EinlassConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "einlass.web.security.ContentSecurityPolicy",
    "einlass.web.static_files.StaticFiles",
    "einlass.web.compression.GuestPages",
    "einlass.web.embedding.Embedding",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "einlass.web.languages.LanguageOfThePage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "einlass.web.api.problems.WrongMethodAsProblem",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "einlass.conf.urls"
WSGI_APPLICATION = "einlass.conf.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "einlass.web.context.operator",
                "einlass.web.brand.accent",
            ]
        },
    }
]

DATABASES = {"default": database.database_settings(ENVIRONMENT)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

AUTH_USER_MODEL = "einlass.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "einlass.web.manage.sign_in.StaffAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
# Whoever asks for an address that nobody has gets the same answer, and nobody gets a mail.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
MFA_ADAPTER = "einlass.web.manage.second_factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["recovery_codes", "totp", "webauthn"]
MFA_TOTP_ISSUER = "Einlass"
MFA_PASSKEY_LOGIN_ENABLED = True
# Browsers make passkeys over https and on localhost alone; the check of the origin is loosened only where there is no https.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not OVER_HTTPS
# Nobody signs up: an address is somebody's because he was invited there.
MFA_ALLOW_UNVERIFIED_EMAIL = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/manage/"
LOGOUT_REDIRECT_URL = "/manage/"

LANGUAGE_CODE = "de"
LANGUAGES = [("de", "Deutsch"), ("en", "English"), ("fr", "Français"), ("it", "Italiano")]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
# Served from the package itself: what is in it is built and compressed already, and nothing has to be collected first.
STATIC_ROOT = PACKAGE / "static"
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600
WHITENOISE_ADD_HEADERS_FUNCTION = file_headers
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "einlass.web.static_files.NamedByContent"},
}

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = OVER_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if OVER_HTTPS else None
SECURE_HSTS_SECONDS = 31536000 if OVER_HTTPS else 0

MAIL_SERVER = mail_server(ENVIRONMENT.mail_url)
MAIL_CONFIGURED = bool(ENVIRONMENT.mail_url.strip())
# Else the operator's own address, see `operations/message_values.py`.
MAIL_FROM = MAIL_SERVER.sender
# Else the sender: whom a mail comes back to that cannot be delivered, and the mailbox in which a worker looks for it.
MAIL_BOUNCES_TO = MAIL_SERVER.bounces_to
BOUNCES_MAILBOX = returns_mailbox(ENVIRONMENT.bounces_url)
EMAIL_BACKEND = MAIL_SERVER.backend
EMAIL_HOST, EMAIL_PORT = MAIL_SERVER.host, MAIL_SERVER.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL_SERVER.user, MAIL_SERVER.password
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL_SERVER.use_tls, MAIL_SERVER.use_ssl
EMAIL_TIMEOUT = 15
SMS_SERVER = sms_server(ENVIRONMENT.sms_url)
SMS_CONFIGURED = bool(ENVIRONMENT.sms_url.strip())

# Connect 5 s, answer 15 s; calls a second and at once come from each lock system. Tests shorten them.
LOCK_LIMITS = Limits()

LOGGING_CONFIG = None
logs.configure(ENVIRONMENT.log_level)
