"""The specification curve: one table and one figure for each brain and direction."""

import pandas as pd

from pipeline.reporting.sections.specifications import specification_blocks


def test_the_curve_has_every_specification_in_order_and_one_joint_test():
    place = {"modality": "text", "brain": "lab", "simulated": False, "direction": "encoding"}
    joint = {"p_joint": 0.25, "least_p_joint": 0.25}
    rows = [
        {**place, **joint, "specification": name, "difference": difference, "low": low,
         "high": high, "reason": reason}
        for name, difference, low, high, reason in (
            ("", 0.02, 0.0, 0.04, ""),
            ("pooling=last", -0.01, -0.03, 0.01, ""),
            ("split=shuffled", 0.03, None, None, "not in shuffled ones"),
        )
    ]  # fmt: skip
    figure, table = specification_blocks(pd.DataFrame(rows))
    assert table.texts["specification"].tolist()[0] == "as declared"
    assert table.texts["95 % interval"].tolist()[2] == "not in shuffled ones"
    assert "Median +0.020, above 0 in 2 of 3; joint test p 0.250" in table.note
    labels = [text.get_text() for text in figure.draw().axes[0].get_yticklabels()]
    assert labels == ["pooling=last", "as declared", "split=shuffled"]
