# SPDX-License-Identifier: Apache-2.0
"""`check`, `apply` and `export`: what is missing before a door can open, and the configuration as a file."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from einlass.cli import setup
from einlass.operations.config_yaml import ConfigFileError

if TYPE_CHECKING:
    from einlass.queries.readiness import Check

SENTENCES = {
    "encryption_keys_fit": ("The encryption keys are those of this database.", "This machine has other encryption keys than the database."),
    "worker_alive": ("A worker is running.", "No worker has been running for a minute: start `einlass worker` or `einlass up`."),
    "machine_clocks_agree": (
        "The clocks of all machines agree.",
        "The clocks of the machines or of the database differ by {seconds} s: set them by NTP.",
    ),
    "mail_works": ("Messages are sent by e-mail.", "No e-mail goes out. {trouble}"),
    "sms_works": ("SMS are sent.", "No SMS goes out. {trouble}"),
    "credentials_given": ("{subject}: API key and API secret are given.", "{subject}: the API key or the API secret is missing."),
    "mobile_app_given": ("{subject}: the mobile app has its id.", "{subject}: the id of the mobile app is missing (mobile_app.id)."),
    "credentials_accepted": (
        "{subject}: exivo accepts the API key and secret.",
        "{subject}: exivo has not accepted the API key and the API secret. {reason}",
    ),
    "lock_system_answers": ("{subject}: exivo answers.", "{subject}: exivo is not answering. {detail}"),
    "vendor_clock_agrees": (
        "{subject}: the clocks of Einlass and exivo agree.",
        "{subject}: the clocks of Einlass and exivo differ by {seconds} s: set this machine's by NTP.",
    ),
    "branch_attached": ("{subject}: a branch belongs to it.", "{subject}: no branch belongs to it (lock_system of a branch)."),
    "site_confirmed": ("{subject}: exivo has confirmed the site.", "{subject}: exivo has not confirmed the site. {problem}"),
    "site_lists_doors": ("{subject}: exivo lists doors there.", "{subject}: exivo lists no door there, or gateways only."),
    "site_compared": (
        "{subject}: the site was compared with exivo as a whole.",
        "{subject}: after an upgrade or a restored backup the site is compared first; until then no key is made there or taken back.",
    ),
    "keys_listed": (
        "{subject}: exivo tells all keys of the site.",
        "{subject}: for more than half an hour exivo has not told all keys, so nothing is put right there.",
    ),
    "doors_chosen": ("{subject}: doors are chosen.", "{subject}: no door is chosen."),
    "no_gateway_chosen": ("{subject}: no gateway is chosen.", "{subject}: turned into a gateway, so in no key any more: {doors}"),
    "no_unknown_type_chosen": (
        "{subject}: every chosen door has a type or was allowed.",
        "{subject}: chosen without a type: {doors}. Write allow_unknown: true for a door.",
    ),
    "chosen_doors_exist": ("{subject}: exivo lists every chosen door.", "{subject}: exivo no longer lists {doors}"),
    "no_brake": (
        "{subject}: no key waits for a person.",
        "{subject}: {keys} keys would be taken back at once; somebody has to agree on the readiness page.",
    ),
    "no_stray_keys": (
        "{subject}: every key of Einlass at exivo belongs to a booking.",
        "{subject}: {keys} keys at exivo belong to no booking; somebody has to decide on the readiness page.",
    ),
    "neighbours_apart": (
        "{subject}: no two guests in a row have keys at the same time.",
        "{subject}: the keys of two bookings in a row overlap by up to {minutes} minutes: {services}",
    ),
    "mobile_question": (
        "{subject}: asks for the mobile number.",
        "{subject}: opens doors but does not require the mobile number, so it cannot be booked.",
    ),
}


PROBLEMS = {
    "": "It is asked for by the worker.",
    "no_site_id": "The branch has no site_id.",
    "unreachable": "exivo is not answering.",
    "credentials_rejected": "exivo rejects the API key or the API secret.",
    "unknown_site": "exivo does not know the site.",
    "site_mismatch": "exivo answers for another site.",
    "not_active": "Perhaps the Connection service is not active.",
}


TROUBLES = {
    "not_configured": "No mail server is set.",
    "failing": "The mail server accepts nothing; the log of the worker says why.",
    "sms_not_configured": "No SMS gateway is set (EINLASS_SMS_URL).",
    "sms_failing": "The SMS gateway accepts nothing; the log of the worker says why.",
}
REASONS = {"rejected": "It rejects them.", "untested": "It was not asked yet."}


def check(as_json: setup.AsJson = False) -> None:
    """Say what is missing before a door can open; ends with 1 when anything is."""
    setup.load_migrated()
    from einlass.queries.readiness import is_ready, readiness

    checks = readiness(now=datetime.now(UTC))
    if as_json:
        setup.print_json({"ready": is_ready(checks), "checks": [asdict(found) for found in checks]})
    else:
        for found in checks:
            typer.echo(f"{'ok ' if found.ok else '!  ' if found.warning else 'NO '} {_sentence(found)}")
    raise typer.Exit(0 if is_ready(checks) else 1)


def _sentence(found: Check) -> str:
    right, wrong = SENTENCES[found.code]
    reason = REASONS.get(found.values.get("reason", ""), "")
    trouble = TROUBLES.get(found.values.get("trouble", ""), "")
    values = found.values | {"problem": PROBLEMS.get(found.values.get("problem", ""), ""), "reason": reason, "trouble": trouble}
    return (right if found.ok else wrong).format(subject=found.subject, **values).strip()


def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The configuration file (YAML).")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Also remove what the file leaves out.")] = False,
    as_json: setup.AsJson = False,
) -> None:
    """Apply a configuration file, as a whole or not at all. Twice is the same as once."""
    setup.load_migrated()
    from einlass.core.bookings import Actor as ActorKind
    from einlass.core.events import Actor
    from einlass.operations.config_file import apply as apply_file

    try:
        applied = apply_file(
            file.read_text(encoding="utf-8"),
            source=str(file),
            prune=prune,
            dry_run=dry_run,
            now=datetime.now(UTC),
            actor=Actor(ActorKind.STAFF, "einlass apply"),
        )
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file} is no text in UTF-8.", param_hint="FILE") from error
    except ConfigFileError as error:
        if not as_json:
            raise
        setup.print_json({"errors": [asdict(one) for one in error.errors]})
        raise typer.Exit(1) from None
    if applied.changes and not dry_run:
        setup.wake_workers()
    if as_json:
        setup.print_json({"changes": applied.changes, "warnings": applied.warnings, "dry_run": dry_run})
        return
    for warning in applied.warnings:
        typer.echo(f"Warning: {warning}", err=True)
    typer.echo("\n".join(applied.changes) if applied.changes else "No changes.")
    if dry_run and applied.changes:
        typer.echo("Nothing was changed: this was a dry run.", err=True)


def export(as_json: setup.AsJson = False) -> None:
    """Print the whole configuration as a file that `apply` takes. Secrets are not in it: their place names an environment variable."""
    setup.load_migrated()
    from einlass.operations.config_dump import as_yaml, file_of
    from einlass.operations.config_export import exported

    whole = exported()
    if as_json:
        setup.print_json(file_of(whole))
    else:
        typer.echo(as_yaml(whole), nl=False)
