"""What is concluded of a customer but was never told: preferred channel and imputed attributes.

Imputed values are never used for consent, minors or identity; every one names its method and its confidence.
"""

from pipeline.schemas import tags
from pipeline.schemas.columns import DATE, RATIO, TEXT, define, define_count, define_enum
from pipeline.schemas.identity import AGE_BANDS
from pipeline.schemas.tables import define_table

__all__ = ["IMPUTATION_METHODS", "tags"]

IMPUTATION_METHODS = ("purchases", "store_city")

define(
    TEXT,
    preferred_contact_channel="Channel of messages that the customer answers best; null = none answered often enough.",
    preferred_purchase_channel="Channel of most purchases; ties to the most recent.",
    best_channel="preferred_contact_channel, else preferred_purchase_channel.",
    imputed_province="Province of the imputed city.",
    imputed_city="City of most purchases in stores, where the customer tells none.",
    shop_province="Province of the stores of most purchases in stores.",
    shop_city="City of the stores of most purchases in stores.",
    imputation_model="Name of the model.",
    imputation_metric="What was measured.",
)
define(DATE, imputation_trained_on="as_of of the night that fitted and measured the model.")
define(
    RATIO,
    channel_response_rate="Responses per delivered contact in this channel, shrunk to the channel's base rate.",
    imputed_gender_confidence="Probability that imputed_gender is right, by the model.",
    imputed_age_band_confidence="Probability that imputed_age_band is right, by the model.",
    imputed_city_confidence="Share of customers with a known city and as many such purchases where it is right.",
    shop_city_rate="Share of the purchases in stores that were made in shop_city.",
    imputation_value="The measured value.",
    imputation_baseline_value="The same for the plainest guess: the most common value.",
)
define_count(
    category_line_count="Kept lines of the category in the window.",
    shop_city_order_count="Purchases in stores of shop_city.",
    imputation_sample_count="Customers that were measured.",
)
define_enum("imputed_gender", "Gender concluded from what is bought.", "female", "male")
define_enum("imputed_age_band", "Age band of adults concluded from what is bought.", *AGE_BANDS[2:])
define_enum("imputed_gender_method", "How imputed_gender was found.", *IMPUTATION_METHODS)
define_enum("imputed_age_band_method", "How imputed_age_band was found.", *IMPUTATION_METHODS)
define_enum("imputed_city_method", "How imputed_city was found.", *IMPUTATION_METHODS)

define_table(
    "channel_counts",
    "scores",
    "One row per customer and channel of messages or purchases.",
    key="customer_id channel",
    columns="customer_id channel delivered_count response_count order_count last_order_on?",
)
define_table(
    "customer_channels",
    "scores",
    "One row per customer and channel of messages or purchases: how often they answer and buy there.",
    key="customer_id channel",
    columns=(
        "customer_id channel delivered_count response_count response_rate=channel_response_rate? order_count"
        " last_order_on?"
    ),
    published=True,
)
define_table(
    "preferred_channels",
    "scores",
    "One row per customer who bought or answered: the channel to reach them by.",
    key="customer_id",
    columns=(
        "customer_id preferred_channel=best_channel preferred_channel_source preferred_contact_channel?"
        " preferred_purchase_channel?"
    ),
)
define_table(
    "category_counts",
    "predictions",
    "One row per customer who may be profiled and category they bought: what imputation learns from.",
    key="customer_id category",
    columns="customer_id category line_count=category_line_count",
)
define_table(
    "shop_cities",
    "predictions",
    "One row per customer with purchases in stores of known cities: the city of most of them.",
    key="customer_id",
    columns="customer_id shop_province? shop_city shop_city_order_count shop_city_rate",
)
define_table(
    "imputed_attributes",
    "predictions",
    "One row per customer of whom something was concluded that they never told.",
    key="customer_id",
    columns=(
        "customer_id imputed_gender? imputed_gender_confidence? imputed_gender_method? imputed_age_band?"
        " imputed_age_band_confidence? imputed_age_band_method? imputed_province? imputed_city?"
        " imputed_city_confidence? imputed_city_method?"
    ),
    published=True,
)
define_table(
    "imputation_reports",
    "predictions",
    "One row per model of imputation and metric, measured on customers whose value is known and was hidden.",
    key="model metric",
    columns=(
        "model=imputation_model trained_on=imputation_trained_on metric=imputation_metric value=imputation_value"
        " baseline_value=imputation_baseline_value? sample_count=imputation_sample_count"
    ),
)
