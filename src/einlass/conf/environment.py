# SPDX-License-Identifier: Apache-2.0
"""What the administrator sets: EINLASS_… variables, or the same names in the TOML file named by EINLASS_CONFIG. No Django here."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from einlass.conf.mail import mail_server
from einlass.conf.returns import returns_mailbox
from einlass.conf.sms import sms_server

PREFIX = "EINLASS_"


class ConfigurationError(Exception):
    """The environment or its file is wrong. The text is a sentence for the administrator."""


class Environment(BaseSettings):
    """Every setting with its default; `docs/hosting.md` explains them and a test holds the two together."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", case_sensitive=False)

    database_url: str = ""
    data_dir: Path = Path("./data")
    secret_key: SecretStr = SecretStr("")
    secret_key_file: Path | None = None
    encryption_keys: SecretStr = SecretStr("")
    encryption_keys_file: Path | None = None
    base_url: str = "http://localhost:8000"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    exivo_url: str = "https://api.exivo.io/v1"
    mail_url: str = ""
    bounces_url: str = ""
    sms_url: str = ""
    log_level: str = "info"
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=64)
    proxies: int = Field(default=0, ge=0, le=9)
    limit_factor: float = Field(default=1, ge=0, le=1000)
    form_seconds: float = Field(default=2, ge=0, le=60)

    @field_validator("base_url", "exivo_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("mail_url")
    @classmethod
    def _mail_url(cls, value: str) -> str:
        mail_server(value)
        return value

    @field_validator("bounces_url")
    @classmethod
    def _bounces_url(cls, value: str) -> str:
        returns_mailbox(value)
        return value

    @field_validator("sms_url")
    @classmethod
    def _sms_url(cls, value: str) -> str:
        sms_server(value)
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.lower() not in {"debug", "info", "warning", "error"}:
            raise ValueError("must be debug, info, warning or error")
        return value.lower()

    @model_validator(mode="after")
    def _database_in_data_dir(self) -> Environment:
        if not self.database_url:
            self.database_url = f"sqlite:///{self.data_dir.absolute() / 'einlass.sqlite3'}"
        return self

    @property
    def on_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite:")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        sources: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings)
        if named := os.environ.get(f"{PREFIX}CONFIG"):
            if not Path(named).is_file():
                raise ConfigurationError(f"EINLASS_CONFIG names {named}, which is not a file.")
            sources += (_TomlWithPrefix(settings_cls, toml_file=named),)
        return sources


class _TomlWithPrefix(TomlConfigSettingsSource):
    """The file may say `PORT`, `port` or `EINLASS_PORT`: "the same names" however a person writes them."""

    def _read_file(self, file_path: Path | Traversable) -> dict[str, Any]:
        try:
            raw = super()._read_file(file_path)
        except ValueError as error:
            raise ConfigurationError(f"{file_path}: {error}") from error
        return {name.lower().removeprefix(PREFIX.lower()): value for name, value in raw.items()}


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The settings of this process, read once. Raises ConfigurationError with one sentence per wrong setting."""
    try:
        return Environment()
    except ValidationError as error:
        lines = [f"{PREFIX}{'_'.join(str(part) for part in e['loc']).upper()}: {e['msg']}" for e in error.errors(include_input=False)]
        raise ConfigurationError("; ".join(lines)) from None
