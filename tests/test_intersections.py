"""People who share several groups: how a model does in each intersection, few people drawn towards all."""

import numpy as np
import pandas as pd

from mien.study.judge import judging


def grouped_world():
    """Two columns of groups: the person's score is right in one intersection, wrong in another; one person unknown."""
    people = [f"p{n:03d}" for n in range(81)]
    sex = ["f" if n % 2 else "m" for n in range(81)]
    age = ["old" if n < 40 else "young" for n in range(81)]
    table = pd.DataFrame({"person_id": people, "confound_sex": sex, "confound_age": age}).astype(object)
    table.loc[80, "confound_age"] = None
    table = table.loc[table.index.repeat(4)].reset_index(drop=True).assign(start_s=np.tile(range(4), 81))
    table = table.assign(recording_id=table["person_id"], truth=np.tile(["a", "b"], 162))
    wrong = (table["confound_sex"] == "f") & (table["confound_age"] == "old") & (table["truth"] == "a")
    said = table["truth"].where(~wrong, "b")
    told = table.assign(model="logistic", signals="voice", probability_a=(said == "a") * 0.8 + 0.1)
    return table, told.assign(probability_b=1 - told["probability_a"])


def test_people_who_share_several_groups_are_told_together():
    table, told = grouped_world()
    ask = judging.Ask("label_x", "voice", ("logistic", "forest"), groups=("confound_sex", "confound_age"))
    others = told.assign(model="forest", probability_a=0.0, probability_b=1.0)
    rows = judging.intersections(pd.concat([told, others]), table, ask).set_index("group")
    assert rows["n_people"].to_dict() == {"f × old": 20, "f × young": 20, "m × old": 20, "m × young": 20}
    assert rows["mean"].to_dict() == {"f × old": 0.5, "f × young": 1.0, "m × old": 1.0, "m × young": 1.0}
    assert (rows["shrunken"] == rows["mean"]).all()  # nobody differs within a cell
    assert not rows["testable"].any()  # 20 people each; the floor is 30
    assert set(rows["measure"]) == {"balanced_accuracy"}
    assert set(rows["groups"]) == {"confound_sex × confound_age"}


def test_intersections_of_ratings_are_told_by_how_far_they_are_off():
    table, told = grouped_world()
    off = np.where(told["confound_age"] == "old", 2.0, 0.5) * np.where(told["start_s"] % 2, 1, -1)
    told = told.assign(model="ridge", truth="3", predicted_value=3.0 + off)
    ask = judging.Ask("label_x", "voice", ("ridge",), "ccc", groups=("confound_age", "confound_sex"))
    rows = judging.intersections(told, table, ask).set_index("group")
    assert rows["mean"].to_dict() == {"old × f": 2.0, "old × m": 2.0, "young × f": 0.5, "young × m": 0.5}
    assert set(rows["measure"]) == {"absolute_error"}
