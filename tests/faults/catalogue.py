# SPDX-License-Identifier: Apache-2.0
"""The catalogue of faults and the invariants as data: what can go wrong, and what Einlass does then. docs/faults.md is made of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One row. `not_for_exivo` says why exivo cannot have it; a driver with that capability is held to it by the contract suite."""

    id: str
    fault: str
    does: str
    not_for_exivo: str = ""


INVARIANTS: dict[str, tuple[str, str]] = {
    "I1": ("No request names a door that may not be granted.", "i1_only_doors_that_may_be_granted"),
    "I2": ("No request asks for more time than the booking with its margins, in elapsed time.", "i2_never_more_time_than_booked"),
    "I3": ("At rest a booking that grants access has one live key, as it ought to be.", "i3_at_rest_one_key_as_it_ought_to_be"),
    "I4": ("At rest a cancelled, refused or past booking has none.", "i4_at_rest_none_without_a_grant"),
    "I5": ("What we did not make is never changed.", "i5_foreign_keys_are_never_changed"),
    "I6": ("Ready means: read back, at this generation.", "i6_ready_means_read_back"),
    "I7": ("Nobody inside loses his key by a move.", "i7_nobody_inside_loses_his_key"),
    "I8": ("Nothing unfinished is without a next attempt.", "i8_nothing_unfinished_without_a_next_attempt"),
    "I9": ("Every call to the vendor and every decision has its row.", "i9_every_call_and_decision_has_its_row"),
    "I10": ("No secret and no whole phone number is logged.", "i10_no_secret_and_no_whole_number"),
    "I11": ("Nothing unknown or incomplete takes a key back.", "i11_nothing_unknown_revokes"),
    "I12": ("Two live keys only while one replaces the other, never three.", "i12_two_keys_only_while_replacing"),
}

FAULTS: tuple[Fault, ...] = (
    Fault(
        "F01", "No answer, and the key was not made", "Looks first; only a complete list without the mark permits a second try. One key."
    ),
    Fault("F02", "The answer is lost, the key was made", "Finds it by its mark and takes it over; no second key, no second SMS."),
    Fault("F03", "502 or 504, though the key was made", "The same as a lost answer."),
    Fault(
        "F04", "The key is made long after we looked", "Waits 30 s before it believes a list; of two keys the right one stays, told once."
    ),
    Fault(
        "F05",
        "429, with seconds, a date, nothing or nonsense",
        "The whole account pauses, at most 15 minutes, and does not count as away; told as throttled.",
    ),
    Fault(
        "F06",
        "5xx for half an hour or six",
        "Stops asking, one probe at a time; bookings go on; afterwards the soonest start first; staff hear at the marks, not per try.",
    ),
    Fault("F07", "Slow answers", "Every answer ends in time; a lease covers each call, and who lost it writes nothing more."),
    Fault("F08", "200 with an error, another form or a web page", "No success; a redacted sample is kept; nothing is taken back for it."),
    Fault("F09", "Half a key: doors, window or phone missing", "Never ready; replaced, and what opens too much goes first."),
    Fault("F10", "The vendor makes the key twice", "Found by the mark, reduced to one."),
    Fault(
        "F11",
        "Key deleted in the vendor's app before the start",
        "Made again within 15 minutes; after the second time in a day staff get a mail and decide.",
    ),
    Fault(
        "F12",
        "Key deleted while the booking runs",
        "Made again as soon as a sweep sees it, or left to a person where the branch wants it so; staff get a mail.",
    ),
    Fault("F13", "Key widened in the vendor's app", "Put right; what differed is told."),
    Fault(
        "F14",
        "A key of others for the same phone and door",
        "Left alone and told; cancelling takes back ours only, and says that the other may still open.",
    ),
    Fault(
        "F15",
        "The list is cut, or empty where keys are known",
        "Nothing is made or taken back for it; after half an hour the owners are told, and readiness is red.",
    ),
    Fault("F16", "A stale reading after a write", "Waits out the lag; writes nothing twice."),
    Fault("F17", "The vendor's clock is wrong", "Measured and shown; windows are never widened; a start refused as past is moved to now."),
    Fault("F18", "Death between the call and the commit", "The intent stands; treated as a lost answer."),
    Fault("F19", "Death before the call", "The lease ends, the same step is planned once more."),
    Fault("F20", "The database restarts in the middle", "A transaction or nothing; no call without a committed intent; goes on by itself."),
    Fault(
        "F21",
        "The database is put back from a backup",
        "Looks at everything first; takes up what belongs to a known booking; all other keys of ours wait for a person.",
    ),
    Fault(
        "F22", "Two workers, or one that wakes up late", "A lease and a fence; a late answer is kept as a fact, its holder writes no more."
    ),
    Fault("F23", "Wake-ups twice or in another order", "They are hints only; what is done follows from the rows."),
    Fault("F24", "Another mobile number", "The old key goes, the new number gets one; other bookings of the old number keep theirs."),
    Fault("F25", "The vendor refuses the number", "Told to guest and staff with the way to mend it; not tried again blindly."),
    Fault("F26", "Another handset, the same number", "Staff ask for a new key; recorded; the guest is told once more."),
    Fault("F27", "The clocks change", "Windows are exact instants on both nights."),
    Fault("F28", "Moved while the key is being made", "The old one is taken over, then replaced; one key in the end."),
    Fault(
        "F29",
        "Moved while it runs and still covers now",
        "The new key first, then the old one goes; where a vendor can, the key is changed in place.",
    ),
    Fault("F30", "Moved away while it runs", "The old key goes first, then the new one is made."),
    Fault("F31", "Cancelled while the key is being made", "What appears later is taken back, as long as it could open."),
    Fault(
        "F32",
        "Cancelled, and the vendor is away until the end",
        "Tried until the end, then closed as over; how long it stood open is kept.",
    ),
    Fault("F33", "Cancelled, and the phone is off line", "Says until when the old key may still open; the next guest's staff are warned."),
    Fault("F34", "Two bookings of one phone touch or overlap", "Each its own key; cancelling one takes nothing from the other."),
    Fault("F35", "Different guests in a row", "Shown, and on wish the margins end where the neighbour begins."),
    Fault("F36", "Always open doors or a service's doors change", "Coming and running bookings are planned anew."),
    Fault("F37", "A component vanishes or is replaced", "Left out and told; nothing is matched by name."),
    Fault("F38", "A door turns into a gateway", "No longer grantable; its keys are replaced; told."),
    Fault(
        "F39",
        "401 or 403",
        "Stops after one call; the owners get one mail with the first booking concerned; goes on by itself with the right secret.",
    ),
    Fault("F40", "Another site answers", "Nothing at all is changed until the confirmed site answers again; the owners get one mail."),
    Fault("F41", "No more keys at the vendor", "Told; soonest first; a running one is never given up.", "exivo names no quota"),
    Fault("F42", "Revocation accepted, key still valid", "Found by reading back; tried again, told before the next booking."),
    Fault("F43", "A key outlives its end", "Taken back and told."),
    Fault("F44", "Booked when it starts, or later", "The key is made at once, its window begins now."),
    Fault("F45", "Erased with a live key", "The key goes first, then the data."),
    Fault("F46", "A hundred revocations at once", "The brake holds them until a person agrees."),
    Fault("F47", "Our clock jumps", "Leases are renewed by elapsed time; with too much difference nothing is changed."),
    Fault("F48", "The encryption key is missing", "Bookings go on, access pauses and says so; nothing is written in plain."),
    Fault("F49", "Mail or SMS is down", "Keys do not depend on it; messages have their own tries and are never called sent before."),
    Fault("F50", "The list moves while it is read", "Overlapping pages, two scans that agree."),
    Fault("F51", "20,000 old keys in the list", "Urgent work does not wait for the scan."),
    Fault("F52", "A replacement texts the guest again", "Once per guest and number; a replacement comes in silence."),
    Fault("F53", "A forged or repeated callback", "An address nobody guesses, and only a hint: one more look at most."),
    Fault(
        "F54",
        "An upgrade in the middle",
        "Nothing is made or taken back before the site was compared once as a whole.",
    ),
)

# Mistakes that were put into a copy of the source by hand, and what the state machine said to each.
SEEDED: tuple[tuple[str, str], ...] = (
    ("The old key is forgotten when a booking moves.", "I12: a booking has three keys"),
    ("Another key is made after a lost answer, without a look.", "I3 at the request: it has its key, and another one is asked for"),
    ("A list is believed that was taken too soon.", "I3 at the request: it may have its key, and another one is asked for"),
    ("A key is called ready that nobody read.", "I6: said to be live, and nobody read it"),
    ("The key of another booking is taken back.", "I11 at the request: the right key of a booking is taken back"),
    ("A key of others is taken for ours.", "I5 at the request: a key of others is taken back"),
    ("A cancelled booking keeps its key.", "I4 at rest: a cancelled booking has a key"),
    ("The window begins an hour early.", "I2 at the request: asked for more time than was booked"),
    ("What somebody changed over there is passed over.", "I3 at rest: its one key is not as it ought to be"),
    ("A key that was doubled over there is passed over.", "I3 at rest: a booking has two keys"),
    ("Every door of the branch is put into a key.", "I3 at rest: the driver refuses, and the booking has none"),
    ("The old key goes first although the guest is inside.", "I7 at the request: it is running, and its only key is taken back"),
    ("What could not be done is given no next attempt.", "I8: a row without one"),
)

# Rows without a test so far; empty when the catalogue is whole.
NOT_YET: frozenset[str] = frozenset()
