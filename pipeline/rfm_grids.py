"""The built-in groupings of RFM scores: which combination of scores is called what.

Three vocabularies, each a partition of all combinations (the settings check that). Cells are `R FM` digits, FM =
(F + M) / 2 with halves rounded up, or `R F M` digits. No rule of the classes of `rfm_scores` belongs here.

Sources, and what could not be verified:

* `classic_style`, 11 groups on R and FM with the names that RFM guides share (champions … lost). No single page is
  authoritative; guides draw the borders differently, often overlapping. The partition here is our choice.
* `shopify_style`, 11 groups. Verified: the names and what each means ("very recent purchases, many orders, the most
  spend" …) in Shopify's enum CustomerRfmGroup, shopify.dev/docs/api/admin-graphql/latest/enums/customerrfmgroup; that
  5 is the best fifth of the shop, and that groups follow from R and (F + M) / 2, from Shopify's help text on RFM
  customer analysis as republished at translatorhq.freshdesk.com (article 19000167283). Not verified: the exact cells
  and how halves are rounded; both are read from the descriptions.
* `klaviyo_style`, 6 groups on thirds. Verified: six groups, scores 1..3 from percentiles, 333 the best and 111 the
  worst, help.klaviyo.com/hc/en-us/articles/17797937793179 and academy.klaviyo.com; the cells of `loyal` from an
  article that quotes that page. Not verified: the cells of the other five groups, and that the thirds are equal.
"""

from collections.abc import Mapping, Sequence
from typing import Any

BUILT_IN: Sequence[Mapping[str, Any]] = (
    {
        "name": "classic_style",
        "groups": {
            "champions": "54 55",
            "loyal": "34 35 44 45",
            "potential_loyalist": "42 43 52 53",
            "new": "51",
            "promising": "41",
            "needs_attention": "33",
            "about_to_sleep": "31 32",
            "at_risk": "13 14 23 24",
            "cannot_lose": "15 25",
            "hibernating": "12 21 22",
            "lost": "11",
        },
    },
    {
        "name": "shopify_style",
        "groups": {
            "champions": "54 55",
            "loyal": "34 35 44 45",
            "active": "42 43 52 53",
            "new": "51",
            "promising": "41",
            "needs_attention": "33",
            "almost_lost": "31 32",
            "at_risk": "13 14 23 24",
            "previously_loyal": "15 25",
            "dormant": "11 12 21 22",
        },
        "no_purchase_group": "prospects",
    },
    {
        "name": "klaviyo_style",
        "rfm_profile": "thirds",
        "groups": {
            "champions": "323 332 333",
            "loyal": "232 233 321 322 331",
            "recent": "311 312 313",
            "needs_attention": "212 213 221 222 223 231",
            "at_risk": "113 122 123 131 132 133 211",
            "inactive": "111 112 121",
        },
    },
)
"""Name, RFM profile (default: `default`), cells of each group, and the group of those who never bought."""
