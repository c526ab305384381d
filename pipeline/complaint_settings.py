"""Settings of complaints: which service tickets are one. Stages and tags look at the same tickets.

Within how many days a complaint matters differs by its use: `lifecycle.funnel.complaint_days` and
`tagging.complaint_days`.
"""

from typing import Annotated

from pydantic import Field, model_validator

from pipeline.setting_types import Section


class ComplaintSettings(Section):
    """A ticket is a complaint by what it is about, or by how it was rated."""

    words: tuple[str, ...] = ("投诉", "质量", "complaint", "quality")
    """A ticket is a complaint where its reason holds one of these words, whatever the case of its letters …"""
    satisfaction_score: Annotated[int, Field(ge=0, le=5)] = 2
    """… or where it was rated with this score or less; 0: ratings never make a complaint."""

    @model_validator(mode="after")
    def _words_are_words(self) -> "ComplaintSettings":
        if any(not word.strip() for word in self.words):
            raise ValueError("words holds an empty word, which every reason would hold")
        return self
