"""How often each difficulty of real exports occurs in the sample; nothing but rates.

A rate is a share of the rows, orders or persons that its description names. They are meant to be the size met
in practice, not the worst case.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Traps:
    """Rates of the difficulties that the sample retailer's exports hold."""

    shared_phone: float = 0.10
    """Second and third members of a household who have no phone number of their own."""
    changed_phone: float = 0.06
    """Persons whose number changed within the days of the sample."""
    reissued_card: float = 0.03
    """Members whose lost card was replaced by another number."""
    double_registration: float = 0.015
    """Members who registered twice."""
    clerk_phone: float = 0.015
    """Member rows with the phone of a clerk of the shop."""
    name_typo: float = 0.03
    """Member rows whose name has a homophone in place of its last character."""
    phone_typo: float = 0.005
    """Member rows with one wrong digit in the phone."""
    placeholder_phone: float = 0.008
    """Member rows, and POS tickets of guests, with a number that nobody has."""
    odd_phone: float = 0.08
    """Member rows with a number in another dress: +86, dashes, blanks, full-width digits."""
    placeholder_birthday: float = 0.12
    """Member rows with 1900-01-01 for a birthday."""
    missing_birthday: float = 0.25
    """Member rows without a birthday."""
    card_shown: float = 0.78
    """POS tickets of members with the card."""
    phone_only: float = 0.10
    """POS tickets with a phone number but no card."""
    pos_overlap: float = 0.25
    """POS files that tell the last days of the month before again."""
    pos_gzip: float = 0.08
    """POS files that come compressed."""
    twin_line: float = 0.02
    """POS lines that stand twice in their ticket and are two."""
    masked_nick: float = 0.30
    """Orders of Tmall's middle report whose nickname is masked."""
    masked_jd_phone: float = 0.75
    """JD orders with a masked phone."""
    masked_jd_name: float = 0.55
    """JD orders with a masked name."""
    masked_pinduoduo_phone: float = 0.85
    """Pinduoduo orders with a masked phone."""
    trial: float = 0.015
    """Pinduoduo orders that are free trials or prize draws."""
    blank_ordered_at: float = 0.03
    """Pinduoduo orders whose time must be taken from the order number."""
    sent_to_other: float = 0.08
    """Marketplace orders sent to another member of the household."""
    gift: float = 0.03
    """WeChat shop orders given to somebody outside the household."""
    brushing: float = 0.006
    """Tmall orders that nobody placed, with a remark that begins with G-."""
    unpaid: float = 0.025
    """Marketplace orders that were never paid."""
    cancelled: float = 0.02
    """Marketplace orders paid, then cancelled before they were sent."""
    odd_remark: float = 0.004
    """Orders whose remark holds a line break or begins like a formula."""
    lost_points: float = 0.01
    """Members whose reported points differ from the ledger."""
