import msgspec
import pytest

from infraplanner.text import Limits, TextError, read_file, read_records


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    id: str
    x_mm: int = 0
    w: float = 0.0
    note: str = ""
    data: dict[str, object] = {}
    unknown: tuple = ()


TABLES = {"rows": Row, "others": Row}


def read(text, **more):
    data = text if isinstance(text, bytes) else text.encode()
    return read_records(data, "f.yaml", TABLES, keep_unknown=True, **more)


def faults(text, **more):
    with pytest.raises(TextError) as caught:
        read(text, **more)
    return [str(problem) for problem in caught.value.problems]


CANONICAL = """format: x
rows:
- {"id": "a", "x_mm": 1}
- {"id": "b", "w": 2.5, "note": "n"}
others:
- {"id": "c"}
"""


def test_canonical_lines_go_the_fast_way():
    found = read(CANONICAL)
    assert found.header == {"format": "x"}
    assert found.tables == {"rows": [Row(id="a", x_mm=1), Row(id="b", w=2.5, note="n")], "others": [Row(id="c")]}
    assert found.fast_count == 3
    assert found.place("rows", 1, "note") == (4, 33)
    assert found.place("rows", 1) == (4, 1)
    assert found.header_place("format") == (1, 9)


@pytest.mark.parametrize(
    "line",
    [
        '- {"id":"a","x_mm":1}',
        '- {"id": "a", "x_mm": 1e0}',
        '- {"id": "a", "x_mm": 1.0}',
        '- {"x_mm": 1, "id": "a"}',
        '- {"id": "a", "x_mm": 1, "w": 0}',
        "- {id: a, x_mm: 1}",
        '- { "id": "a", "x_mm": 1 }',
        '- {"id": "\\u0061", "x_mm": 1}',
        "-   id: a\n    x_mm: 1",
        "# remark\n\n- {id: a, x_mm: 1} # more",
    ],
)
def test_any_other_way_to_write_it_means_the_same(line):
    text = CANONICAL.replace('- {"id": "a", "x_mm": 1}', line)
    found = read(text)
    assert found.tables["rows"] == [Row(id="a", x_mm=1), Row(id="b", w=2.5, note="n")]
    assert found.fast_count < 3


def test_one_odd_line_does_not_slow_the_others():
    text = CANONICAL.replace('"x_mm": 1}', '"x_mm": 1.0}')
    found = read(text)
    assert found.fast_count == 2
    assert found.place("rows", 0, "x_mm") == (3, 23)


def test_comments_blank_lines_bom_and_crlf_keep_the_fast_way():
    text = "\ufeff# a plan\n\n" + CANONICAL.replace("others", "# middle\nothers")
    found = read(text.replace("\n", "\r\n"))
    assert found.fast_count == 3
    assert found.place("others", 0)[0] == 9


def test_flow_document_and_empty_tables():
    found = read('{"rows": [{"id": "a"}], "others": null, "more": {"x": [1]}}')
    assert found.tables == {"rows": [Row(id="a")], "others": []}
    assert found.header == {"more": {"x": [1]}}
    assert read("rows:\nothers: ~\n").tables == {"rows": [], "others": []}


def test_unknown_fields_survive_on_either_way():
    found = read('rows:\n- {"id": "a", "zz": {"q": 1.5}}\n- {"id": "b", "unknown": [1]}\n')
    assert found.tables["rows"][0].unknown == (("zz", {"q": 1.5}),)
    assert found.tables["rows"][1].unknown == (("unknown", [1]),)
    assert len(found.warnings) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('rows:\n- {"id": "a", "id": "b"}\n', "line 2, column 15"),
        ('rows:\n- {"id": "a"}\nrows:\n- {"id": "b"}\n', "a second time"),
        ("rows: 3\n", "a list of records"),
        ("rows:\n- 3\n", "a mapping"),
        ("- 1\n", "a mapping"),
        ('rows:\n- {"x_mm": 1}\n', "the field id"),
        ('rows:\n- {"id": "a", "w": NaN}\n', "a number"),
        ('rows:\n- {"id": "a", "x_mm": 99999999999999999999}\n', "at most 9007199254740992"),
        ('rows:\n- {"id": "a", "x_mm": 9007199254740993}\n', "at most 9007199254740992"),
        ('rows:\n- {"id": "a\n', "well-formed YAML"),
        ('rows:\n- {"id": "a"}}\n', "well-formed YAML"),
        ('- {"id": "a"}\n', "a mapping"),
        ("rows:\n- {&x id: a}\n", "anchors"),
        ("", "an empty file"),
    ],
)
def test_faults(text, sentence):
    if not text:
        assert read(text).tables == {}
        return
    assert any(sentence in fault for fault in faults(text))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("a: 1".encode("utf-16"), "UTF-16"),
        (b"\xfe\xff\x00a", "UTF-16"),
        (b"\x00\x00\xfe\xff", "UTF-32"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "zero byte"),
        (b"a: \xff\n", "0xff"),
        (b'rows:\n- {"id": "\xe9"}\n', "line 2, column 11"),
        (b"a: \x1b[0m\n", "U+001B"),
    ],
)
def test_wrong_encodings(data, sentence):
    assert sentence in faults(data)[0]


def test_limits():
    assert "at most 0 MB" in faults(CANONICAL, limits=Limits(size_bytes=10))[0]
    deep = '- {"id": "a", "data": {"x": ' + "[" * 70 + "]" * 70 + "}}\n"
    assert "at most 64 levels" in faults("rows:\n" + deep)[0]
    long = '- {"id": "a", "note": "' + "x" * 1_000_001 + '"}\n'
    assert "at most 1000000 bytes a text" in faults("rows:\n" + long)[0]
    key = '- {"id": "a", "data": {"' + "k" * 501 + '": 1}}\n'
    assert "at most 500 a key" in faults("rows:\n" + key)[0]
    assert "at most 500 a key" in faults("? " + "k" * 2000 + "\n: 1\n")[0]
    assert "at most 8 values" in faults(CANONICAL, limits=Limits(node_count=8))[0]


def test_raw_line_separator_is_judged_by_the_event_reader():
    found = read('rows:\n- {"id": "a", "note": "x\u2028y"}\n')
    assert found.fast_count == 0


def test_multi_line_text_is_not_taken_for_records():
    found = read('note: "x\n- {\\"id\\": 3}"\n')
    assert found.header == {"note": 'x - {"id": 3}'}


def test_files(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\n")
    assert read_file(path) == b"a: 1\n"
    for bad, sentence in ((tmp_path, "a folder"), (tmp_path / "no.yaml", "no such file")):
        with pytest.raises(TextError, match=sentence):
            read_file(bad)
    with pytest.raises(TextError, match="at most 0 MB"):
        read_file(path, Limits(size_bytes=2))
