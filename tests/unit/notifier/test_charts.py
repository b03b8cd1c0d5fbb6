"""Charts are well-formed, described, free of inline style, and draw each kind of month in its own shape."""

from xml.etree import ElementTree as ET

from spplus_notifier.charts import Axis, Point, axis_from_zero, interval_row, margin_bar, scale_row, trend

AXIS = Axis(0, 1, ((0, "0 %"), (1, "100 %")))
SVG = "{http://www.w3.org/2000/svg}"


def drawn(text):
    return ET.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314 - ours


def a_trend(*points, **changes):
    return drawn(trend(points, AXIS, ident="x", title="T <1>", description="D & d", **changes))


def test_title_and_description_are_there_and_escaped():
    chart = a_trend(Point("janv.", 0.5))
    assert chart.find(f"{SVG}title").text == "T <1>"
    assert chart.find(f"{SVG}desc").text == "D & d"
    assert chart.get("aria-labelledby") == "x-t x-d"


def test_no_inline_style_for_the_policy_forbids_it():
    text = trend([Point("a", 0.2, 0.1, 0.4)], AXIS, ident="x", title="t", description="d")
    assert "style=" not in text


def test_gap_breaks_the_line_and_too_few_is_a_cross():
    chart = a_trend(
        Point("a", 0.2), Point("b", 0.4), Point("c", None, withheld=True), Point("d", 0.6), Point("e", None)
    )
    line = chart.find(f"{SVG}path[@class='line']").get("d")
    assert [line.count("M"), line.count("L")] == [2, 1]
    assert len(chart.findall(f"{SVG}path[@class='cross']")) == 1
    assert len(chart.findall(f"{SVG}circle")) == 3


def test_open_month_is_hollow():
    chart = a_trend(Point("a", 0.2), Point("b", 0.4, open=True))
    assert [dot.get("class") for dot in chart.findall(f"{SVG}circle")] == ["dot", "dot open"]
    bars = a_trend(Point("a", 0.2), Point("b", 0.4, open=True), bars=True)
    assert [bar.get("class") for bar in bars.findall(f"{SVG}rect")] == ["bar", "bar open"]


def test_higher_value_stands_higher_and_whiskers_span_the_margin():
    chart = a_trend(Point("a", 0.2, 0.1, 0.3), Point("b", 0.8))
    low, high = (float(dot.get("cy")) for dot in chart.findall(f"{SVG}circle"))
    whisker = chart.find(f"{SVG}line[@class='whisker']")
    assert high < low
    assert float(whisker.get("y2")) < low < float(whisker.get("y1"))


def test_trend_without_any_value_draws_its_frame():
    chart = a_trend(Point("a", None), Point("b", None))
    assert chart.find(f"{SVG}path") is None


def share(text):
    return float(text.removesuffix("%"))


def test_margin_bar_places_the_value_inside_its_band():
    chart = drawn(margin_bar(0.5, 0.4, 0.7, AXIS, ident="x", title="t", description="d"))
    band, mark = chart.find(f"{SVG}rect"), chart.find(f"{SVG}svg")
    left = share(band.get("x"))
    assert left < share(mark.get("x")) < left + share(band.get("width"))


def test_margin_bar_of_one_point_is_still_visible():
    chart = drawn(margin_bar(0.5, 0.5, 0.5, AXIS, ident="x", title="t", description="d"))
    assert share(chart.find(f"{SVG}rect").get("width")) >= 0.5


def test_rows_of_a_table_have_the_scale_above_them_and_a_line_at_what_they_are_compared_with():
    scale = [share(label.get("x")) for label in drawn(scale_row(AXIS)).findall(f"{SVG}text")]
    row = drawn(interval_row(1, 0.9, 1, AXIS, beside=0.5))
    assert share(row.find(f"{SVG}circle").get("cx")) == scale[-1]
    assert share(row.find(f"{SVG}line[@class='beside']").get("x1")) == sum(scale) / 2
    marked = drawn(interval_row(0, None, None, AXIS, marked=True))
    assert (marked.find(f"{SVG}circle"), share(marked.find(f"{SVG}svg").get("x"))) == (None, scale[0])


def test_axis_ends_at_a_round_number_above_the_highest():
    assert [axis_from_zero(value, str).high for value in (0, 1, 5, 7, 33, 60, 61, 1200)] == [
        2,
        2,
        6,
        8,
        40,
        60,
        80,
        2000,
    ]
