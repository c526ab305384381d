"""Settings of lifecycle profiles of the retailer's own: named stages, each with a condition, in an order.

Here is what can be checked without reading a condition. Conditions are read, and written as SQL, by
`pipeline.scores.own_profiles`; the built-in profiles have their boundaries in `pipeline.lifecycle_settings`.
"""

from pydantic import Field, model_validator

from pipeline.setting_types import Name, Section

NO_STAGE = "none"
"""What stands for "no stage" in flows and changes."""


class OwnStageSettings(Section):
    """One stage: who is in it. `where` is a condition over the columns of `stage_features` and the built-in rules."""

    stage: Name
    where: str
    label: str = ""


class OwnProfileSettings(Section):
    """A lifecycle profile of the retailer's own: the first stage whose condition holds wins.

    `buyers` are stages of customers with a purchase, `prospects` of those without; whom no condition takes, is in
    `other_buyers` or `other_prospects`, so every customer has exactly one stage.
    """

    name: Name
    buyers: tuple[OwnStageSettings, ...] = Field(min_length=1)
    prospects: tuple[OwnStageSettings, ...] = ()
    other_buyers: Name = "regular"
    other_prospects: Name = "prospect"

    @model_validator(mode="after")
    def _each_stage_once(self) -> "OwnProfileSettings":
        for what, order in (("buyers", self.order(is_buyer=True)), ("prospects", self.order(is_buyer=False))):
            twice = sorted({stage for stage in order if order.count(stage) > 1})
            if twice:
                raise ValueError(
                    f"profile {self.name}: {what} have stage {', '.join(twice)} twice (the last stage takes all others)"
                )
            if NO_STAGE in order:
                raise ValueError(f"profile {self.name}: a stage cannot be called {NO_STAGE}, which means no stage")
        return self

    def stages(self, *, is_buyer: bool) -> tuple[OwnStageSettings, ...]:
        """The stages that have a condition, in the order in which they win."""
        return self.buyers if is_buyer else self.prospects

    def order(self, *, is_buyer: bool) -> tuple[str, ...]:
        """Names of the stages; the last takes all others."""
        rest = self.other_buyers if is_buyer else self.other_prospects
        return (*(each.stage for each in self.stages(is_buyer=is_buyer)), rest)
