"""The identity layer: source profiles, the keys they share, and the persons they are joined into.

Only tables marked as published leave the workspace; the others hold raw names, keys and contacts.
"""

from pipeline.schemas import raw
from pipeline.schemas.columns import (
    DATE,
    RATIO,
    TEXT,
    TRUTH,
    WHOLE,
    ColumnSpec,
    define,
    define_count,
    define_enum,
    define_one,
)
from pipeline.schemas.tables import define_table

HISTORY_EVENTS = ("created", "merged", "split", "erased")
DECISIONS = ("accepted", "refused")
ENDS = ("left_source", "left_key", "right_source", "right_key")
"""What names a pair of profiles."""
KEY_TYPES = ("member_no", "unionid", "openid", "platform_user_id", "external_userid", "phone", "email")
CONTACT_TYPES = ("phone", "email", "unionid", "openid", "external_userid", "platform_user_id")
ATTRIBUTES = (
    *KEY_TYPES, "name", "gender", "birth_date", "registered_on", "place", "home_store_id", "acquisition_channel",
    "profiling_opt_out", "phone_shown", "district",
)  # fmt: skip
"""What is kept of a profile. `place` is province/city in one value, so that both survive together; `district` is
province/city/district. `phone_shown` is a masked number: evidence, never a key."""
NAME_CLASSES = ("full", "masked", "other")
DEAD_GUARDS = (
    "blocked_value", "counting_digits", "role_address", "too_many_names", "too_many_birthdays", "too_many_profiles",
    "sudden_growth",
)  # fmt: skip
GUARDS = (*DEAD_GUARDS, "several_names")
SURVIVAL_RULES = ("only", "most_telling", "most_trusted", "latest", "longest", "tie", "preferred_contact")
AGE_BANDS = ("0-13", "14-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+")

define(
    TEXT,
    customer_id="The person: opaque, never reused, stable through every rebuild.",
    key_types="Types of keys the profile carries, comma separated.",
    key_type="Type of the key: member_no, phone, email, unionid …",
    key_scope="Where the key is unique: * = everywhere, else a source.",
    key_hash="Keyed hash of the key's value.",
    key_value="The key as normalised; restricted.",
    key_masked="The key, masked after its kind.",
    attribute_value="The value as text; restricted.",
    name_text="The name as given; restricted.",
    name_key="The name folded for comparison: no blanks, one case; restricted.",
    name_head="What a name shows of its beginning: 张 of 张*; the whole of a full name.",
    name_tail="What a name shows of its end: 伟 of *伟; the whole of a full name.",
    left_source="Source of the first profile.",
    left_key="profile_key of the first profile.",
    right_source="Source of the second profile.",
    right_key="profile_key of the second profile.",
    rule="Rule that decided.",
    evidence="What the decision rests on, masked.",
    housemate_id="The other person; the greater of the two ids.",
    other_customer_id="The other id of the event: the one merged into or split from.",
    contact_value="The raw contact value; restricted.",
    name_masked="Name, masked: 张*.",
    phone_masked="Phone, masked: 138****5678.",
    email_masked="E-mail, masked: a***@x.cn.",
    home_store_id="Store that the member belongs to.",
    name_source="Source of the name.",
    gender_source="Source of the gender.",
    birth_year_source="Source of the birth year.",
    city_source="Source of province and city.",
)
define(
    DATE,
    first_seen_on="First day the profile was seen.",
    last_seen_on="Last day the profile was seen, not after as_of.",
    decided_on="as_of of the night that decided.",
    as_of="The last day included in the night.",
    seen_on="Last day the value was seen.",
    lost_on="as_of of the night on which the profile lost the id.",
)
define(RATIO, probability="Probability that both are one person; 1 for exact keys.")
define(
    TRUTH,
    is_member="Has a member number.",
    is_minor="Known to be under the age of privacy.minor_age on as_of by any profile.",
    is_preferred="The contact to use first.",
    is_last_life="The life that lasts: of whoever has the number now.",
    is_trusted="False: the profile carries so many keys of this type that none speaks for it (a clerk's card).",
)
define_count(
    profile_count="Source profiles.",
    name_count="Different full names.",
    parcel_count="Orders sent to this receiver.",
    birthday_count="Different birth dates.",
    previous_name_count="Different full names the night before; a key without guard had one at most.",
    losing_count="Other values that the person's profiles tell and that lost.",
    left_profile="Number of the first profile: its row in profiles, the first is 0.",
    right_profile="Number of the second profile.",
    life="Number of the life of the key, 0 for the first: a recycled phone has one for each owner.",
    birth_year="Year of birth.",
)
define_one(
    ColumnSpec("trust_rank", WHOLE, "Who says it: 1 the member file, 2 orders, 3 all others.", minimum=1, maximum=3)
)
define_enum("attribute", "What the value tells.", *ATTRIBUTES)
define_enum("name_class", "full; masked (partly shown, or surname and title); other (nickname).", *NAME_CLASSES)
define_enum("guard_reason", "Why the key joins nobody; several_names: only profiles of compatible names.", *GUARDS)
define_enum("survival_rule", "What decided between the values; only: nobody told another.", *SURVIVAL_RULES)
define_enum("decision", "accepted or refused.", *DECISIONS)
define_enum("event", "What happened to the id.", *HISTORY_EVENTS)
define_enum("contact_type", "Kind of contact.", *CONTACT_TYPES)
define_enum("age_band", "Age on as_of in bands.", *AGE_BANDS)

define_table(
    "profile_values",
    "identity",
    "One row per source profile, attribute and value it was ever seen with.",
    key="source profile_key attribute attribute_value",
    columns="source profile_key attribute attribute_value trust_rank first_seen_on? last_seen_on?",
)
define_table(
    "profile_names",
    "identity",
    "One row per source profile and name, read as what it shows.",
    key="source profile_key name_text",
    columns=(
        "source profile_key name_text name_class name_key? name_head? name_tail? trust_rank first_seen_on?"
        " last_seen_on?"
    ),
)
define_table(
    "receiver_contacts",
    "identity",
    "One row per source profile, receiver's phone, what a masked one shows (each empty where there is none) and name"
    " on its orders that are no gifts.",
    key="source profile_key receiver_phone receiver_phone_shown receiver_name",
    columns=(
        "source profile_key receiver_phone receiver_phone_shown receiver_name parcel_count first_seen_on? last_seen_on?"
    ),
)
define_table(
    "profiles",
    "identity",
    "One row per source profile: what its source knows of it.",
    key="source profile_key",
    columns=(
        f"source {raw.BUYER.replace('profile_key?', 'profile_key')} key_types is_member name? gender? birth_date?"
        " registered_on? home_store_id? acquisition_channel? province? city? profiling_opt_out first_seen_on?"
        " last_seen_on?"
    ),
)
define_table(
    "profile_keys",
    "identity",
    "One row per key of a source profile.",
    key="source profile_key key_type key_scope key_hash",
    columns=(
        "source profile_key key_type key_scope key_hash key_value is_trusted trust_rank first_seen_on? last_seen_on?"
    ),
)
define_table(
    "key_guards",
    "identity",
    "One row per key that may not join profiles freely, with the counts that say so.",
    key="key_type key_scope key_hash",
    columns=(
        "key_type key_scope key_hash key_masked guard_reason profile_count name_count birthday_count"
        " previous_name_count?"
    ),
    published=True,
)
define_table(
    "key_lives",
    "identity",
    "One row per recycled phone and source profile that carries it: in which of its lives the profile was seen.",
    key="key_type key_scope key_hash source profile_key",
    columns="key_type key_scope key_hash source profile_key life is_last_life",
)
define_table(
    "candidate_links",
    "identity",
    "One row per join that a key proposes or refuses, before conflicts between joins are settled. Profiles go by their"
    " number, for tonight only.",
    key="left_profile right_profile rule key_hash",
    columns="left_profile right_profile rule key_hash evidence probability decision",
)
define_table(
    "identity_links",
    "identity",
    "One row per accepted or refused join of two profiles.",
    key="left_source left_key right_source right_key rule",
    columns="left_source left_key right_source right_key rule evidence probability decision decided_on",
    published=True,
)
define_table(
    "customer_profiles",
    "identity",
    "One row per source profile: the person it belongs to.",
    key="source profile_key",
    columns="source profile_key customer_id key_types first_seen_on? last_seen_on?",
    published=True,
)
define_table(
    "former_profiles",
    "identity",
    "One row per source profile and id that it once bore and bears no more: how a split gets its old id back.",
    key="source profile_key customer_id",
    columns="source profile_key customer_id lost_on",
)
define_table(
    "customer_id_history",
    "identity",
    "One row per change of a customer id.",
    key="as_of event customer_id",
    columns="as_of event customer_id other_customer_id? reason",
    published=True,
)
define_table(
    "customer_values",
    "identity",
    "One row per person and attribute: the value that survives, the profile it comes from, why, and how many lost.",
    key="customer_id attribute",
    columns="customer_id attribute attribute_value source profile_key trust_rank seen_on? survival_rule losing_count",
)
define_table(
    "contact_points",
    "identity",
    "One row per customer and contact value: the only place lists may take raw contacts from.",
    key="customer_id contact_type contact_value",
    columns="customer_id contact_type contact_value source seen_on? is_preferred",
)
define_table(
    "customer_attributes",
    "identity",
    "One row per person: the surviving values of its profiles, masked.",
    key="customer_id",
    columns=(
        "customer_id name_masked? phone_masked? email_masked? gender? gender_source? birth_year? birth_year_source?"
        " age_band? province? city? city_source? is_member registered_on? home_store_id? acquisition_channel?"
        " profiling_opt_out is_minor profile_count"
    ),
)
define_table(
    "household_links",
    "identity",
    "One row per two persons of one town who share a phone or an e-mail under two names: they may live together.",
    key="customer_id other_customer_id",
    columns="customer_id other_customer_id=housemate_id evidence",
    published=True,
)
