"""The `identity` section of settings.yaml: when two profiles are one person, and when people must look first.

Thresholds only; the rules they belong to are said in `pipeline.identity`.
"""

from typing import Annotated

from pydantic import Field, model_validator

from pipeline.setting_types import Days, Section, Share

Count = Annotated[int, Field(ge=1)]
Bits = Annotated[float, Field(ge=0)]


class LikenessSettings(Section):
    """The probabilistic stage: profiles without a common key that look like one person."""

    enabled: bool = True
    link_probability: Share = 0.99
    """A new link needs at least this probability; anything weaker is only suggested."""
    keep_probability: Share = 0.95
    """A link of last night lives on until it falls below this."""
    suggest_probability: Share = 0.5
    """Pairs from here on stand in the review table."""
    rival_bits: Bits = 3.0
    """A link must be this much better than the next person whom the profile might be as well."""
    min_profiles: Count = 1000
    """With fewer comparable profiles nothing can be learned and the stage abstains."""
    max_block_profiles: Annotated[int, Field(ge=2)] = 200
    """A shared value with more profiles is too common to propose pairs."""
    retrain_days: Days = 30
    """A model older than this is trained anew."""
    large_profiles: Count = 20
    """A person that likeness makes larger than this must hang together on average, not by its best links alone."""
    loose_parts: Annotated[int, Field(ge=3)] = 7
    """So does one of this many parts that exact keys made: a chain of seven has less than a third of its links."""
    average_bits: float = -4.0
    """The least weight, on average over all pairs of parts, at which two such halves are joined."""
    unscored_bits: float = -6.0
    """What a pair of parts weighs that was not found likely."""
    training_pairs: Count = 1_000_000
    """Random pairs from which the frequency of coincidences is estimated."""

    @model_validator(mode="after")
    def _in_order(self) -> "LikenessSettings":
        if not self.suggest_probability <= self.keep_probability <= self.link_probability:
            raise ValueError("suggest_probability <= keep_probability <= link_probability must hold")
        return self


class IdentitySettings(Section):
    """When two profiles are one person."""

    receiver_phone: bool = True
    max_names_per_key: Count = 5
    max_birthdays_per_key: Count = 3
    max_profiles_per_key: Annotated[int, Field(ge=2)] = 30
    max_keys_per_profile: Count = 5
    """A profile with more phones (or e-mails …) than this joins nobody by them: a clerk's card, a reseller."""
    max_new_names_per_key: Count = 3
    """A phone or e-mail that gains more names in one night is put aside for that night."""
    recycled_gap_days: Days = 365
    """A phone silent for longer than this, and then under another name, belongs to somebody else."""
    blocked_values: tuple[str, ...] = ()
    allowed_values: tuple[str, ...] = ()
    """Phones and e-mails that the counts never put aside."""
    max_retired_share: Share = 0.01
    max_dead_share: Share = 0.02
    """Share of keyed profiles whose phones or e-mails may be put aside anew in one night."""
    max_cluster_profiles: Annotated[int, Field(ge=2)] = 50
    """A larger person is questioned: no more profiles join it but by card, and people are asked."""
    max_suggestions: Count = 500
    """So many of the most probable suggestions stand in the review file."""
    likeness: LikenessSettings = LikenessSettings()
