import pytest

from synth.errors import SchemaError
from synth.schema.written import Written, written_of


def test_what_it_says_is_read_back():
    told = Written(";", "cp1252", quote_all=True, line_end="\n")
    assert written_of(told.document()) == told
    assert written_of({}) == Written(",", "utf-8", quote_all=False, line_end="\r\n")


@pytest.mark.parametrize(
    "wrong",
    [
        {"delimiter": ""},
        {"delimiter": "\n"},
        {"delimiter": '"'},
        {"delimiter": "||"},
        {"encoding": "no-such"},
        {"line_end": " "},
        {"quote_all": 1},
        {"rows": "x"},
    ],
    ids=str,
)
def test_what_no_file_is_written_like_is_refused(wrong):
    with pytest.raises(SchemaError):
        written_of(wrong)
