"""Small worlds whose truth is known: faces, voices, conversations, and label tables with and without a signal.

Everything here is SYNTHETIC and says so: nobody felt, said or did any of it. It is for finding out how wrong the
instruments are (faces, voices, turns) and whether the judge finds an effect where there is one and none elsewhere.
"""

from mien.synthetic.conversation import (
    ADA,
    BEN,
    Conversation,
    ConversationSettings,
    Person,
    conversation,
    frames,
    sounds,
    truth_faces,
    truth_voice,
    write_recording,
)
from mien.synthetic.faces import Portrait, Pose
from mien.synthetic.labels import label_table
from mien.synthetic.photograph import Look, skin_lightness
from mien.synthetic.spoken import SpokenCondition, SpokenTrial, spoken_trial
from mien.synthetic.trial import LOOKS, Condition, Trial, dimmed, trial
from mien.synthetic.truth import against_truth, trial_beside
from mien.synthetic.voices import Spoken, Voice, say, steady

__all__ = [
    "ADA",
    "BEN",
    "LOOKS",
    "Condition",
    "Conversation",
    "ConversationSettings",
    "Look",
    "Person",
    "Portrait",
    "Pose",
    "Spoken",
    "SpokenCondition",
    "SpokenTrial",
    "Trial",
    "Voice",
    "against_truth",
    "conversation",
    "dimmed",
    "frames",
    "label_table",
    "say",
    "skin_lightness",
    "sounds",
    "spoken_trial",
    "steady",
    "trial",
    "trial_beside",
    "truth_faces",
    "truth_voice",
    "write_recording",
]
