import time

import pytest

from infraplanner.text.limits import Limits
from infraplanner.text.nodes import read_tree


def tree(text, **limits):
    problems = []
    root, complete = read_tree(text, "f.yaml", problems, limits=Limits(**limits) if limits else Limits())
    return root, complete, [str(problem) for problem in problems]


def test_places_and_kinds():
    root, complete, problems = tree("a: 1\nb:\n  - x\n  - 'y'\n")
    assert complete
    assert not problems
    key, line, column, node = root.value[1]
    assert (key, line, column) == ("b", 2, 1)
    assert node.kind == "seq"
    second = node.value[1]
    assert (second.value, second.plain, second.line, second.column) == ("y", False, 4, 5)
    assert root.entry("a").value == "1"
    assert root.entry("zz") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: &x 1\n", "an anchor"),
        ("a: *x\n", "an alias"),
        ("a: !!str 1\n", "the tag"),
        ("a: !local 1\n", "the tag"),
        ("a: 1\na: 2\n", "a second time"),
        ("<<: {a: 1}\n", "a merge key"),
        ("{a: 1}: 2\n", "a mapping as a key"),
        ("[a]: 2\n", "a list as a key"),
    ],
)
def test_refused_but_read_on(text, found):
    root, complete, problems = tree(text + "last: 1\n")
    assert complete
    assert root.entry("last").value == "1"
    assert found in problems[0]


def test_all_problems_of_a_file_are_told():
    _, _, problems = tree("a: &x 1\nb: *x\nb: 2\nc: !t 3\n")
    assert len(problems) == 4


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: [1, 2\n", "fault"),
        ("a: 'x\n", "fault"),
        ("a:\n\t- b\n", "fault"),
        ("a: b: c\n", "fault"),
        ("a: 1\n---\nb: 2\n", "second document"),
        ("a: \x07\n", "U+0007"),
        ('a: "\\q"\n', "fault"),
    ],
)
def test_what_ends_reading(text, found):
    root, complete, problems = tree(text)
    assert root is None
    assert not complete
    assert found in problems[-1]


def test_depth_size_and_count_limits_name_themselves():
    _, _, problems = tree("[" * 70 + "]" * 70)
    assert "at most 64 levels" in problems[0]
    _, _, problems = tree("a: [1, 2, 3]\n", node_count=3)
    assert "at most 3 values" in problems[0]
    _, _, problems = tree(f"a: {'x' * 50}\n", string_bytes=40)
    assert "at most 40 bytes a text" in problems[0]
    _, _, problems = tree("é" * 30, string_bytes=40)
    assert "at most 40 bytes a text" in problems[0]
    _, complete, problems = tree("a: *x\n" * 30, problem_count=5)
    assert not complete
    assert len(problems) == 5


@pytest.mark.parametrize("opening", ["[", '{"a":', "- ", "? "])
def test_depth_of_30000_is_refused_at_once(opening):
    start = time.perf_counter()
    root, _, problems = tree(opening * 30_000)
    assert root is None
    assert problems
    assert time.perf_counter() - start < 5.0


def test_alias_bomb_is_never_expanded():
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    _, complete, problems = tree(bomb)
    assert complete
    assert len(problems) == 60 + 2 * 59


def test_lone_surrogate_in_text():
    _, complete, problems = tree("a: \ud800\n")
    assert not complete
    assert "surrogate" in problems[0]


def test_lines_are_counted_as_editors_count_them():
    root, complete, _ = tree('a: "x\u2028y\x85z"\nb: 2\n')
    assert complete
    assert root.value[1][1:3] == (2, 1)
    assert (root.entry("b").line, root.entry("b").column) == (2, 4)
